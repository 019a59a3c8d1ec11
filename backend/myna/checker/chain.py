"""What was received without a break: nothing twice, no part missing, each text the sum of its parts."""

from collections.abc import Iterable
from typing import Any

from myna.checker.history import Frame
from myna.checker.verdict import Verdict

ENDS = ("reply.completed", "reply.failed")
EVENTS = ("message.created", "reply.", "conversation.")


def is_event(frame: Frame) -> bool:
    """Whether this frame is an event of the log."""
    return bool(frame["type"].startswith(EVENTS))


class Chain:
    """What one client received without a break: nothing twice, no part missing, the text the sum of its parts."""

    def __init__(self, name: str, verdict: Verdict) -> None:
        self._name = name
        self._verdict = verdict
        self._seen: set[tuple[Any, ...]] = set()
        self._created: set[str] = set()
        self._parts: dict[str, list[str]] = {}
        self._next: dict[str, int] = {}
        self._ended: set[str] = set()

    def begins(self, message_id: str) -> None:
        """Nothing of the reply to this message was there before: it is to be received from its first part on."""
        self._created.add(message_id)

    def walk(self, frames: Iterable[Frame]) -> None:
        """Judge frames, in order."""
        for frame in frames:
            if is_event(frame):
                self.take(frame)

    def take(self, frame: Frame) -> None:
        """Judge the next event."""
        self._once(frame)
        if frame["type"] == "message.created":
            self._created.add(frame["id"])
        elif frame["type"] == "reply.started" and frame.get("restarted"):
            self._begins_anew(frame["reply_id"])
        elif frame["type"] == "reply.delta":
            self._delta(frame)
        elif frame["type"] in ENDS:
            self._end(frame)

    def _begins_anew(self, reply: str) -> None:
        # A brain that can't continue: its parts count from 0 again.
        self._next[reply] = 0
        self._parts.pop(reply, None)
        self._seen -= {key for key in self._seen if key[:2] == ("reply.delta", reply)}

    def _once(self, frame: Frame) -> None:
        subject = frame.get("reply_id") or frame.get("id") or frame["cursor"]
        key = (frame["type"], subject, frame.get("attempt") if frame["type"] == "reply.started" else frame.get("index"))
        if key in self._seen and frame["type"] not in ENDS:  # ends are counted for themselves
            self._verdict.add("duplicated", f"{self._name} received {frame['type']} of {subject} twice (index {frame.get('index')})")
        self._seen.add(key)

    def _whole(self, frame: Frame) -> bool:
        # Whoever received the message itself receives its (first) reply from the first part on.
        return frame["message_id"] in self._created

    def _delta(self, frame: Frame) -> None:
        reply, index = frame["reply_id"], frame["index"]
        expected = self._next.get(reply, 0 if self._whole(frame) else index)
        if index > expected:
            self._verdict.add("gaps", f"{self._name} received part {index} of {reply}, expected {expected}")
        if reply in self._ended:
            self._verdict.add("unexpected", f"{self._name} received part {index} of {reply} after its end")
        self._next[reply] = max(expected, index + 1)
        self._parts.setdefault(reply, []).append(frame["text"])

    def _end(self, frame: Frame) -> None:
        reply = frame["reply_id"]
        if reply in self._ended:
            self._verdict.add("duplicated", f"{self._name} received a second end of {reply}: {frame['type']}")
        self._ended.add(reply)
        if frame["type"] == "reply.completed" and self._whole(frame):
            if self._next.get(reply, 0) != frame["parts"]:
                self._verdict.add("gaps", f"{self._name} received {self._next.get(reply, 0)} of {frame['parts']} parts of {reply}")
            if "".join(self._parts.get(reply, ())) != frame["text"]:
                self._verdict.add("mismatched", f"{self._name}: the parts of {reply} are not its text")
