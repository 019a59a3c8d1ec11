"""What a client has sent and is not done with: what to repeat after a reconnect, what is still to be answered. No I/O, no clock."""

from collections.abc import Iterable

from myna.client.events import Frame

RETRY_AFTER_S = 1.0  # where a refusal names no time
FOR_NOW = ("busy", "rate_limited", "unavailable")  # codes of refusals that pass: the same frame again, later


class Outbox:
    """Submissions (`message.send`, `reply.regenerate`) by their `id`, which is the idempotency key, in the order sent."""

    def __init__(self) -> None:
        self.unconfirmed: dict[str, Frame] = {}
        self.unanswered: dict[str, Frame] = {}  # accepted, and its reply has not ended yet
        self.state_unknown = False  # replies may have ended unseen: read them over HTTP, then call `state_read`
        self._retry_at: dict[str, float] = {}
        self._ended: set[str] = set()  # replies that ended before their acceptance was seen

    def sent(self, frame: Frame) -> None:
        """A submission goes out for the first time."""
        self.unconfirmed[frame["id"]] = frame

    def welcomed(self, welcome: Frame) -> list[Frame]:
        """A connection begins: what to send again at once, in this order."""
        self.state_unknown = self.state_unknown or (not welcome["resumed"] and bool(self.unanswered))
        self._retry_at.clear()
        return list(self.unconfirmed.values())

    def accepted(self, frame: Frame) -> None:
        """`message.accepted` arrived."""
        submission = self.unconfirmed.pop(frame["id"], None)
        if submission is None:
            return
        if frame["id"] in self._ended:
            self._ended.discard(frame["id"])
            return
        self.unanswered[frame["id"]] = submission
        # What was accepted before may have been answered before, on a log that is gone: nobody says it again.
        self.state_unknown = self.state_unknown or bool(frame["duplicate"])

    def refused(self, frame: Frame, now: float) -> bool:
        """An `error` with a `ref` arrived: whether it is only for now, and the frame will be due again."""
        if frame["ref"] not in self.unconfirmed:
            return False
        if frame["code"] in FOR_NOW:
            self._retry_at[frame["ref"]] = now + (frame.get("retry_after_s") or RETRY_AFTER_S)
            return True
        del self.unconfirmed[frame["ref"]]
        return False

    def answered(self, submission_id: str) -> None:
        """Its reply has ended."""
        if submission_id in self.unconfirmed:
            self._ended.add(submission_id)
        self.unanswered.pop(submission_id, None)

    def state_read(self, ended: Iterable[str]) -> None:
        """The state was read: these submissions have a reply that ended."""
        for submission_id in list(ended):
            self.answered(submission_id)
        self.state_unknown = False

    def wait_s(self, now: float) -> float | None:
        """Seconds until something is due; None: nothing will be."""
        return max(0.0, min(self._retry_at.values()) - now) if self._retry_at else None

    def due(self, now: float) -> list[Frame]:
        """What was refused for a time that is over: send it again."""
        over = [submission_id for submission_id, at in self._retry_at.items() if at <= now]
        for submission_id in over:
            del self._retry_at[submission_id]
        return [self.unconfirmed[submission_id] for submission_id in over if submission_id in self.unconfirmed]
