"""What clients of OpenAI's chat API send: `POST /v1/chat/completions`, and what of it a reply is made from.

Sampling options (`temperature` and its kin) are taken and not used. What can't be served ends in a 400 that names it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError

from myna.mock_ai.pacing import count_tokens
from myna.mock_ai.parts import clip
from myna.mock_ai.port import HistoryMessage, Tool
from myna.protocol.errors import InvalidText
from myna.protocol.event_fields import TEXT_LIMIT
from myna.protocol.field_types import Seed
from myna.protocol.frames import MessageSend
from myna.protocol.text_rules import REFUSED_CHARACTERS
from myna.protocol.validation_errors import wrong
from myna.slices import sliced
from myna.web.brain_options import CompletionOptions
from myna.web.large_body import parse_body
from myna.web.openai.chat_messages import ChatMessage, Lenient
from myna.web.openai.schema import Fault
from myna.web.openai.unsupported import check_unsupported

ANY_OBJECT = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}  # of `json_object`
# Of the messages in which a schema is looked for: characters, all tries together, and beginnings that are tried.
MAX_SCHEMA_TEXT, MAX_BRACES = 100_000, 50
MODEL_LIMIT = 256  # characters of a model's name: each event of a stream repeats it
READ_HEADERS = ("x-", "user-agent")
MAX_HEADERS, MAX_HEADER = 30, 200  # of a request that rules may look at: how many, and characters of each


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

    model: Annotated[str, Field(max_length=MODEL_LIMIT)]
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

    # What takes long of a long conversation: made by `prepared`, in slices.
    _history: list[HistoryMessage] = PrivateAttr(default_factory=list)
    _prompt_tokens: int = PrivateAttr(0)
    _digest: int = PrivateAttr(0)

    async def prepared(self) -> "CompletionRequest":
        """The same request, once its messages were gone through: needed before anything below is."""
        digest = hashlib.blake2b(self.model_dump_json(include={"model", "tools", "tool_choice", "response_format"}).encode(), digest_size=8)
        async with sliced() as pause:
            for message in self.messages:
                await pause()
                digest.update(message.model_dump_json().encode())
                await pause()
                read = message.history()
                self._history.append(read)
                self._prompt_tokens += count_tokens(read.text) + sum(count_tokens(call.name + call.arguments) for call in read.tool_calls)
        self._digest = int.from_bytes(digest.digest(), "big", signed=True)
        return self

    @property
    def prompt_tokens(self) -> int:
        """Words and signs of all messages, with the calls in them."""
        return self._prompt_tokens

    @property
    def names_conversation(self) -> bool:
        """Whether it goes on with a conversation rather than beginning one."""
        return "conversation_id" in (self.metadata or {})

    @property
    def may_call(self) -> bool:
        """Whether the reply may be tool calls."""
        return bool(self.tools) and self.tool_choice != "none"

    def frame(
        self, conversation_id: str, headers: Mapping[str, str], setup: Mapping[str, Any], *, profile: str | None, seeded: bool
    ) -> MessageSend:
        """The same as a frame of the socket, with what its owner set the mock AI to and the profile its model names. Raises `Fault`.

        `seeded`: without a seed of its own it gets one from its content.
        """
        at = self._answered()
        seed = self.seed if self.seed is not None or not seeded else self._digest
        text = self._history[at].text
        request = msgspec.json.encode({**self._details(at, text, headers), **setup}).decode()
        options = CompletionOptions(profile=profile, seed=seed, request=request)
        chosen = (self.metadata or {}).get("conversation_id", conversation_id)
        try:
            shown = clip(text, TEXT_LIMIT)
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
        results = self._history[last + 1 :]
        choice = self.tool_choice.function.name if isinstance(self.tool_choice, NamedTool) else self.tool_choice or "auto"
        if self.tools is not None and choice not in ("auto", "none", "required", *(tool.function.name for tool in self.tools)):
            raise Fault(f"tool_choice names {choice[:60]!r}, which is none of tools.", param="tool_choice")
        wanted = self.response_format
        schema = None if wanted is None or wanted.type == "text" else self._schema_in_words() or ANY_OBJECT
        if wanted is not None and wanted.json_schema is not None and wanted.json_schema.schema_ is not None:
            schema = wanted.json_schema.schema_
        # A client without structured output spells the schema out, and asks for a block of JSON.
        in_block = schema is None and "```json" in text
        schema = self._schema_in_words() if in_block else schema
        retries = headers.get("x-stainless-retry-count", "")
        details = {
            "text": text if len(text) > TEXT_LIMIT else None,
            "position": at if at < last else None,
            "results": results,
            "attempt": 1 + int(retries) if retries.isascii() and retries.isdigit() and len(retries) < 4 else None,
            "model": self.model,
            "headers": dict([(name, value[:MAX_HEADER]) for name, value in headers.items() if name.startswith(READ_HEADERS)][:MAX_HEADERS]),
            "tools": [Tool(one.function.name, one.function.parameters or {}, one.function.description or "") for one in self.tools or ()],
            "tool_choice": choice,
            "response_schema": schema,
            "json_block": in_block and schema is not None,
            "stop": self.stop,
            "max_tokens": self.max_completion_tokens or self.max_tokens,
        }
        # Given in any case: a client tells the whole conversation itself, and where it begins anew it says so.
        history = [read for n, read in enumerate(self._history[: last + 1]) if n != at]
        said = {"history": history, "turn": 1 + sum(message.role == "user" for message in history)}
        return {name: value for name, value in details.items() if value not in (None, False, [], {})} | said

    def _schema_in_words(self) -> dict[str, Any] | None:
        """The JSON Schema of an object that a message spells out, as clients do that ask for `json_object`."""
        text = "\n".join(read.text for read in self._history if read.role in ("system", "user"))[:MAX_SCHEMA_TEXT]
        at, left = text.find("{"), MAX_SCHEMA_TEXT
        while at >= 0 and left > 0:
            try:
                found, end = json.JSONDecoder().raw_decode(text, at)
            except json.JSONDecodeError as error:
                found, end = None, at + 1
                left -= max(error.pos - at, len(text) // MAX_BRACES)
            except RecursionError:
                return None
            if isinstance(found, dict) and isinstance(found.get("properties"), dict):
                return found
            at = text.find("{", end)
        return None


async def read(data: str | bytes) -> CompletionRequest:
    """A request's body. Raises `Fault`, which names the field and what it takes."""
    try:
        request = await parse_body(CompletionRequest, data)
    except ValidationError as error:
        found = wrong(error, (CompletionRequest,))
        raise Fault(f"{found.sentence}.", param=found.place or None) from None
    check_unsupported(data)
    return await request.prepared()
