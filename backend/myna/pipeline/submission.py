"""One message, or one request for another reply, on its way from a client's frame to being accepted."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import msgspec

from myna.core.idempotency import Decision, Request
from myna.pipeline import steps
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import Busy, ChatError
from myna.protocol.event_fields import ParentId
from myna.protocol.field_types import Options
from myna.protocol.frames import MessageAccepted, MessageSend, ReplyRegenerate
from myna.protocol.jobs import HistoryItem, MessageJob, QueuedJob, ReplyJob
from myna.protocol.topology import RoutingKey
from myna.store.port import IdempotencyKey
from myna.telemetry import tracing

OnResult = Callable[[MessageAccepted | ChatError], None]


class Place(NamedTuple):
    """Where a message stands in its conversation's tree."""

    parent_id: ParentId = None  # unset: only the database knows the newest reply, and it is away
    turn: int | None = None  # how many messages lead here from the root, with this one; None: that can't be read now
    history: tuple[HistoryItem, ...] = ()  # what the brain is to be told of them


ROOT = Place()


class Stage(IntEnum):
    """How far a submission is. It only moves downward in this list, and may be refused from any stage before ACCEPTED."""

    CHECKING = 1  # the database is asked whether its id is new
    WAITING = 2  # for its turn: an earlier message of the conversation has no complete reply yet
    PUBLISHING = 3  # handed to the broker and not confirmed
    ACCEPTED = 4
    REFUSED = 5


STEPS = {stage: f"message.{stage.name.lower()}" for stage in Stage}  # as lines of the log name them


@dataclass(eq=False, slots=True)
class Submission:
    """What is known of a submission while it is under way."""

    request: Request
    reply_id: str
    options: Options | None
    on_result: list[OnResult]  # called once each: the sender, and whoever sent the same again meanwhile
    sender_connected: Callable[[], bool]  # a sender who has left cannot send it again elsewhere
    born_ms: int  # when its owner was created, ms since 1970
    decision: Decision | None  # about its id; None while the database is asked
    stage: Stage = Stage.CHECKING
    place: Place = ROOT  # in the conversation's tree, found when its turn has come
    stopped: bool = False  # before it was published: it keeps its place, and nobody works on it
    # From the frame to the answer to it, and inside that from the publish to its confirm; None: no traces are made.
    accepting: "tracing.Span | None" = field(default_factory=lambda: tracing.begin("accept", "SERVER"), repr=False)
    publishing: "tracing.Span | None" = field(default=None, repr=False)
    line: bytes = field(default=b"", repr=False)  # what is published, set at the first try
    turn: "asyncio.Future[None] | None" = None  # done when its turn has come; None: it had it at once
    task: "asyncio.Task[None] | None" = None  # done after the sender was answered

    @property
    def conversation(self) -> tuple[str, str]:
        """Owner and conversation."""
        return self.request.owner, self.request.conversation_id

    @property
    def key(self) -> IdempotencyKey:
        """What the database is asked about."""
        return IdempotencyKey(self.request.owner, self.request.conversation_id, self.message_id, self.reply_id)

    @property
    def message_id(self) -> str:
        """The message that the reply will be to."""
        return self.request.message_id or self.request.id

    def advance(self, stage: Stage, **why: str) -> None:
        """Go on to a later stage."""
        assert stage > self.stage, f"{self.stage!r} does not lead to {stage}"
        self.stage = stage
        if self.accepting is not None and stage is Stage.PUBLISHING:
            ids = {"message_id": self.message_id, "reply_id": self.reply_id, "conversation_id": self.request.conversation_id}
            self.accepting.set_attributes({f"myna.{name}": value for name, value in ids.items()})
            self.publishing = tracing.begin("publish", "PRODUCER", tracing.traceparent_of(self.accepting))
        if steps.are_written():
            steps.write(STEPS[stage], self.message_id, self.reply_id, self.request.conversation_id, **why)

    def finish(self, result: MessageAccepted | ChatError) -> None:
        """Answer the sender, and whoever repeated it meanwhile."""
        refusal = result.code if isinstance(result, ChatError) else None
        tracing.end(self.publishing, refusal)
        tracing.end(self.accepting, refusal)
        if isinstance(result, ChatError):
            self.advance(Stage.REFUSED, code=result.code)
        else:
            self.advance(Stage.ACCEPTED)
        for on_result in self.on_result:
            on_result(result)

    def set_text(self, text: str) -> None:
        """The text to answer, which a request for one more reply did not bring along."""
        self.request = msgspec.structs.replace(self.request, text=text)

    def broker_away(self) -> Busy:
        """The refusal where the broker did not confirm it in time."""
        return Busy("The broker can't take messages now; send it again under the same id.", ref=self.request.id, retry_after_s=2)

    def publication(self) -> tuple[RoutingKey, list[bytes]]:
        """What is published, the same at every try, and its routing key.

        Of a stopped one the log gets the message and its stop in one record, and `chat_queue` gets nothing.
        """
        if not self.line:
            self.line = log_codec.encode(self._job())
        if not self.stopped:
            return RoutingKey.MESSAGE, [self.line]
        return RoutingKey.EVENT, [self.line, log_codec.encode(stop_event(*self.conversation, self.reply_id, self.message_id))]

    def _job(self) -> QueuedJob:
        """The job for a responder, stamped with this moment. All of it was validated when the frame came in."""
        request, at, text = self.request, timestamps.now(), self.request.text or ""
        options = self.options.ordered() if self.options is not None else None
        parent_id, turn, history = self.place
        traceparent = tracing.traceparent_of(self.publishing)
        if request.message_id is None:
            return MessageJob(
                owner=request.owner, reply_id=self.reply_id, turn=turn, options=options, at=at,
                conversation_id=request.conversation_id, id=request.id, text=text, parent_id=parent_id, history=history,
                traceparent=traceparent,
            )  # fmt: skip
        return ReplyJob(
            owner=request.owner, reply_id=self.reply_id, turn=turn, options=options, at=at,
            conversation_id=request.conversation_id, id=request.id, message_id=request.message_id, text=text, history=history,
            traceparent=traceparent,
        )  # fmt: skip


def request_of(owner: str, frame: MessageSend | ReplyRegenerate) -> Request:
    """What an owner's frame asks for."""
    if isinstance(frame, MessageSend):
        return Request(owner, frame.conversation_id, frame.id, frame.text, parent_id=frame.parent)
    return Request(owner, frame.conversation_id, frame.id, None, frame.message_id)


def stop_event(owner: str, conversation_id: str, reply_id: str, message_id: str) -> e.StopRequested:
    """The event that ends a reply at its place in the log."""
    return e.StopRequested(
        owner=owner, at=timestamps.now(), conversation_id=conversation_id, reply_id=reply_id, message_id=message_id
    )  # fmt: skip
