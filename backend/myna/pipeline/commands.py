"""What people order besides sending messages: stop, rename, delete, import.

Each is one publish to the log (a few for an import), confirmed before the sender is told; every node then sees it at the
same place among the events.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from myna.broker.port import Broker
from myna.core.projection import Projection
from myna.pipeline.queries import Queries
from myna.pipeline.submission import Stage, Submission, stop_event
from myna.pipeline.submissions import ACCEPT_S, Submissions
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import Behind, Busy, Conflict, NotFound, StoreUnavailable
from myna.protocol.ids import reply_id_for
from myna.protocol.session import Session
from myna.protocol.topology import GROUP_LINES, RoutingKey
from myna.store.port import IdempotencyKey, Store

# Bytes of an import in one publish, one turn more or less: the confirm after each lets other publishers through.
IMPORT_BATCH_BYTES = 64 * 1024
DELETED_AT_ONCE = 50  # conversations of one owner that is forgotten


@dataclass(frozen=True, slots=True)
class ImportedTurn:
    """A message (or one more request for a reply to it) and its whole reply: published together, so that nothing stays open."""

    job: e.Job
    events: Sequence[e.Event]


class Commands:
    """The commands of one node."""

    def __init__(self, broker: Broker, store: Store, projection: Projection, queries: Queries, submissions: Submissions) -> None:
        self._broker = broker
        self._store = store
        self._projection = projection
        self._queries = queries
        self._submissions = submissions
        self._importing: set[str] = set()  # owners: one import at a time each

    async def stop(self, owner: str, conversation_id: str, message_id: str) -> None:
        """Stop the reply to a message, also while it waits. Raises `NotFound` where there is no such message, `Busy`, `Behind`."""
        conversation = owner, conversation_id
        underway = self._submissions.about(conversation, message_id)
        waiting = [one for one in self._submissions.turns.waiting(conversation) if one in underway]
        running = self._running(conversation, message_id)
        if waiting and len(waiting) == len(underway) and not running:
            await self._stop_waiting(waiting[0])
            return
        published = [one for one in underway if one not in waiting]
        if published:  # the stop must stand behind the message in the log
            await asyncio.wait([one.task for one in published if one.task is not None])
        running += [(one.reply_id, one.message_id) for one in published if one.stage is Stage.ACCEPTED]
        if running:
            await self._publish(RoutingKey.STOP, [stop_event(*conversation, *ids) for ids in dict.fromkeys(running)])
        elif not published:
            await self._must_exist(owner, conversation_id, message_id)

    def _running(self, conversation: tuple[str, str], message_id: str) -> list[tuple[str, str]]:
        """The replies to this message (id, message) that are accepted and have not ended, read in the log here or not yet."""
        open_here = [reply.job for reply in self._projection.open_in(*conversation) if reply.job.message_id == message_id]
        return [(one.reply_id, one.message_id) for one in (*open_here, *self._submissions.unseen.about(conversation, message_id))]

    async def _stop_waiting(self, submission: Submission) -> None:
        # It keeps its place: who waits before it is answered first, who waits behind it waits for its end. The first goes at once.
        submission.stopped = True
        if self._submissions.turns.waiting(submission.conversation)[0] is submission:
            self._submissions.skip_line(submission)
            assert submission.task is not None
            await asyncio.wait([submission.task])

    async def _must_exist(self, owner: str, conversation_id: str, message_id: str) -> None:
        message = self._projection.recent_job(owner, message_id)
        if isinstance(message, e.MessageCreated) and message.conversation_id == conversation_id:
            return
        try:
            key = IdempotencyKey(owner, conversation_id, message_id, reply_id_for(owner, message_id))
            (record,) = await self._store.idempotency_records([key])
        except StoreUnavailable:
            raise Behind("The database is away; this message can't be looked up now.", ref=message_id, retry_after_s=5) from None
        if record.message is None or record.message.conversation_id != conversation_id:
            raise NotFound("There is no such message in this conversation.", ref=message_id)

    async def rename(self, session: Session, conversation_id: str, title: str) -> None:
        """Give a conversation another title. Raises `NotFound`, `Behind`, `Busy`."""
        await self._queries.conversation(session, conversation_id)
        event = e.ConversationUpdated(owner=session.owner, at=timestamps.now(), conversation_id=conversation_id, title=title)
        await self._publish(RoutingKey.EVENT, [event])

    async def delete(self, session: Session, conversation_id: str) -> None:
        """Delete a conversation: what waits is refused, what runs is stopped, then the log says that it is gone.

        Raises `NotFound`, `Behind`, `Busy`.
        """
        await self._queries.conversation(session, conversation_id)
        owner = session.owner
        for submission in self._submissions.turns.waiting((owner, conversation_id)):
            self._submissions.refuse_waiting(submission, submission.request.not_found())
        running = [reply.job for reply in self._projection.open_in(owner, conversation_id)]
        stops = [stop_event(owner, conversation_id, job.reply_id, job.message_id) for job in running]
        gone = e.ConversationDeleted(owner=owner, at=timestamps.now(), conversation_id=conversation_id)
        await self._publish(RoutingKey.STOP, [*stops, gone])

    async def forget(self, session: Session) -> None:
        """Delete all conversations of an owner, then say in the log that the session has ended. Raises `Behind`, `Busy`.

        The session ends last, so that who is refused on the way can try again. What came in meanwhile is deleted after it.
        """
        await self._delete_all(session)
        await self._publish(RoutingKey.EVENT, [e.SessionEnded(owner=session.owner, at=timestamps.now())])
        await self._delete_all(session)

    async def _delete_all(self, session: Session) -> None:
        while page := (await self._queries.conversations(session, limit=DELETED_AT_ONCE, before=None, at_least=None)).items:
            ids = [conversation.id for conversation in page]
            for done in await asyncio.gather(*(self.delete(session, one) for one in ids), return_exceptions=True):
                if isinstance(done, BaseException) and not isinstance(done, NotFound):
                    raise done
            await self._queries.sees(lambda ids=ids: all(self._projection.is_deleted(session.owner, one) for one in ids))  # type: ignore[misc]

    async def import_conversation(self, session: Session, conversation_id: str, turns: Sequence[ImportedTurn]) -> None:
        """Write an exported conversation to the log, as far as it is not there yet; returns when this node has read it back.

        Raises `Conflict`, `Busy`, `Behind` or `StoreUnavailable`. What was written by then is written, and the same import
        again goes on from there.
        """
        if session.owner in self._importing or self._submissions.draining or self._projection.behind:
            raise Busy("No import can be taken now: one of yours is under way, or the node has too much to do; try again.", retry_after_s=2)
        self._importing.add(session.owner)
        try:
            known = await self._imported_before(session, conversation_id, turns[0].job)
            missing = [turn for turn in turns if turn.job.reply_id not in known]
            for events in _batches(missing):
                await self._publish(RoutingKey.EVENT, events)
            if missing:
                await self._queries.sees(lambda: self._has(session.owner, missing[-1].job.id))
        finally:
            self._importing.discard(session.owner)

    def _has(self, owner: str, key: str) -> bool:
        return self._projection.recent_job(owner, key) is not None

    async def _imported_before(self, session: Session, conversation_id: str, first: e.Job) -> set[str]:
        """The ids of what this import has written before. Raises `Conflict` where the id is another conversation's."""
        taken = Conflict("This id is another conversation's, or was; give the import a new one.")
        try:
            known = {view.id for view in await self._queries.whole_conversation(session, conversation_id)}
        except NotFound:
            if await self._was_deleted(session, conversation_id, first):
                raise taken from None
            return set()
        if first.id not in known:
            raise taken
        return known

    async def _was_deleted(self, session: Session, conversation_id: str, first: e.Job) -> bool:
        if self._projection.is_deleted(session.owner, conversation_id):
            return True
        if self._projection.holds_all_of(session.born_ms):
            return False
        (record,) = await self._store.idempotency_records([IdempotencyKey(session.owner, conversation_id, first.id, first.reply_id)])
        return record.conversation_deleted

    async def _publish(self, key: RoutingKey, events: Sequence[e.LogLine]) -> None:
        """Publish events together and wait for the confirm. Raises `Busy` when the broker can't take them."""
        done, _ = await asyncio.wait([self._broker.submit(key, [log_codec.encode(event) for event in events])], timeout=ACCEPT_S)
        if not done or next(iter(done)).exception() is not None:
            raise Busy("The broker can't take this now; try again.", retry_after_s=2)


def _batches(turns: Sequence[ImportedTurn]) -> Iterator[list[e.Event]]:
    """The events of whole turns, as many as go in one publish."""
    batch: list[e.Event] = []
    size = 0
    for turn in turns:
        batch += turn.events
        size += sum(len(log_codec.encode(event)) for event in turn.events)
        if size >= IMPORT_BATCH_BYTES or len(batch) >= GROUP_LINES // 2:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
