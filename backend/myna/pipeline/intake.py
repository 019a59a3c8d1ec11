"""Route: takes messages in — knows a repeated one, keeps the order of a conversation, publishes, answers the sender.

One way in for sockets, HTTP and the OpenAI dialect. It never reads a socket and never writes the database.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from myna.broker.port import Broker
from myna.core.idempotency import judged_by_rows, judged_by_window
from myna.core.projection import FoldResult, Projection
from myna.core.submission import Answer, Ask, accepted, as_duplicate, conflict, not_found, stop_event, store_key
from myna.core.turn_queue import TooManyWaiting, Turns
from myna.pipeline.failpoints import failpoint
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import Behind, Busy, ChatError, NotFound, StoreUnavailable
from myna.protocol.frames import MessageAccepted, MessageSend, ReplyRegenerate
from myna.protocol.ids import reply_id_for
from myna.protocol.session import Session
from myna.protocol.topology import RoutingKey
from myna.store.port import IdempotencyKey, Known, Store

log = structlog.get_logger()

ACCEPT_S = 5.0  # how long a message may wait for the broker's confirm, retries included, before its sender hears `busy`
RETRY_S = 0.25  # between two tries to publish; a confirm takes about 1 ms, a broker restart seconds
LAST_S = 1.0  # of the time that a drain may take, kept for publishing what still waits
UNSEEN_S = 5.0  # accepted, yet not in the log: published again (the log was being replaced just then)


class Intake:
    """Accepts messages, one open turn per conversation."""

    def __init__(self, broker: Broker, store: Store, projection: Projection) -> None:
        self.turns: Turns[Ask] = Turns()
        self.draining = False
        self._broker = broker
        self._store = store
        self._projection = projection
        self._asks: dict[tuple[str, str], Ask] = {}
        self._unseen: dict[str, tuple[Ask, float]] = {}
        self._lookups: list[Ask] = []
        self._looking: asyncio.Task[None] | None = None

    # --- asking ---

    def send(self, session: Session, frame: MessageSend, answer: Answer, present: Callable[[], bool]) -> None:
        """Take a message; `answer` is called once, now or later, with its acceptance or refusal."""
        reply_id = reply_id_for(session.owner, frame.id)
        self._offer(Ask(session, frame.conversation_id, frame.id, reply_id, frame.text, None, frame.options, [answer], present))

    def regenerate(self, session: Session, frame: ReplyRegenerate, answer: Answer, present: Callable[[], bool]) -> None:
        """Take the wish for one more reply; answered like a message."""
        reply_id = reply_id_for(session.owner, frame.id)
        self._offer(Ask(session, frame.conversation_id, frame.id, reply_id, None, frame.message_id, frame.options, [answer], present))

    def _offer(self, ask: Ask) -> None:
        underway = self._asks.get(ask.key)
        if underway is not None:
            if underway.same_as(ask):
                underway.answers.append(lambda result, answer=ask.answers[0]: answer(as_duplicate(result)))  # type: ignore[misc]
            else:
                self._settle(ask, conflict(ask))
            return
        result = judged_by_window(ask, self._projection.window.of(ask.session.owner)) or self._refusal(ask)
        if result is None:
            try:
                go = self.turns.offer(ask.conversation, ask.reply_id, ask)
            except TooManyWaiting:
                detail = f"{e.WAITING_LIMIT} messages wait in this conversation already; send this one again later."
                result = Busy(detail, ref=ask.id, retry_after_s=2)
        if result is not None:
            self._settle(ask, result)
            return
        self._asks[ask.key] = ask
        if go:
            self._open(ask)

    def _refusal(self, ask: Ask) -> ChatError | None:
        if self.draining:
            return Busy("This node is about to restart; reconnect and send it again.", ref=ask.id, retry_after_s=1)
        if self._projection.behind:
            return Busy("Too much waits to be stored; send it again later.", ref=ask.id, retry_after_s=10)
        return None

    # --- opening a turn ---

    def _open(self, ask: Ask) -> None:
        self.turns.opened(ask.conversation, ask.reply_id)
        # While it waited, another node may have taken it, or its conversation may have gone.
        result = judged_by_window(ask, self._projection.window.of(ask.session.owner))
        if result is None and not self._projection.window.holds_all_of(ask.session.born_ms):
            self._lookups.append(ask)
            if self._looking is None:
                self._looking = asyncio.create_task(self._look_up(), name="intake look-ups")
            return
        self._judged(ask, result or (not_found(ask) if ask.text is None else None))

    def _judged(self, ask: Ask, result: MessageAccepted | ChatError | None) -> None:
        if result is None:
            self._first_publish(ask)
        else:
            self._refuse(ask, result)

    async def _look_up(self) -> None:
        # What waits while one look-up is under way goes together in the next: one round trip serves all.
        try:
            while self._lookups:
                asks, self._lookups = self._lookups, []
                for ask, known in zip(asks, await self._known(asks), strict=True):
                    self._judged(ask, judged_by_rows(ask, known))
        finally:
            self._looking = None

    async def _known(self, asks: Sequence[Ask]) -> Sequence[Known | None]:
        try:
            return await self._store.known([store_key(ask) for ask in asks])
        except StoreUnavailable:
            return [None] * len(asks)

    def _first_publish(self, ask: Ask) -> None:
        ask.line = e.encode(ask.job())
        ask.deadline = asyncio.get_running_loop().time() + ACCEPT_S
        self._publish(ask)

    def _publish(self, ask: Ask) -> None:
        self._broker.submit(*ask.order()).add_done_callback(partial(self._published, ask))

    def _published(self, ask: Ask, done: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        if done.cancelled() or done.exception() is not None:
            # A publish that failed may still arrive: it is repeated as it is, and the log drops what comes twice.
            if loop.time() < ask.deadline:
                loop.call_later(RETRY_S, self._publish, ask)
            else:
                self._give_up(ask)
            return
        failpoint("accepted.confirmed")
        self._accept(ask)

    def _give_up(self, ask: Ask) -> None:
        # With all that waits behind it: it may still arrive, or be sent again, and nothing is to overtake it then.
        behind = [one for one in self.turns.waiting(ask.conversation) if self.turns.withdraw(ask.conversation, one)]
        for one in (ask, *behind):
            detail = "The broker can't take messages now; send it again under the same id."
            self._settle(one, Busy(detail, ref=one.id, retry_after_s=2))
        self._close(ask.conversation, ask.reply_id)

    def _accept(self, ask: Ask) -> None:
        window = self._projection.window.of(ask.session.owner)
        if window is None or ask.id not in window.keys:
            self._unseen[ask.reply_id] = (ask, asyncio.get_running_loop().time())
        self._settle(ask, accepted(ask, duplicate=False))

    def _settle(self, ask: Ask, result: MessageAccepted | ChatError) -> None:
        if self._asks.get(ask.key) is ask:
            del self._asks[ask.key]
        for answer in ask.answers:
            answer(result)

    def _refuse(self, ask: Ask, result: MessageAccepted | ChatError) -> None:
        # The turn was opened and nothing comes of it: the next one's.
        self._settle(ask, result)
        if ask.reply_id not in self._projection.open:  # else another node has it answered, and the next one waits for that
            self._close(ask.conversation, ask.reply_id)

    def _close(self, conversation: tuple[str, str], reply_id: str) -> None:
        following = self.turns.close(conversation, reply_id)
        if following is not None:
            self._open(following)

    # --- stopping, deleting ---

    async def stop(self, owner: str, conversation_id: str, message_id: str) -> None:
        """Stop the reply to a message. Raises `NotFound` where there is no such message, `Busy` when the broker is away."""
        conversation = owner, conversation_id
        underway = [ask for ask in self._asks.values() if ask.is_about(conversation, message_id)]
        waiting = [ask for ask in self.turns.waiting(conversation) if ask in underway]
        running = self._running(conversation, message_id)
        if waiting and len(waiting) == len(underway) and not running:
            await self._stop_waiting(waiting[0])
            return
        for ask in underway:
            if ask not in waiting:
                await answered(ask)  # its publish is under way; the stop must stand behind it in the log
                running.append(ask)
        if running:
            await self.publish(RoutingKey.STOP, [e.encode(stop_event(order)) for order in running])
        else:
            await self._must_exist(owner, conversation_id, message_id)

    def _running(self, conversation: tuple[str, str], message_id: str) -> list[Ask | e.Job]:
        """What is accepted and not ended of the replies to this message, whether this node has read of it yet or not."""
        unseen = [ask for ask, _ in self._unseen.values() if ask.is_about(conversation, message_id)]
        return [*(reply.job for reply in self._projection.open.of(*conversation) if reply.job.message_id == message_id), *unseen]

    async def _stop_waiting(self, ask: Ask) -> None:
        # It keeps its place: who waits before it is answered first, who waits behind it waits for its end. The first goes at once.
        ask.stopped = True
        if self.turns.waiting(ask.conversation)[0] is ask and self.turns.withdraw(ask.conversation, ask):
            settled = answered(ask)
            self._open(ask)
            await settled

    async def _must_exist(self, owner: str, conversation_id: str, message_id: str) -> None:
        window = self._projection.window.of(owner)
        message = window.keys.get(message_id) if window is not None else None
        if isinstance(message, e.MessageCreated) and message.conversation_id == conversation_id:
            return
        try:
            (known,) = await self._store.known([IdempotencyKey(owner, conversation_id, message_id, reply_id_for(owner, message_id))])
        except StoreUnavailable:
            raise Behind("The database is away; this message can't be looked up now.", ref=message_id, retry_after_s=5) from None
        if known.message is None or known.message.conversation_id != conversation_id:
            raise NotFound("There is no such message in this conversation.", ref=message_id)

    async def delete(self, owner: str, conversation_id: str) -> None:
        """Delete a conversation: what waits is refused, what runs is stopped, then the log says it is gone."""
        for ask in self.turns.waiting((owner, conversation_id)):
            if self.turns.withdraw(ask.conversation, ask):
                self._settle(ask, not_found(ask))
        events: list[e.Event] = [stop_event(reply.job) for reply in self._projection.open.of(owner, conversation_id)]
        events.append(e.ConversationDeleted(owner=owner, at=timestamps.now(), conversation_id=conversation_id))
        await self.publish(RoutingKey.STOP, [e.encode(event) for event in events])

    async def publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        """Put events into the log and wait for the confirm. Raises `Busy` when the broker can't take them."""
        done, _ = await asyncio.wait([self._broker.submit(key, lines)], timeout=ACCEPT_S)
        if not done or next(iter(done)).exception() is not None:
            raise Busy("The broker can't take this now; try again.", retry_after_s=2)

    # --- what the log shows ---

    def observe(self, folded: FoldResult) -> None:
        """The relay has folded one more record: turns open and close by what the log says."""
        for entry in folded.entries:
            event = entry.event
            if isinstance(event, e.Job):
                self._unseen.pop(event.reply_id, None)
                self.turns.opened((event.owner, event.conversation_id), event.reply_id)
            elif isinstance(event, e.ReplyEnd):
                self._close((event.owner, event.conversation_id), event.reply_id)
        for job in folded.dropped:
            self._unseen.pop(job.reply_id, None)
            if job.reply_id not in self._projection.open:
                self._close((job.owner, job.conversation_id), job.reply_id)
        for job in folded.torn:
            # Parts went with a replaced log, and whoever made them is done: it has to be made again.
            log.warning("intake.torn_reply", reply_id=job.reply_id)
            self._broker.submit(RoutingKey.WORK, [e.encode(job)])

    def repeat_unseen(self, before: float | None = None) -> None:
        """Publish messages again that were accepted before then (by the loop's clock) and never came back by the log.

        The relay says so: each second for those of `UNSEEN_S` ago, and for all when it has just read the log up to its end.
        As work too: an answer that came before its message stood in the log counts for nobody.
        """
        now = asyncio.get_running_loop().time()
        for reply_id, (ask, since) in list(self._unseen.items()):
            if since < (now - UNSEEN_S if before is None else before):
                log.warning("intake.repeat_unseen", reply_id=reply_id)
                self._unseen[reply_id] = (ask, now)
                self._broker.submit(*ask.order())

    async def drain(self) -> None:
        """Take nothing more; publish what waits of senders who have left (the others repeat theirs on another node), or is stopped."""
        self.draining = True
        loop = asyncio.get_running_loop()
        end = loop.time() + ACCEPT_S
        orphans = [ask for _, ask in self.turns.all_waiting() if ask.stopped or not ask.present()]
        # Each in its turn while there is time: published together they would be answered in any order.
        if orphans:
            await asyncio.wait([answered(ask) for ask in orphans], timeout=ACCEPT_S - LAST_S)
        for ask in orphans:
            if self.turns.withdraw(ask.conversation, ask):
                self._open(ask)
        underway = [answered(ask) for ask in self._asks.values() if ask.line or ask in orphans]
        if underway:
            await asyncio.wait(underway, timeout=max(0.0, end - loop.time()))


def answered(ask: Ask) -> "asyncio.Future[None]":
    """Done as soon as the sender has been answered."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    ask.answers.append(lambda _: None if done.done() else done.set_result(None))
    return done
