"""Lines of the log as people look at them: which ones are wanted, and what of a line is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from myna.broker.port import Record

# What holds no text that a person wrote or was answered. Everything else is shown by its length, fields of newer releases too.
OPEN_FIELDS = frozenset({
    "owner", "type", "at", "conversation_id", "id", "reply_id", "message_id", "parent_id", "turn", "attempt", "index", "parts",
    "finish_reason", "worker", "restarted", "code", "retryable", "status", "retry_after_s", "nonce", "failures",
})  # fmt: skip
OPEN_INSIDE = {"options": frozenset({"profile", "seed"}), "timings": frozenset({"queued_ms", "first_part_ms", "total_ms"})}

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines to look at; None and an empty `types` let all through."""

    owner: str | None = None
    conversation_id: str | None = None
    reply_id: str | None = None
    types: frozenset[str] = frozenset()
    body: bytes | None = None  # of the whole record

    def may_hold(self, line: bytes) -> bool:
        """Whether a line may be one of these; it is not decoded."""
        ids = (self.owner, self.conversation_id, self.reply_id)
        return all(one is None or one.encode() in line for one in ids)

    def holds(self, event: Event | None) -> bool:
        """Whether an event is one of these; None is a line that is no event, which is nobody's."""
        if event is None:
            return not self.types and self.owner is self.conversation_id is self.reply_id is None
        pairs = (("owner", self.owner), ("conversation_id", self.conversation_id), ("reply_id", self.reply_id))
        return all(value is None or event.get(name) == value for name, value in pairs) and (
            not self.types or event.get("type") in self.types
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a record."""

    record: Record
    number: int
    lines: int  # of the record
    event: Event | None  # None where it is no JSON object


def lines_of(record: Record, wanted: Wanted) -> Iterator[Line]:
    """The wanted lines of a record, in order."""
    if wanted.body is not None and wanted.body != record.body:
        return
    lines = record.body.split(b"\n")
    for number, line in enumerate(lines):
        if line and wanted.may_hold(line):
            event = decoded(line)
            if wanted.holds(event):
                yield Line(record, number, len(lines), event)


def decoded(line: bytes) -> Event | None:
    """The JSON object in a line; None where there is none."""
    try:
        event = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def without_texts(event: Event) -> Event:
    """The event's shape: each text replaced by its length, `{"chars": 5}`, and so each value whose meaning is not known."""
    return {name: _shown(name, value) for name, value in event.items()}


def _shown(name: str, value: Any) -> Any:
    if name in OPEN_FIELDS and not isinstance(value, dict | list):
        return value
    if name in OPEN_INSIDE and isinstance(value, dict):
        return {key: inner if key in OPEN_INSIDE[name] else length_of(inner) for key, inner in value.items()}
    return length_of(value)


def length_of(value: Any) -> Any:
    """How long a text is, in characters; of anything else, of its JSON. Null stays."""
    if value is None:
        return None
    return {"chars": len(value if isinstance(value, str) else msgspec.json.encode(value).decode())}
