"""Door: what the rooms need of a database. Two twins keep this promise: postgres.py and memory.py (for tests).

One contract suite (tests/contract/test_store.py) runs on both. This module does nothing itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from myna.protocol.events import Position
from myna.protocol.views import ConversationView, MessageView, SearchHit

T = TypeVar("T")

CHECKPOINT_INTERVAL_S = 5.0  # a checkpoint stays when its predecessor is at least this much older
CHECKPOINT_RETENTION_S = 900.0  # and for this long; beyond it, one


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the log is stored, and from where a node must read to know everything after `high` whole.

    Everything up to `high` is in the rows. `low` never passes the first event of a reply that was open at `high`.
    """

    epoch: str
    low: Position
    high: Position
    mark: str  # digest of the record at high.offset: tells whether the log is still the same one


class Renamed(NamedTuple):
    owner: str
    conversation_id: str
    title: str


class Deleted(NamedTuple):
    owner: str
    conversation_id: str


# What is stored, in log order: a message or an ended reply, a new title, a deletion.
Fact = MessageView | Renamed | Deleted


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts and the checkpoint they lead to; stored whole or not at all."""

    expected: Checkpoint | None  # the checkpoint this batch stands on; None: there is none yet
    reached: Checkpoint
    facts: Sequence[Fact] = field(default_factory=tuple)


class IdempotencyKey(NamedTuple):
    """What a client's id is looked up by. `reply_id` is the reply that this id would have as the key of a regenerate."""

    owner: str
    conversation_id: str
    id: str
    reply_id: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows know about a key; all None/False: nothing."""

    message: MessageView | None = None  # the message with this id
    reply: MessageView | None = None  # the reply with this reply_id
    deleted: bool = False  # the conversation was deleted


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items and the opaque place to go on from (`before`), None at the end."""

    items: list[T]
    next: str | None


class WriterLock(Protocol):
    """The one recorder's seat, held by a Postgres advisory lock on one connection. Lost when that connection is."""

    async def record(self, batch: Batch) -> int:
        """Facts and checkpoint in one transaction; returns how many facts the database refused and set aside.

        Rows are keyed; what is there already stays as it is. A fact the database refuses (not: can't take now) is set
        aside alone, with its reason, in `refused_facts`; the rest goes on. Facts of a deleted conversation are ignored.
        Raises `RecorderFenced` when the stored checkpoint is not `batch.expected`, `StoreUnavailable` when the
        database is away (the transaction did not happen, or happened whole: the next `record` is fenced then).
        """

    async def release(self) -> None:
        """Give the seat up; never raises."""


class Store(Protocol):
    """Rows, and what is asked of them. Every method but `close` raises `StoreUnavailable` when the database is away."""

    up: bool
    trouble: str | None

    async def run(self) -> None:
        """Watch the database until cancelled, keeping `up` and `trouble` true to life (a look each second or so)."""

    async def wait_up(self) -> None:
        """Return as soon as the database answers."""

    async def close(self) -> None:
        """Let go of all connections."""

    async def check_schema(self) -> None:
        """Raise `StartupError` in one clear sentence when the schema is not at head (names `migrate`)."""

    async def acquire_writer_lock(self) -> WriterLock | None:
        """The recorder's seat, or None while another has it. A holder that freezes loses it within 5 s."""

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        """The newest checkpoint, or the newest that is at least that old (the oldest kept, where all are younger).

        About one checkpoint each 5 s is kept for 15 minutes, besides the newest; only the newest epoch's are given.
        """

    async def known(self, keys: Sequence[IdempotencyKey]) -> list[Known]:
        """One answer for each key, in order, in one round trip."""

    async def conversations(self, owner: str, *, limit: int, before: str | None) -> Page[ConversationView]:
        """Newest activity first, deleted ones left out. Raises `InvalidFrame` for a `before` that is none of ours."""

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        """One conversation, None where there is none (or no more)."""

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        """The newest page, oldest first in it: each message followed by its replies, oldest first."""

    async def search(self, owner: str, query: str, *, limit: int, before: str | None) -> Page[SearchHit]:
        """Full text over the owner's messages, newest first; words as people write them, a last word also as a prefix."""
