"""Words: OpenAI's chat dialect — what a request means to us and how answers, chunks and errors look. No I/O.

Taken from a request: the last user message's text, `model` (as a profile), `seed`, `stream`, `stream_options` and
`metadata.conversation_id`. Everything else is ignored, as the dialect allows, because a mock can't honour it honestly:
sampling, tools, `stop`, and `max_tokens` too (a reply is stored whole, so it is sent whole). More than one choice is refused.
"""

import json
import re
import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.mock_ai import PROFILES
from myna.protocol import events as e
from myna.protocol.errors import ChatError, InvalidText, RequestRefused
from myna.protocol.field_types import Options, Seed
from myna.protocol.frames import MessageSend
from myna.protocol.text_rules import REFUSED_CHARACTERS
from myna.protocol.validation_errors import wrong

MODEL = "myna"  # the default profile; `myna-<profile>` names one
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Fault(RequestRefused):
    """In OpenAI's dialect: a field holds something that it does not take; `param` names it."""

    code, status = "invalid_value", 400

    def __init__(self, detail: str, *, param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class NoSuchModel(Fault):
    """In OpenAI's dialect: there is no model of this name."""

    code, status = "model_not_found", 404


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class ContentPart(_Lenient):
    """A piece of a message; only those of type `text` can be answered."""

    type: str
    text: str | None = None


class ChatMessage(_Lenient):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None


class StreamOptions(_Lenient):
    """What a stream holds besides the text."""

    include_usage: bool | None = None


class CompletionRequest(_Lenient):
    """The body of POST /v1/chat/completions, as far as it is looked at; other fields are ignored."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    seed: Seed | None = None
    metadata: Annotated[dict[str, str], Field(description="`conversation_id` (a UUID): where this goes; else a new one")] | None = None

    @property
    def text(self) -> str:
        """What is to be answered: the last user message. Raises `Fault` where there is none, or not only text in it."""
        message = next((message for message in reversed(self.messages) if message.role == "user"), None)
        if message is None:
            raise Fault("messages needs one with the role user: it is the one that is answered.", param="messages")
        if not isinstance(message.content, list):
            return message.content or ""
        if any(part.type != "text" or part.text is None for part in message.content):
            raise Fault("The last user message may hold text parts only.", param="messages")
        return "\n".join(part.text or "" for part in message.content)

    @property
    def profile(self) -> str | None:
        """The profile that `model` names. Raises `Fault` for a model there isn't."""
        return model(self.model)["id"].removeprefix(MODEL).removeprefix("-") or None

    def frame(self, message_id: str, conversation_id: str) -> MessageSend:
        """The same as a frame of the socket. Raises `Fault` for what that would not take."""
        options = Options(profile=self.profile, seed=self.seed)
        chosen = (self.metadata or {}).get("conversation_id", conversation_id)
        try:
            return MessageSend(type="message.send", id=message_id, conversation_id=chosen, text=self.text, options=options)
        except ValidationError as error:
            if error.errors()[0]["loc"] == ("conversation_id",):
                raise Fault("metadata.conversation_id takes a UUID.", param="metadata") from None
            detail = f"The last user message takes 1 to {e.TEXT_LIMIT} characters of text, none of them {REFUSED_CHARACTERS}."
            fault = Fault(detail, param="messages")
            fault.code = InvalidText.code
            raise fault from None


def read(data: str | bytes) -> CompletionRequest:
    """A request's body. Raises `Fault`, which names the field and what it takes."""
    try:
        return CompletionRequest.model_validate_json(data)
    except ValidationError as error:
        found = wrong(error, (CompletionRequest,))
        raise Fault(f"{found.sentence}.", param=found.place or None) from None


def models() -> list[str]:
    """The names that `model` takes."""
    return [MODEL, *(f"{MODEL}-{profile}" for profile in PROFILES)]


def model(name: str) -> dict[str, Any]:
    """One of them, as it is told. Raises `NoSuchModel`."""
    if name not in models():
        detail = f"There is no model {name[:60]!r}; the models are {', '.join(models())}."
        raise NoSuchModel(detail, param="model")
    return {"id": name, "object": "model", "created": 0, "owned_by": MODEL}


def tokens(text: str) -> int:
    """About as many as a tokenizer would find: words and signs."""
    return len(_TOKEN.findall(text))


def usage(prompt: str, reply: str) -> dict[str, int]:
    """Counted over what was answered and what was said."""
    asked, said = tokens(prompt), tokens(reply)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def finish_reason(frame: dict[str, Any]) -> str:
    """A reply that somebody stopped is, in this dialect, one that stopped."""
    return "length" if frame["finish_reason"] == "length" else "stop"


def failure(frame: dict[str, Any]) -> Fault:
    """A `reply.failed` as a refusal: one that invites another try (503), or one that doesn't (422)."""
    fault = Fault(frame["detail"])
    fault.code, fault.status = frame["code"], 503 if frame["retryable"] else 422
    return fault


def error_body(error: ChatError) -> dict[str, Any]:
    """An error as clients of this dialect read it."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": error.detail, "type": kind, "param": getattr(error, "param", None), "code": error.code}}


class Answer:
    """One completion in the making: its id, and the shapes it is told in."""

    def __init__(self, request: CompletionRequest, text: str, reply_id: str) -> None:
        self._text = text
        self._with_usage = bool(request.stream_options and request.stream_options.include_usage)
        self._head = {"id": f"chatcmpl-{reply_id.replace('-', '')}", "created": int(time.time()), "model": request.model}

    def whole(self, frame: dict[str, Any]) -> dict[str, Any]:
        """The answer in one piece, from `reply.completed`."""
        message = {"role": "assistant", "content": frame["text"], "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(frame)}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage(self._text, frame["text"])}

    def chunk(self, delta: dict[str, str], reason: str | None = None) -> bytes:
        """One event of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return self._event([choice], None)

    def end(self, frame: dict[str, Any]) -> list[bytes]:
        """The last events of the stream, from `reply.completed`."""
        last = [self.chunk({}, finish_reason(frame))]
        if self._with_usage:
            last.append(self._event([], usage(self._text, frame["text"])))
        return [*last, b"data: [DONE]\n\n"]

    def _event(self, choices: list[dict[str, Any]], used: dict[str, int] | None) -> bytes:
        body: dict[str, Any] = {**self._head, "object": "chat.completion.chunk", "choices": choices}
        return sse({**body, "usage": used} if self._with_usage else body)


def sse(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
