"""The port of the responder's brain: what is asked of it and what it may say. Plain data, no I/O, no framework."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message to be answered. `key` names the reply: a brain that is deterministic says the same for the same prompt."""

    key: str  # the reply's idempotency key (of a first reply: its message's id); without a seed it decides every draw
    text: str
    profile: str | None = None  # None: the brain's own default
    seed: int | None = None  # with the text it decides every draw, whatever the key; None: the key does
    scenario: str | None = None  # a script by name; None: whatever the text asks for
    nth: int | None = None  # the how-manieth message of its conversation, from 1; None where the caller can't know


@dataclass(frozen=True, slots=True)
class Part:
    """One delta. `after_s`: the wait before it, in seconds since the part before (or since the start)."""

    text: str
    after_s: float


@dataclass(frozen=True, slots=True)
class End:
    """The reply is whole (`stop`), or was cut at a limit (`length`)."""

    finish_reason: FinishReason
    after_s: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """The brain gives up on this reply; the responder turns it into `reply.failed`. It may come after some parts."""

    code: str
    detail: str
    retryable: bool
    after_s: float


Said = Part | End | Refusal


class Brain(Protocol):
    """What a responder needs of whatever makes its replies."""

    @property
    def deterministic(self) -> bool:
        """True: the same prompt always gives the same parts, so an interrupted reply may go on at part n elsewhere."""

    def knows(self, profile: str | None, scenario: str | None) -> str | None:
        """None when a prompt may name these; else one sentence that says what is wrong and what is allowed."""

    def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[Said]:
        """Parts `start`, `start + 1` … and then exactly one End or Refusal, each handed over once its wait is over."""
