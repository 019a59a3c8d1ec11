"""What a responder hands to whatever makes its replies, and what it gets back: plain data and one protocol, no I/O."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal, Protocol, final

import msgspec

FinishReason = Literal["stop", "length"]
Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True):
    """A function that an assistant's message called; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class HistoryMessage(msgspec.Struct, frozen=True):
    """One earlier message of the conversation."""

    role: Role
    text: str
    tool_calls: tuple[ToolCall, ...] = ()  # of an assistant's message
    tool_call_id: str | None = None  # of a tool's: the call whose result this is


class Tool(msgspec.Struct, frozen=True):
    """A function that the reply may call; `parameters` is a JSON Schema."""

    name: str
    parameters: Mapping[str, Any] = msgspec.field(default_factory=dict)
    description: str = ""


class Prompt(msgspec.Struct, frozen=True):
    """One message to be answered, with what the client sent beside it. Only `key` and `text` are needed.

    `key` names the reply: a brain that is deterministic says the same for the same prompt.
    """

    key: str  # the reply's idempotency key (of a first reply: its message's id); without a seed it decides every draw
    text: str
    profile: str | None = None  # None: the brain's own default
    seed: int | None = None  # with the text it decides every draw, whatever the key; None: the key does
    scenario: str | None = None  # a scripted reply by name; None: whatever the text asks for
    history: tuple[HistoryMessage, ...] = ()  # the path of messages that leads here, oldest first, without this one
    position: int | None = None  # where among `history` this message stands; None: behind all of it
    results: tuple[HistoryMessage, ...] = ()  # results of tools that came after this message, to be used in the reply
    turn: int | None = None  # the how-manieth user message this is, from 1; None: as `history` tells
    attempt: int = 1  # the how-manieth try of the same request, as its client counts
    model: str = ""  # as the client named it
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)  # of the request, names in lower case; never credentials
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"  # auto, none, required, or the name of one of `tools`
    response_schema: Mapping[str, Any] | None = None  # the reply is JSON that is valid by this schema
    json_block: bool = False  # that JSON stands in a fenced block of Markdown
    stop: tuple[str, ...] = ()  # the reply ends before the first of these
    max_tokens: int | None = None  # the reply ends with `length` after so many
    rules: str | None = None  # the owner's own scenario file, as JSON; it comes before the brain's
    failure: Mapping[str, Any] | None = None  # what to fail with instead of a reply: the fields of `fail` in a scenario file

    def with_request(self, request: str) -> "Prompt":
        """The same with the fields that this JSON object gives. Raises `msgspec.ValidationError`."""
        mine = {name: getattr(self, name) for name in ("key", "text", "profile", "seed", "scenario", "history", "turn")}
        return msgspec.convert({**mine, **msgspec.json.decode(request)}, Prompt)

    @property
    def turn_number(self) -> int:
        """The how-manieth user message this is, from 1: what a client says in words, not what a process counted."""
        return self.turn or 1 + sum(message.role == "user" for message in self.history)


@final
class Part(msgspec.Struct, frozen=True):
    """One delta. `after_s`: the wait before it, in seconds since the part before (or since the start)."""

    text: str
    after_s: float


@final
class End(msgspec.Struct, frozen=True):
    """The reply is whole (`stop`), or was cut at a limit (`length`)."""

    finish_reason: FinishReason
    after_s: float
    rule: str | None = None  # what the brain followed: a rule, a command, a scenario


@final
class Failure(msgspec.Struct, frozen=True):
    """The brain gives up on this reply; the responder turns it into `reply.failed`. It may come after some parts."""

    code: str
    detail: str
    retryable: bool
    after_s: float
    status: int | None = None  # over HTTP, where nothing was sent yet; None: as the code is usually answered
    retry_after_s: float | None = None  # what a client is told to wait; None: as the code is usually answered
    rule: str | None = None  # as of an `End`


ReplyStep = Part | End | Failure


class Brain(Protocol):
    """Whatever makes a responder's replies."""

    @property
    def deterministic(self) -> bool:
        """True: the same prompt always gives the same parts, so an interrupted reply may go on at part n elsewhere."""

    def option_problem(self, profile: str | None, scenario: str | None, rules: str | None = None) -> str | None:
        """None when a prompt with these rules may name these; else one sentence that says what is wrong and what is allowed."""

    def history_limit(self, seed: int | None) -> int:
        """How many characters of the conversation so far a prompt with this seed needs, the newest; 0: none.

        It is asked of the brain when a message is accepted: its job carries them, so that every try is given the same.
        """

    def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        """Parts `start`, `start + 1` … and then exactly one End or Failure, each handed over once its wait is over."""

    async def close(self) -> None:
        """Let go of what it holds; it makes no more replies."""
