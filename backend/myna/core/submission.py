"""Words: one message on its way to being accepted, and what its sender may hear. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import ChatError, Conflict, NotFound
from myna.protocol.field_types import Options
from myna.protocol.frames import MessageAccepted
from myna.protocol.session import Session
from myna.protocol.topology import RoutingKey
from myna.store.port import IdempotencyKey

Answer = Callable[[MessageAccepted | ChatError], None]


@dataclass(eq=False, slots=True)
class Ask:
    """One message (or one more reply) on its way to being accepted."""

    session: Session
    conversation_id: str
    id: str
    reply_id: str
    text: str | None  # None: of a reply to a message whose text is still to be looked up
    message_id: str | None  # of one more reply; None: a new message
    options: Options | None
    answers: list[Answer]
    present: Callable[[], bool]  # whether the sender is still there to repeat it
    deadline: float = 0.0
    line: bytes = field(default=b"", repr=False)
    stopped: bool = False  # while it waited: it keeps its place and never becomes work

    @property
    def conversation(self) -> tuple[str, str]:
        return self.session.owner, self.conversation_id

    @property
    def key(self) -> tuple[str, str]:
        return self.session.owner, self.id

    def same_as(self, other: "Ask") -> bool:
        """Whether both ask for the same thing (a regenerate's text is looked up, so it does not count)."""
        return (self.conversation_id, self.message_id) == (other.conversation_id, other.message_id) and (
            self.message_id is not None or self.text == other.text
        )

    def is_about(self, conversation: tuple[str, str], message_id: str) -> bool:
        """Whether a stop of this message means this one."""
        return self.conversation == conversation and message_id in (self.id, self.message_id)

    def order(self) -> tuple[RoutingKey, list[bytes]]:
        """What is published, and where to. Of a stopped one the log gets the message and its stop in one record, and nobody works on it."""
        return (RoutingKey.EVENT, [self.line, e.encode(stop_event(self))]) if self.stopped else (RoutingKey.MESSAGE, [self.line])

    def job(self) -> e.Job:
        """The work order, stamped with this moment. Everything in it was validated at the edge."""
        owner, at, text = self.session.owner, timestamps.now(), self.text or ""
        options = self.options.ordered() if self.options is not None else None
        if self.message_id is None:
            return e.MessageCreated(
                owner=owner, reply_id=self.reply_id, options=options, at=at,
                conversation_id=self.conversation_id, id=self.id, text=text,
            )  # fmt: skip
        return e.ReplyRequested(
            owner=owner, reply_id=self.reply_id, options=options, at=at,
            conversation_id=self.conversation_id, id=self.id, message_id=self.message_id, text=text,
        )  # fmt: skip


def accepted(ask: Ask, *, duplicate: bool) -> MessageAccepted:
    return MessageAccepted(id=ask.id, conversation_id=ask.conversation_id, duplicate=duplicate)


def as_duplicate(result: MessageAccepted | ChatError) -> MessageAccepted | ChatError:
    return msgspec.structs.replace(result, duplicate=True) if isinstance(result, MessageAccepted) else result


def conflict(ask: Ask) -> Conflict:
    return Conflict("This id was used before for something else; give each message an id of its own.", ref=ask.id)


def not_found(ask: Ask) -> NotFound:
    what = "conversation" if ask.message_id is None else "message in this conversation"
    return NotFound(f"There is no such {what} (any more).", ref=ask.id)


def store_key(ask: Ask) -> IdempotencyKey:
    return IdempotencyKey(ask.session.owner, ask.conversation_id, ask.message_id or ask.id, ask.reply_id)


def stop_event(order: Ask | e.Job) -> e.StopRequested:
    owner = order.session.owner if isinstance(order, Ask) else order.owner
    message_id = order.message_id or order.id
    return e.StopRequested(
        owner=owner, at=timestamps.now(), conversation_id=order.conversation_id, reply_id=order.reply_id, message_id=message_id
    )  # fmt: skip
