"""Requests, answers and errors of OpenAI's chat API, as far as it is supported.

Taken from a request: the last user message's text, `model` (as a profile), `seed`, `stream`, `stream_options` and
`metadata.conversation_id`. Everything else is ignored, as that API allows, because a mock can't honour it honestly:
sampling, tools, `stop`, and `max_tokens` too (a reply is stored whole, so it is sent whole). More than one choice is an error.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.mock_ai import PROFILES
from myna.protocol import events as e
from myna.protocol.errors import ChatError, InvalidText, RequestRefused
from myna.protocol.field_types import Options, Seed
from myna.protocol.frames import MessageSend
from myna.protocol.text_rules import REFUSED_CHARACTERS
from myna.protocol.validation_errors import wrong
from myna.web.api.models import Answer

MODEL = "myna"  # the default profile; `myna-<profile>` names one


class Fault(RequestRefused):
    """Below /v1: a field holds something that it does not take; `param` names it."""

    code, status = "invalid_value", 400

    def __init__(self, detail: str, *, param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class NoSuchModel(Fault):
    """Below /v1: there is no model of this name."""

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
        """The text to be answered: the last user message. Raises `Fault` where there is none, or not only text in it."""
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
        return model(self.model).id.removeprefix(MODEL).removeprefix("-") or None

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


class Model(Answer):
    """A profile of the mock, as a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(Answer):
    """All of them."""

    object: Literal["list"]
    data: list[Model]


class Usage(Answer):
    """Words and signs, counted over the message that was answered and its reply."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionMessage(Answer):
    """The reply's text."""

    role: Literal["assistant"]
    content: str
    refusal: None


class Choice(Answer):
    """The one reply; `length` where it reached its limit."""

    index: Literal[0]
    message: CompletionMessage
    logprobs: None
    finish_reason: Literal["stop", "length"]


class Completion(Answer):
    """A reply. As a stream it comes in `chat.completion.chunk` events and ends with `data: [DONE]`."""

    id: str
    created: int
    model: str
    object: Literal["chat.completion"]
    choices: list[Choice]
    usage: Usage


class ErrorDetail(Answer):
    """What went wrong; `code` may be one of `reply.failed`."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(Answer):
    """An error below /v1, as an answer's body or as the last event of a stream."""

    error: ErrorDetail


def models() -> list[str]:
    """The names that `model` takes."""
    return [MODEL, *(f"{MODEL}-{profile}" for profile in PROFILES)]


def model(name: str) -> Model:
    """One of them. Raises `NoSuchModel`."""
    if name not in models():
        detail = f"There is no model {name[:60]!r}; the models are {', '.join(models())}."
        raise NoSuchModel(detail, param="model")
    return Model(id=name, object="model", created=0, owned_by=MODEL)


def failure(frame: dict[str, Any]) -> Fault:
    """A `reply.failed` as an error: 503 where another try may help, else 422."""
    fault = Fault(frame["detail"])
    fault.code, fault.status = frame["code"], 503 if frame["retryable"] else 422
    return fault


def error_body(error: ChatError) -> OpenAIError:
    """An error as OpenAI's clients read it."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    detail = ErrorDetail(message=error.detail, type=kind, param=getattr(error, "param", None), code=error.code)
    return OpenAIError(error=detail)
