"""What must be true of conversations as trees: what each message follows, in the log and in the rows, and what the model was told."""

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.event_fields import ParentId
from myna.protocol.ids import reply_id_for
from myna.protocol.jobs import QueuedJob
from tests.fakes.memory_store import MemoryStore
from tests.simulation.clients import Tab
from tests.simulation.invariants import ReferenceLog, Turn
from tests.simulation.scripted_model import HISTORY


class Tree:
    """All messages and replies in the log: what each follows, and what it says."""

    def __init__(self, log: ReferenceLog) -> None:
        self.parents: dict[tuple[str, str], ParentId] = {}  # by owner and id
        self.texts: dict[tuple[str, str], str] = {}
        self.conversations: dict[tuple[str, str], str] = {}
        self.offsets: dict[tuple[str, str], e.Position] = {}
        self.turns = log.turns
        newest: dict[tuple[str, str], str] = {}
        for turn in sorted(log.turns.values(), key=lambda turn: turn.created):
            self._add(turn, newest)

    def _add(self, turn: Turn, newest: dict[tuple[str, str], str]) -> None:
        job = turn.job
        conversation = job.owner, job.conversation_id
        if isinstance(job, e.MessageCreated):
            left_out = job.parent_id is UNSET
            self._put(job.owner, job.id, newest.get(conversation) if left_out else job.parent_id, job.text, turn)
        self._put(job.owner, job.reply_id, job.message_id, "".join(turn.parts), turn)
        newest[conversation] = job.reply_id

    def _put(self, owner: str, id_: str, parent: ParentId, text: str, turn: Turn) -> None:
        key = owner, id_
        self.parents[key], self.texts[key] = parent, text
        self.conversations[key], self.offsets[key] = turn.job.conversation_id, turn.created

    def path(self, owner: str, end: ParentId) -> list[str]:
        """The ids from the root to this message or reply."""
        path: list[str] = []
        while end and (owner, end) in self.parents and len(path) < len(self.parents):
            path.append(end)
            end = self.parents[owner, end]
        return path[::-1]


def tree_faults(log: ReferenceLog, store: MemoryStore, tabs: Sequence[Tab], *, lagged: bool) -> Iterator[str]:
    """Every message follows what its sender named, or something that was said before; rows agree; the model was told the path.

    A node that lags may publish a message before it has read all of the reply that it follows.
    """
    tree = Tree(log)
    for (owner, id_), parent in tree.parents.items():
        if not parent:
            continue
        if tree.conversations.get((owner, parent)) != tree.conversations[owner, id_]:
            yield f"{id_} follows {parent}, which its conversation does not hold"
        elif tree.offsets[owner, parent] > tree.offsets[owner, id_]:
            yield f"{id_} follows {parent}, which came later"
        row = store.stored.get((owner, id_))
        if row is not None and row.parent_id != parent:
            yield f"{id_} follows {parent} in the log and {row.parent_id} in its row"
    for tab in tabs:
        for sent in tab.sent.values():
            turn = log.turns.get(reply_id_for(tab.owner.session.owner, sent.id))
            if turn is not None and isinstance(turn.job, e.MessageCreated) and sent.parent not in (UNSET, turn.job.parent_id):
                yield f"{tab.name}: {sent.id} was to follow {sent.parent}, and follows {turn.job.parent_id}"
    yield from history_faults(log, tree, lagged)


def history_faults(log: ReferenceLog, tree: Tree, lagged: bool) -> Iterator[str]:
    """Each job holds the end of its path, and all of it where its turn is known."""
    seen: set[str] = set()
    for record in log.records:
        for line in record.body.split(b"\n"):
            job = _job_in(line)
            if job is None or job.reply_id not in log.turns or job.reply_id in seen:
                continue
            seen.add(job.reply_id)
            if log.turns[job.reply_id].ends[0][0].offset != record.offset:  # else it was stopped while it waited, and nobody was told
                yield from _job_faults(job, tree, lagged)


def _job_in(line: bytes) -> QueuedJob | None:
    try:
        return log_codec.read_job(line)
    except log_codec.Unreadable:
        return None


def _job_faults(job: QueuedJob, tree: Tree, lagged: bool) -> Iterator[str]:
    end = tree.parents[job.owner, job.message_id]
    path = tree.path(job.owner, end)
    messages = sum((job.owner, reply_id_for(job.owner, one)) in tree.parents for one in path)
    if job.turn is not None and job.turn != messages + 1:
        yield f"{job.id} is message {messages + 1} of its path, and not {job.turn}"
    said = [text for one in path if (text := tree.texts[job.owner, one])]
    told = [item.text for item in job.history]
    if path and path[-1] in tree.turns and (lagged or _ended_after(tree, path[-1], job)):  # it may be told of a part of it
        last = tree.texts[job.owner, path[-1]]
        said = said[:-1] if last else said
        told = told[:-1] if last and told and last.startswith(told[-1]) and len(told) > len(said) else told
    if job.turn is not None and sum(len(tree.texts[job.owner, one]) for one in path) <= HISTORY and told != said:
        yield f"{job.id}: the model was told {told} and not {said}"
    elif told != said[len(said) - len(told) :]:
        yield f"{job.id}: the model was told {told}, which is not the end of {said}"


def _ended_after(tree: Tree, reply_id: str, job: QueuedJob) -> bool:
    """Whether a reply ended after this job was written, wherever they stand in the log."""
    ends = tree.turns[reply_id].ends
    return not ends or ends[0][1].at >= job.at
