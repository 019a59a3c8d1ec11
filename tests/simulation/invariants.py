"""What must be true at the end of every run, whatever faults there were.

The log is the record of what happened. It is read once more by a projection with no limits, and what clients received, what the store
holds and what nodes still keep in memory is compared with that.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from myna.broker.embedded.broker import EmbeddedBroker
from myna.core.log_entries import LogEntry
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.cursor import decode_cursor, tag_of
from myna.protocol.events import Position
from myna.protocol.ids import reply_id_for
from tests.fakes.memory_store import MemoryStore
from tests.simulation.clients import ConnectionLog, Tab
from tests.simulation.processes import Node, Worker
from tests.simulation.scripted_model import script


@dataclass
class Turn:
    """One reply as the log has it."""

    job: e.Job
    created: Position
    parts: list[str] = field(default_factory=list)
    ends: list[tuple[Position, e.ReplyEnd]] = field(default_factory=list)


class ReferenceLog:
    """The state that follows from the whole log."""

    def __init__(self, broker: EmbeddedBroker, epoch: str) -> None:
        self.turns: dict[str, Turn] = {}  # by reply_id
        self.frames: dict[str, list[LogEntry]] = {}  # by owner
        self.records = broker.queues.log
        self.faults: list[str] = []
        projection = Projection(epoch)
        for record in broker.queues.records(0, len(broker.queues.log)):
            folded = projection.fold(record, 0.0)
            if folded.unreadable:
                self.faults.append(f"record {record.offset} holds unreadable lines")
            for entry in folded.entries:
                self._take(entry)
        self.open = len(projection.open_replies)
        self.facts = {owner: projection.facts(owner) for owner in self.frames}

    def _take(self, entry: LogEntry) -> None:
        event = entry.event
        if entry.shown:
            self.frames.setdefault(event.owner, []).append(entry)
        if isinstance(event, e.Job):
            if event.reply_id in self.turns:
                self.faults.append(f"{event.reply_id} was begun twice")
            self.turns[event.reply_id] = Turn(event, entry.position)
        elif isinstance(event, e.ReplyDelta):
            self._take_parts(event.reply_id, [json.loads(frame) for frame in entry.frames()])
        elif isinstance(event, e.ReplyCompleted | e.ReplyFailed):
            self.turns[event.reply_id].ends.append((entry.position, event))

    def _take_parts(self, reply_id: str, frames: list[dict[str, Any]]) -> None:
        turn = self.turns[reply_id]
        if turn.ends:
            self.faults.append(f"{reply_id}: a part after the end")
        for part in frames:
            if part["index"] != len(turn.parts):
                self.faults.append(f"{reply_id}: part {part['index']} where {len(turn.parts)} was due")
            turn.parts.append(part["text"])


def turn_faults(log: ReferenceLog, broker: EmbeddedBroker) -> Iterator[str]:
    """Each reply ends once, and has the text of an undisturbed run."""
    parked = [body.body for body in broker.queues.dead_letters.values()]
    for reply_id, turn in log.turns.items():
        if len(turn.ends) != 1:
            yield f"{reply_id} has {len(turn.ends)} ends"
            continue
        _, end = turn.ends[0]
        parts, refused = script(turn.job.id)
        if turn.parts != parts[: len(turn.parts)]:
            yield f"{reply_id}: the text is not the model's"
        if isinstance(end, e.ReplyCompleted):
            if end.text != "".join(turn.parts) or end.parts != len(turn.parts):
                yield f"{reply_id}: the whole text is not the sum of its {len(turn.parts)} parts"
            if end.finish_reason == "stop" and (refused or turn.parts != parts):
                yield f"{reply_id} was completed with {len(turn.parts)} of {len(parts)} parts"
        elif end.code == "delivery_limit":
            if not any(reply_id.encode() in body for body in parked):
                yield f"{reply_id} failed as tried too often, and is not among the dead letters"
        elif end.code not in ("refused", "conversation_deleted"):
            yield f"{reply_id} failed: {end.code}"
        elif end.code == "refused" and not (refused and turn.parts == parts):
            yield f"{reply_id} failed early: {end.code}"


def delivery_faults(log: ReferenceLog, tabs: Sequence[Tab]) -> Iterator[str]:
    """What was accepted is answered; what was neither accepted nor refused for good must still be answered."""
    for tab in tabs:
        yield from tab.faults
        owner = tab.owner.session.owner
        for sent in tab.sent.values():
            turn = log.turns.get(reply_id_for(owner, sent.id))
            if sent.accepted and turn is None:
                yield f"{tab.name}: {sent.id} was accepted and never begun"
            if turn is not None and turn.job.owner != owner:
                yield f"{sent.id} belongs to somebody else"
        yield from (f"{tab.name}: {sent_id} got no answer" for sent_id in tab.outbox)
        for connection in tab.connections:
            for sent_id in {
                one for one in connection.accepted if connection.accepted.count(one) > [s.id for s in connection.sent].count(one)
            }:
                yield f"{tab.name}: {sent_id} was accepted more often than sent, on one socket"


def order_faults(log: ReferenceLog, tabs: Sequence[Tab]) -> Iterator[str]:
    """What one socket sends to one conversation is answered in order, one at a time.

    What was sent to two nodes, because the first went away with it, stays in order; but while one node lags, the other
    may begin the next one early: neither can know what the other has received.
    """
    for tab in tabs:
        attempts = Counter(reply_id_for(tab.owner.session.owner, sent.id) for connection in tab.connections for sent in connection.sent)
        for connection in tab.connections:
            queues: dict[str, list[Turn]] = {}
            for sent in connection.sent:
                turn = log.turns.get(reply_id_for(tab.owner.session.owner, sent.id))
                if (
                    sent.id in connection.accepted
                    and not sent.refused
                    and turn is not None
                    and turn not in queues.get(sent.conversation_id, ())
                ):
                    queues.setdefault(sent.conversation_id, []).append(turn)
            for queue in queues.values():
                yield from (f"{tab.name} on {connection.node}: {fault}" for fault in _queue_faults(queue, attempts))


def _queue_faults(queue: list[Turn], attempts: Counter[str]) -> Iterator[str]:
    for before, after in pairwise(queue):
        if not before.ends or not after.ends or after.ends[0][0].offset == after.created.offset:
            continue  # stopped while it waited: it was never queued
        if before.created > after.created:
            yield f"{after.job.id} at {after.created} overtook {before.job.id} at {before.created}"
        elif before.ends[0][0] > after.created and attempts[after.job.reply_id] == 1:
            yield f"{after.job.id} at {after.created} did not wait for {before.job.id} to end at {before.ends[0][0]}"


def received_faults(log: ReferenceLog, tabs: Sequence[Tab]) -> Iterator[str]:
    """Every connection received exactly its owner's events, in the log's order, from its cursor on."""
    for tab in tabs:
        owner = tab.owner.session.owner
        for number, connection in enumerate(tab.connections):
            if not connection.welcome:
                if connection.frames:
                    yield f"{tab.name} got events before its welcome"
                continue
            whole = number == len(tab.connections) - 1
            yield from (f"{tab.name} on {connection.node}: {fault}" for fault in _connection_faults(log, owner, connection, whole=whole))


def _connection_faults(log: ReferenceLog, owner: str, connection: ConnectionLog, *, whole: bool) -> Iterator[str]:
    begin = connection.after if connection.welcome["resumed"] else connection.welcome["cursor"]
    position = decode_cursor(begin, tag_of(owner, connection.welcome["epoch"]))
    if position is None:
        yield f"its cursor {begin} is none of its own"
        return
    due = [frame for entry in log.frames.get(owner, ()) for frame in entry.frames(position)]
    for number, (got, wanted) in enumerate(zip(connection.frames, due, strict=False)):
        if got != wanted:
            yield f"after {begin} (resumed: {connection.welcome['resumed']}) event {number} was {got[:160]!r} and not {wanted[:160]!r}"
            return
    if len(connection.frames) > len(due) or (whole and len(connection.frames) < len(due)):
        yield f"after {begin} it saw {len(connection.frames)} events of {len(due)}"


def store_faults(log: ReferenceLog, store: MemoryStore) -> Iterator[str]:
    """The rows are what the log says, no more and no less."""
    deleted = {
        (event["owner"], event["conversation_id"])
        for record in log.records
        for event in map(json.loads, record.body.split(b"\n"))
        if event["type"] == "conversation.deleted"
    }
    rows = store.stored
    for turn in log.turns.values():
        job = turn.job
        gone = (job.owner, job.conversation_id) in deleted
        message, reply = rows.get((job.owner, job.message_id)), rows.get((job.owner, job.reply_id))
        if gone:
            if message or reply:
                yield f"{job.id} is stored though its conversation is gone"
            continue
        if message is None or message.text != job.text:
            yield f"{job.message_id} is not stored as it was said"
        if reply is None or not turn.ends:
            yield f"{job.reply_id} is not stored"
        elif isinstance(end := turn.ends[0][1], e.ReplyCompleted) and (reply.text, reply.finish_reason) != (end.text, end.finish_reason):
            yield f"{job.reply_id} is stored as something else"
    if store.refused:
        yield f"{len(store.refused)} facts were refused"
    messages = {(turn.job.owner, turn.job.message_id) for turn in log.turns.values()}
    replies = {(turn.job.owner, turn.job.reply_id) for turn in log.turns.values()}
    if stray := rows.keys() - messages - replies:
        yield f"{len(stray)} rows come from nowhere"


def leftover_faults(
    log: ReferenceLog, broker: EmbeddedBroker, nodes: Sequence[Node], workers: Sequence[Worker], tabs: Sequence[Tab]
) -> Iterator[str]:
    """Nothing is left over: no open turn, no waiting one, no unacknowledged delivery."""
    if log.open:
        yield f"{log.open} replies are open"
    if broker.queues.ready or broker.queues.unacked:
        yield f"the queue holds {broker.queues.ready} + {len(broker.queues.unacked)} in hand"
    for worker in workers:
        if worker.responder.open:
            yield f"{worker.name} still answers {worker.responder.open}"
    for node in nodes:
        submissions, projection = node.services.submissions, node.services.projection
        left = {
            "sockets too many": node.services.hub.count - sum(tab.node is node for tab in tabs),
            "open turns": submissions.turns.open_count,
            "waiting turns": submissions.turns.waiting_count,
            "open replies": len(projection.open_replies),
            "asks": len(submissions._underway),
            "unseen": len(submissions.unseen),
            "pending facts": projection.pending,
        }
        yield from (f"{node.name} has {count} {what} left" for what, count in left.items() if count)


def broken_invariants(
    log: ReferenceLog, broker: EmbeddedBroker, store: MemoryStore, nodes: Sequence[Node], workers: Sequence[Worker], tabs: Sequence[Tab]
) -> list[str]:
    """One sentence for each invariant that does not hold."""
    return [
        *log.faults,
        *turn_faults(log, broker),
        *delivery_faults(log, tabs),
        *order_faults(log, tabs),
        *received_faults(log, tabs),
        *store_faults(log, store),
        *leftover_faults(log, broker, nodes, workers, tabs),
    ]
