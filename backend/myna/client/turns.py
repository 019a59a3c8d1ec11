"""The open turns of a chat: which frames concern which, and which of them have ended. Pure: no I/O, no clock."""

from typing import Any

from myna.client.errors import ClientError, Refused
from myna.client.events import Frame, ReplyCompleted, ReplyEvent, ReplyFailure
from myna.client.outbox import Outbox
from myna.client.turn import Turn
from myna.protocol.ids import reply_id_for


class Turns:
    """Turns from their sending to the end of their replies, in the order sent; the outbox knows what to repeat of them."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self._open: dict[str, Turn] = {}

    def add(self, turn: Turn, frame: Frame) -> None:
        """A turn begins with this frame."""
        self._open[turn.id] = turn
        self.outbox.sent(frame)

    def accepted(self, frame: Frame) -> None:
        """`message.accepted` arrived."""
        self.outbox.accepted(frame)
        if turn := self._open.get(frame["id"]):
            turn.accept()
            if turn.ended:
                del self._open[turn.id]

    def refused(self, frame: Frame, now: float) -> None:
        """An `error` with a `ref` arrived."""
        turn = self._open.get(frame["ref"])
        if not self.outbox.refused(frame, now) and turn is not None:
            turn.fail(Refused(frame["code"], frame["detail"], retry_after_s=frame.get("retry_after_s")))
            self._close(turn)

    def process(self, event: ReplyEvent) -> None:
        """An event of a reply arrived, of one of these or of another connection's."""
        turn = self._turn_of(event)
        if turn is not None:
            turn.process(event)
            if isinstance(event, ReplyCompleted | ReplyFailure):
                self._close(turn)

    def deleted(self, conversation_id: str) -> None:
        """A conversation was deleted: nothing more comes of its turns."""
        for turn in [turn for turn in self._open.values() if turn.conversation_id == conversation_id]:
            turn.fail(Refused("not_found", "The conversation was deleted."))
            self._close(turn)

    def unanswered_in(self) -> set[str]:
        """The conversations of which an answer is still to come."""
        return {frame["conversation_id"] for frame in self.outbox.unanswered.values()}

    def read(self, owner: str, items: list[dict[str, Any]]) -> None:
        """Take in the replies among the items of a conversation, as HTTP gives them."""
        replies = {item["id"]: item for item in items if item["role"] == "assistant"}
        for turn in [self._open[id_] for id_ in self.outbox.unanswered]:
            if item := replies.get(turn.reply_id or reply_id_for(owner, turn.id)):
                turn.read(item)
                if turn.ended:
                    self._close(turn)

    def fail(self, error: ClientError) -> None:
        """The chat has ended."""
        for turn in self._open.values():
            turn.fail(error)

    def _turn_of(self, event: ReplyEvent) -> Turn | None:
        """The first turn with the same message that has no reply yet; once one was chosen, the same for all events of the reply."""
        turns = [turn for turn in self._open.values() if turn.message_id == event.message_id and not turn.ended]
        known = (turn for turn in turns if turn.reply_id == event.reply_id)
        return next(known, next((turn for turn in turns if turn.reply_id is None), None))

    def _close(self, turn: Turn) -> None:
        if turn.id not in self.outbox.unconfirmed:  # else its acceptance is still to come
            del self._open[turn.id]
        self.outbox.answered(turn.id)
