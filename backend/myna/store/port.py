"""What the pipeline needs of a database: the plain data that goes in and out, and the protocols that a store implements.

One contract suite (tests/contract/test_store*.py) runs over the implementation on Postgres and over the tests' fake in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from myna.protocol.events import Position
from myna.protocol.views import ConversationView, MessageView, Role, SearchHit
from myna.telemetry.histogram import Histogram

T = TypeVar("T")

MOCK_SETUPS = 1_000  # owners with rules of their own: at 32 KiB each 32 MiB, in the database and in every node
MOCK_FAILURES_OF_OWNER, MOCK_FAILURES = 100, 100_000  # queued

PATH_LIMIT = 10_000  # messages and replies of one path that are looked at: a log that holds a circle is no reason to stand still
CHECKPOINT_INTERVAL_S = 5.0  # a checkpoint is kept besides the newest when it is at least this much younger than the one before
CHECKPOINT_RETENTION_S = 900.0  # and for this long; of older ones, the newest


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the log is stored, and from where a node must read to know everything after `high` whole.

    Everything up to `high` is in the rows. `low` never passes the first event of a reply that was open at `high`.
    """

    epoch: str
    low: Position
    high: Position
    mark: str  # digest of the record at high.offset: tells whether the log is still the same one


class SearchFilter(NamedTuple):
    """What a search is narrowed to: what one side said, what was said from `since` on and before `until` (aware times)."""

    role: Role | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = SearchFilter()


class Renamed(NamedTuple):
    """A conversation got this title."""

    owner: str
    conversation_id: str
    title: str


class Deleted(NamedTuple):
    """A conversation was deleted."""

    owner: str
    conversation_id: str


# What is stored, in log order: a message or an ended reply, a new title, a deletion.
Fact = MessageView | Renamed | Deleted


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts and the checkpoint they lead to; stored whole or not at all."""

    expected: Checkpoint | None  # the checkpoint this batch follows; None: there is none yet
    reached: Checkpoint
    facts: Sequence[Fact] = field(default_factory=tuple)


class IdempotencyKey(NamedTuple):
    """An id that a client chose, which makes a repeated submission recognisable.

    Clients use one kind of id for messages and for regenerates, so both are looked up: `reply_id` is the id of the reply
    that this id would lead to (`protocol.ids.reply_id_for`).
    """

    owner: str
    conversation_id: str
    id: str
    reply_id: str


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What the rows hold under an idempotency key: how it was used before. All None and False: it is new."""

    message: MessageView | None = None  # the message with this id
    reply: MessageView | None = None  # the reply with this reply_id
    conversation_deleted: bool = False  # the conversation was deleted


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of a list, and the token for the page after it (its `before`); None at the end."""

    items: list[T]
    next: str | None


class MockRules(NamedTuple):
    """The scenario file that an owner set for the mock AI's replies to its own messages."""

    owner: str
    rules: str  # as JSON


class MockSetups(Protocol):
    """What owners set the mock AI to: rules, and failures that wait for their next requests. Raises `StoreUnavailable` as a store does.

    Only the newest `MOCK_SETUPS` owners' rules are kept, and the newest `MOCK_FAILURES` failures.
    """

    async def rules(self) -> list[MockRules]:
        """Those of all owners, the newest last."""

    async def set_rules(self, owner: str, rules: str | None) -> None:
        """Replace an owner's rules; None: it has none any more."""

    async def queue_failures(self, owner: str, failures: Sequence[str]) -> bool:
        """Put these behind the owner's others; False, and nothing is queued, where it would have more than `MOCK_FAILURES_OF_OWNER`."""

    async def take_failure(self, owner: str) -> str | None:
        """The owner's oldest failure, which no other call gets; None where there is none."""

    async def queued_failures(self, owner: str) -> list[str]:
        """The owner's failures, oldest first."""

    async def owners_with_failures(self) -> list[str]:
        """Who has any."""

    async def drop_failures(self, owner: str) -> None:
        """Forget the owner's failures."""


class OldRows(Protocol):
    """Rows that are kept no longer. Raises `StoreUnavailable` as a store does."""

    async def inactive(self, days: float, *, limit: int) -> list[Deleted]:
        """Conversations, of whoever, in which nothing was said for so long, at most `limit`: the longest ago first."""

    async def drop_tombstones(self, days: float) -> int:
        """Remove what is left of conversations that were deleted so long ago; returns how many there were."""


class PathItem(NamedTuple):
    """A message or reply on a path through a conversation's tree."""

    id: str
    role: Role
    text: str | None  # None: it is not wanted


class WriterLock(Protocol):
    """The right to write, held by one connection at a time in the whole cluster, and lost with that connection."""

    async def record(self, batch: Batch) -> int:
        """Store facts and checkpoint in one transaction; returns how many facts the database refused and set aside.

        Rows are keyed; what is there already stays as it is. A fact the database refuses (not: can't take now) is set
        aside alone, with its reason, in `refused_facts`; the rest goes on. Facts of a deleted conversation are ignored.

        Raises `RecorderFenced` when the stored checkpoint is not `batch.expected` (the lock is kept), and
        `StoreUnavailable` when the database is away or the lock is lost: then the transaction did not happen, or happened
        whole, and the next `record` is fenced.
        """

    async def release(self) -> None:
        """Give the lock up; never raises. Harmless when it is lost already."""


class Store(Protocol):
    """The stored conversations. Every method but `run`, `wait_up` and `close` raises `StoreUnavailable` when the database is away.

    `up` says whether the database answered last; `trouble` then is None, and otherwise a sentence that says why not.
    Owners and ids are UUIDs as text; what belongs to another owner is never found. Of lists, `limit` is the number of
    items of a page, and `before` the `next` of the page before, None for the first; `InvalidFrame` is raised for a `before`
    that this list never gave out.
    """

    up: bool
    trouble: str | None
    read_seconds: Histogram  # of reads that were answered

    @property
    def mock_setups(self) -> MockSetups:
        """What owners set the mock AI to."""

    @property
    def old_rows(self) -> OldRows:
        """What is kept no longer."""

    async def run(self) -> None:
        """Keep `up` and `trouble` current until cancelled, by a probe each second or so."""

    async def wait_up(self) -> None:
        """Return as soon as the database answers."""

    async def close(self) -> None:
        """Close all connections but the writer lock's, which has its `release`."""

    async def check_schema(self) -> None:
        """Raise `StartupError` in one clear sentence when the schema is not at head (names `myna migrate`)."""

    async def acquire_writer_lock(self) -> WriterLock | None:
        """The writer lock, or None while another holds it. A holder that freezes loses it within 5 s."""

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        """The newest checkpoint, or the newest that is at least that old (the oldest kept, where all are younger).

        About one checkpoint each `CHECKPOINT_INTERVAL_S` is kept for `CHECKPOINT_RETENTION_S`, besides the newest; only
        those of the newest epoch are given. None: nothing has been stored yet.
        """

    async def idempotency_records(self, keys: Sequence[IdempotencyKey]) -> list[IdempotencyRecord]:
        """How each key was used before, in the order of the keys, by one round trip."""

    async def conversations(self, owner: str, *, limit: int, before: str | None, q: str | None = None) -> Page[ConversationView]:
        """The owner's conversations, newest activity first, without deleted ones. `q`: those whose title matches, as in `search`."""

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        """One conversation; None where there is none, or no more."""

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        """A conversation's messages, each followed by its replies. The newest page first, the oldest item first in each."""

    async def path(self, owner: str, conversation_id: str, end: str | None, *, characters: int = 0) -> list[PathItem]:
        """The messages and replies from the root of a conversation's tree to the one with this id, the root's first.

        `end` None: to the one stored last. Empty where the conversation holds no such one. At most the last `PATH_LIMIT`.
        Texts are given of as many of the last ones as have at most so many characters together.
        """

    async def search(self, owner: str, query: str, *, limit: int, before: str | None, only: SearchFilter = EVERYTHING) -> Page[SearchHit]:
        """Full text over the owner's messages and replies, newest first. What a query may say: `search_text.parse`.

        The first page begins with titles that match, of conversations that have no other hit on it (`search_text.TITLE_HITS`);
        a search that is narrowed finds texts alone.
        """
