"""Accepts messages: recognises repeated ids, keeps the order of each conversation, publishes, and answers the sender.

The one way in for sockets, HTTP and `/v1`. `submit` decides what it can at once; a task for each submission does the
rest in one go: check the id, wait for the turn, publish, answer.
"""

import asyncio
from collections.abc import Callable
from itertools import takewhile

import msgspec
import structlog

from myna.broker.port import Broker
from myna.core.fold_rules import FoldResult
from myna.core.idempotency import New, Request, decide_by_projection, decide_by_rows, message_text
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.core.turn_queue import Conversation, TooManyWaiting, TurnQueue
from myna.mock_ai.port import Brain
from myna.pipeline.failpoints import failpoint
from myna.pipeline.id_lookup import IdLookup
from myna.pipeline.message_paths import MessagePaths
from myna.pipeline.submission import OnResult, Stage, Submission, request_of
from myna.pipeline.unseen_submissions import UnseenSubmissions
from myna.protocol.errors import BrokerUnavailable, Busy, ChatError
from myna.protocol.event_fields import WAITING_LIMIT
from myna.protocol.frames import MessageAccepted, MessageSend, ReplyRegenerate
from myna.protocol.ids import reply_id_for
from myna.protocol.session import Session
from myna.protocol.topology import RoutingKey
from myna.store.port import Store

log = structlog.get_logger()

ACCEPT_S = 5.0  # how long a message may wait for the broker's confirm, retries included, before its sender is told `busy`
RETRY_S = 0.25  # between two tries to publish; a confirm takes about 1 ms, a broker restart seconds
LAST_S = 1.0  # of the time that a drain may take, kept for publishing what still waits


class Submissions(LogObserver):
    """Every submission under way on this node, and one open turn per conversation."""

    def __init__(self, broker: Broker, store: Store, projection: Projection, brain: Brain) -> None:
        self.turns: TurnQueue[Submission] = TurnQueue()
        self.unseen = UnseenSubmissions(broker)
        self.draining = False
        self._broker = broker
        self._projection = projection
        self._id_lookup = IdLookup(store)
        self._paths = MessagePaths(store, projection, brain)
        self._underway: dict[tuple[str, str], Submission] = {}  # by owner and idempotency key

    # --- from the frame to `accepted` ---

    def submit(self, session: Session, frame: MessageSend | ReplyRegenerate, on_result: OnResult, connected: Callable[[], bool]) -> None:
        """Take a message or a request for one more reply.

        `on_result` is called once, now or later, with the acceptance or the refusal; `connected` says whether the sender
        is still there to send it again.
        """
        request = request_of(session.owner, frame)
        same_key = self._underway.get((request.owner, request.id))
        if same_key is not None:
            self._join(same_key, request, on_result)
            return
        if request.text is None:
            request = msgspec.structs.replace(request, text=self._text_underway(request) or message_text(request, self._projection))
        decision = decide_by_projection(request, self._projection, complete=self._projection.holds_all_of(session.born_ms))
        if decision is not None and not isinstance(decision, New):
            on_result(decision)
            return
        reply_id = reply_id_for(request.owner, request.id)
        submission = Submission(request, reply_id, frame.options, [on_result], connected, session.born_ms, decision)
        refusal = self._refusal(request) or self._take_place(submission)
        if refusal is not None:
            on_result(refusal)
            return
        self._underway[request.owner, request.id] = submission
        submission.task = asyncio.create_task(self._process(submission))

    def _join(self, underway: Submission, request: Request, on_result: OnResult) -> None:
        if underway.request.repeats(request):
            underway.on_result.append(
                lambda result: on_result(result if isinstance(result, ChatError) else request.accepted(duplicate=True))
            )
        else:
            on_result(request.conflict())

    def _text_underway(self, request: Request) -> str | None:
        """The text of a message that was sent just before the request for another reply to it."""
        owner, message_id = request.owner, request.message_id or ""
        message = self._underway.get((owner, message_id)) or self.unseen.message(owner, message_id)
        if message is None or message.request.message_id is not None or message.request.conversation_id != request.conversation_id:
            return None
        return message.request.text

    def _refusal(self, request: Request) -> ChatError | None:
        if self.draining:
            return Busy("This node is about to restart; reconnect and send it again.", ref=request.id, retry_after_s=1)
        if self._projection.behind:
            return Busy("Too much waits to be stored; send it again later.", ref=request.id, retry_after_s=10)
        return None

    def _take_place(self, submission: Submission) -> ChatError | None:
        """Open the conversation's turn, or wait in line for it."""
        try:
            if not self.turns.enter(submission.conversation, submission.reply_id, submission):
                submission.turn = asyncio.get_running_loop().create_future()
        except TooManyWaiting:
            detail = f"{WAITING_LIMIT} messages wait in this conversation already; send this one again later."
            return Busy(detail, ref=submission.request.id, retry_after_s=2)
        return None

    async def _process(self, submission: Submission) -> None:
        try:
            result = await self._accept(submission)
        except ChatError as refusal:
            result = refusal
        except Exception:
            log.exception("submission.failed", message_id=submission.request.id)
            result = Busy("Something went wrong here; send it again under the same id.", ref=submission.request.id, retry_after_s=1)
        self._finish(submission, result)

    async def _accept(self, submission: Submission) -> MessageAccepted | ChatError:
        """The way of one submission; raises the `ChatError` that it is refused with."""
        decision = submission.decision or decide_by_rows(submission.request, await self._id_lookup.find(submission.key))
        if not isinstance(decision, New):
            return decision
        if submission.request.text is None:
            submission.set_text(decision.text)
        if submission.turn is not None:
            submission.advance(Stage.WAITING)
            await submission.turn
            if self._was_deleted(submission.request):
                return submission.request.not_found()
        if submission.stopped:  # it went ahead of its turn, but not of what it may follow
            await _finished(self._ahead_of(submission), ACCEPT_S)
        submission.place = await self._paths.find(submission, self.turns.open_before(submission.conversation, submission.reply_id))
        submission.advance(Stage.PUBLISHING)
        await self._publish(submission)
        failpoint("accepted.confirmed")
        return submission.request.accepted(duplicate=False)

    def _was_deleted(self, request: Request) -> bool:
        return self._projection.is_deleted(request.owner, request.conversation_id)

    async def _publish(self, submission: Submission) -> None:
        """Publish until it is confirmed. Raises `Busy` after `ACCEPT_S`.

        A publish that failed may still arrive: it is repeated as it is, and the log's readers drop what comes twice.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ACCEPT_S
        while True:
            try:
                await self._broker.submit(*submission.publication())
                return
            except BrokerUnavailable:
                if loop.time() < deadline:
                    await asyncio.sleep(RETRY_S)
                    continue
            # With all that waits behind it: it may still arrive, or be sent again, and nothing is to overtake it then.
            for behind in self.turns.waiting(submission.conversation):
                self.refuse_waiting(behind, behind.broker_away())
            raise submission.broker_away()

    def _finish(self, submission: Submission, result: MessageAccepted | ChatError) -> None:
        published = submission.stage is Stage.PUBLISHING
        del self._underway[submission.request.owner, submission.request.id]
        if published and isinstance(result, MessageAccepted):
            if self._projection.recent_job(submission.request.owner, submission.request.id) is None:
                self.unseen.add(submission)
        elif not self.turns.withdraw(submission.conversation, submission) and submission.reply_id not in self._projection.open_replies:
            self._close(submission.conversation, submission.reply_id)  # it had its turn, and nothing comes of it
        submission.finish(result)

    # --- turns ---

    def _close(self, conversation: Conversation, reply_id: str) -> None:
        following = self.turns.close(conversation, reply_id)
        if following is not None:
            self._give_turn(following)

    def _give_turn(self, submission: Submission) -> None:
        self.turns.opened(submission.conversation, submission.reply_id)
        assert submission.turn is not None, "it waited"
        if not submission.turn.done():
            submission.turn.set_result(None)

    def refuse_waiting(self, submission: Submission, refusal: ChatError) -> None:
        """Take a submission out of the line; its sender is told why."""
        if self.turns.withdraw(submission.conversation, submission) and submission.turn is not None:
            submission.turn.set_exception(refusal)
            submission.turn.exception()  # it counts as read: a repetition found meanwhile is answered otherwise

    def skip_line(self, submission: Submission) -> None:
        """Let a stopped submission go at once, as it opens no turn."""
        if self.turns.withdraw(submission.conversation, submission):
            self._give_turn(submission)

    def _ahead_of(self, submission: Submission) -> list[Submission]:
        """The submissions under way that had their turn in the same conversation before this one."""
        before = takewhile(lambda one: one is not submission, self._underway.values())
        return [one for one in before if one.conversation == submission.conversation and one.stage is not Stage.WAITING]

    def about(self, conversation: Conversation, message_id: str) -> list[Submission]:
        """The submissions under way whose reply would be to this message."""
        return [one for one in self._underway.values() if (one.conversation, one.message_id) == (conversation, message_id)]

    # --- what the log shows ---

    def observe(self, folded: FoldResult) -> None:
        """Turns open and close by what the log says."""
        for job in folded.jobs:
            self.turns.opened((job.owner, job.conversation_id), job.reply_id)
        for end in folded.ends:
            self._close((end.owner, end.conversation_id), end.reply_id)
        for job in folded.dropped:
            if job.reply_id not in self._projection.open_replies:
                self._close((job.owner, job.conversation_id), job.reply_id)
        for reply in folded.incomplete:
            # Parts went with a replaced log, and whoever made them is done: it has to be made again.
            log.warning("reply.incomplete", reply_id=reply.job.reply_id)
            self._broker.submit(RoutingKey.WORK, [reply.line])

    # --- the end of the node ---

    async def drain(self) -> None:
        """Take nothing more, and publish what waits of senders who have left (the others send theirs again elsewhere)."""
        self.draining = True
        loop = asyncio.get_running_loop()
        end = loop.time() + ACCEPT_S
        orphans = [one for _, one in self.turns.all_waiting() if one.stopped or not one.sender_connected()]
        # Each in its turn while there is time: published together they would be answered in any order.
        await _finished(orphans, ACCEPT_S - LAST_S)
        for one in orphans:
            self.skip_line(one)
        underway = [one for one in self._underway.values() if one.stage is Stage.PUBLISHING or one in orphans]
        await _finished(underway, max(0.0, end - loop.time()))


async def _finished(submissions: list[Submission], within_s: float) -> None:
    tasks = [one.task for one in submissions if one.task is not None]
    if tasks:
        await asyncio.wait(tasks, timeout=within_s)
