"""What clients of OpenAI's chat API send: `POST /v1/chat/completions`, and what of it a reply is made from.

Sampling options (`temperature` and its kin) are taken and not used. What can't be served ends in a 400 that names it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from pydantic import BeforeValidator, Field, ValidationError

from myna.mock_ai.pacing import count_tokens
from myna.mock_ai.parts import clip
from myna.mock_ai.port import Tool
from myna.protocol import events as e
from myna.protocol.errors import InvalidText
from myna.protocol.field_types import Seed
from myna.protocol.frames import MessageSend
from myna.protocol.text_rules import REFUSED_CHARACTERS
from myna.protocol.validation_errors import wrong
from myna.web.brain_options import BrainOptions
from myna.web.large_body import parse_body
from myna.web.openai.chat_messages import ChatMessage, Lenient
from myna.web.openai.schema import Fault, profile_of

ANY_OBJECT = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}  # of `json_object`
MAX_SCHEMA_TEXT, MAX_BRACES = 100_000, 50  # of system messages in which a schema is looked for: characters, and beginnings tried
MAX_HEADERS, MAX_HEADER = 30, 200  # of a request that rules may look at: how many, and characters of each
UNSUPPORTED = {"functions": "tools", "function_call": "tool_choice", "audio": "", "logprobs": ""}  # and what to use instead


class FunctionDefinition(Lenient):
    """A function that may be called; `parameters` is a JSON Schema."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolDefinition(Lenient):
    """A tool; functions are supported."""

    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(Lenient):
    """A function by name."""

    name: str


class NamedTool(Lenient):
    """The one tool to call."""

    type: Literal["function"]
    function: NamedFunction


class NamedSchema(Lenient):
    """What a structured reply must be."""

    name: str = ""
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None


class ResponseFormat(Lenient):
    """Text, any JSON object, or JSON that is valid by a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


class StreamOptions(Lenient):
    """What a stream holds besides the text."""

    include_usage: bool | None = None


def _stop(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Limit = Annotated[int, Field(ge=1, le=10_000_000)]


class CompletionRequest(Lenient):
    """The body of POST /v1/chat/completions, as far as it is looked at; other fields are ignored."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    seed: Seed | None = None
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    stop: Annotated[Annotated[list[str], Field(max_length=16)] | None, BeforeValidator(_stop)] = None
    tools: Annotated[list[ToolDefinition], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    metadata: Annotated[dict[str, str], Field(description="`conversation_id` (a UUID): where this goes; else a new one")] | None = None

    @property
    def prompt_tokens(self) -> int:
        """Words and signs of all messages, with the calls in them."""
        calls = [call.function for message in self.messages for call in message.tool_calls or ()]
        return sum(count_tokens(one.text) for one in self.messages) + sum(count_tokens(one.name + one.arguments) for one in calls)

    @property
    def names_conversation(self) -> bool:
        """Whether it goes on with a conversation rather than beginning one."""
        return "conversation_id" in (self.metadata or {})

    @property
    def may_call(self) -> bool:
        """Whether the reply may be tool calls."""
        return bool(self.tools) and self.tool_choice != "none"

    def frame(
        self, conversation_id: str, headers: Mapping[str, str], setup: Mapping[str, Any], *, strict_models: bool, seeded: bool
    ) -> MessageSend:
        """The same as a frame of the socket, with what its owner set the mock AI to. Raises `Fault`.

        `seeded`: without a seed of its own it gets one from its content.
        """
        at = self._answered()
        seed = self.seed if self.seed is not None or not seeded else self._digest()
        text = self.messages[at].text
        request = msgspec.json.encode({**self._details(at, text, headers), **setup}).decode()
        options = BrainOptions(profile=profile_of(self.model, strict=strict_models), seed=seed, request=request)
        chosen = (self.metadata or {}).get("conversation_id", conversation_id)
        try:
            shown = clip(text, e.TEXT_LIMIT)
            return MessageSend(type="message.send", id=str(uuid4()), conversation_id=chosen, text=shown, options=options)
        except ValidationError as error:
            if error.errors()[0]["loc"] == ("conversation_id",):
                raise Fault("metadata.conversation_id takes a UUID.", param="metadata") from None
            fault = Fault(f"The last user message takes text that is not blank, with none of {REFUSED_CHARACTERS}.", param="messages")
            fault.code = InvalidText.code
            raise fault from None

    def _answered(self) -> int:
        """The index of the message that is answered: the last user's."""
        at = next((n for n in range(len(self.messages) - 1, -1, -1) if self.messages[n].role == "user"), None)
        if at is None:
            raise Fault("messages needs one with the role user: it is the one that is answered.", param="messages")
        return at

    def _details(self, at: int, text: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """What the brain reads besides the message."""
        last = max((n for n, message in enumerate(self.messages) if message.role not in ("tool", "function")), default=0)
        results = [message.history() for message in self.messages[last + 1 :]]
        choice = self.tool_choice.function.name if isinstance(self.tool_choice, NamedTool) else self.tool_choice or "auto"
        if self.tools is not None and choice not in ("auto", "none", "required", *(tool.function.name for tool in self.tools)):
            raise Fault(f"tool_choice names {choice[:60]!r}, which is none of tools.", param="tool_choice")
        wanted = self.response_format
        schema = None if wanted is None or wanted.type == "text" else self._schema_in_words() or ANY_OBJECT
        if wanted is not None and wanted.json_schema is not None and wanted.json_schema.schema_ is not None:
            schema = wanted.json_schema.schema_
        retries = headers.get("x-stainless-retry-count", "")
        details = {
            "text": text if len(text) > e.TEXT_LIMIT else None,
            "history": [message.history() for n, message in enumerate(self.messages[: last + 1]) if n != at],
            "results": results,
            "attempt": 1 + int(retries) if retries.isascii() and retries.isdigit() and len(retries) < 4 else None,
            "model": self.model,
            "headers": dict([(name, value[:MAX_HEADER]) for name, value in headers.items() if name.startswith("x-")][:MAX_HEADERS]),
            "tools": [Tool(one.function.name, one.function.parameters or {}, one.function.description or "") for one in self.tools or ()],
            "tool_choice": choice,
            "response_schema": schema,
            "stop": self.stop,
            "max_tokens": self.max_completion_tokens or self.max_tokens,
        }
        return {name: value for name, value in details.items() if value not in (None, [], {})}

    def _schema_in_words(self) -> dict[str, Any] | None:
        """The JSON Schema of an object that a system message spells out, as clients do that ask for `json_object`."""
        text = "\n".join(message.text for message in self.messages if message.role in ("system", "developer"))[:MAX_SCHEMA_TEXT]
        at = text.find("{")
        for _ in range(MAX_BRACES):
            try:
                found, end = json.JSONDecoder().raw_decode(text, at) if at >= 0 else (None, 0)
            except (ValueError, RecursionError):
                found, end = None, at + 1
            if isinstance(found, dict) and isinstance(found.get("properties"), dict):
                return found
            at = text.find("{", end)
        return None

    def _digest(self) -> int:
        """A seed that the same request always has."""
        said = self.model_dump(mode="json", include={"model", "messages", "tools", "tool_choice", "response_format"})
        data = json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


async def read(data: str | bytes) -> CompletionRequest:
    """A request's body. Raises `Fault`, which names the field and what it takes."""
    try:
        request = await parse_body(CompletionRequest, data)
    except ValidationError as error:
        found = wrong(error, (CompletionRequest,))
        raise Fault(f"{found.sentence}.", param=found.place or None) from None
    given = json.loads(data)
    for name, instead in UNSUPPORTED.items():
        if given.get(name):
            raise Fault(
                f"{name} is not supported here; use {instead}." if instead != "none" else f"{name} is not supported here.", param=name
            )
    return request
