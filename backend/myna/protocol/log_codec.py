"""Writes events as lines of the log, reads them back, and makes the frames that sockets get of them.

A line is one event as JSON. It is checked when it is read, whoever wrote it. Readers ignore fields they do not know and
pass over types they do not know, so that two neighbouring releases can share one log. New values and wider limits of a
known field are unreadable to the older release: ship readers that take them one release before writers that use them.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from myna.protocol.event_fields import Id, WireStruct
from myna.protocol.events import Event, LogLine, LogMark, MessageCreated, ReplyDelta, ReplyEvent, ReplyRequested, Request
from myna.protocol.jobs import QueuedJob
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable
from myna.protocol.timestamps import milliseconds


class Unreadable(ValueError):
    """A line that is not an event."""


class UnknownType(Unreadable):
    """A line of a type that this release does not know."""


_ENCODER = msgspec.json.Encoder()


class _Typed(msgspec.Struct):
    type: str


def type_of(kind: type[WireStruct]) -> str:
    """What stands in the `type` field of such a struct."""
    return str(next(field.default_factory() for field in msgspec.structs.fields(kind) if field.name == "type"))


def _check_timestamp(event: Any) -> None:
    """Time is reckoned with. Raises `ValueError` or `OverflowError`."""
    milliseconds(event.at)


# A UUID in small letters, when each of its digits is written as x: a regular expression takes three times as long.
_UUID = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_DIGITS_AS_X = bytes(ord("x") if chr(byte) in "0123456789abcdef" else byte if chr(byte) == "-" else 0 for byte in range(256))
_ids_of: dict[type, Callable[[Any], tuple[str, ...]]] = {
    kind: attrgetter(*(field.name for field in msgspec.structs.fields(kind) if field.type == Id))
    for kind in (*Request.__args__, *QueuedJob.__args__)
}


def _check_request(event: Request) -> None:
    """What the fields' types don't say. Raises `ValueError` or `OverflowError`."""
    ids = "".join(_ids_of[type(event)](event))
    if isinstance(event, MessageCreated) and event.parent_id:
        ids += event.parent_id
    if ids.encode(errors="replace").translate(_DIGITS_AS_X) != _UUID * (len(ids) // len(_UUID)):
        raise ValueError("an id is not a UUID")
    milliseconds(event.at)
    if isinstance(event, (MessageCreated, ReplyRequested)) and (event.text.isspace() or not is_storable(event.text)):
        raise ValueError(f"text takes more than blanks, and no {REFUSED_CHARACTERS}")


def _accept(event: Any) -> None:
    """A mark holds nothing that is reckoned with."""


_Reader = tuple[msgspec.json.Decoder[Any], Callable[[Any], None]]


def _readers(*kinds: type[WireStruct]) -> dict[str, _Reader]:
    """How to decode and check each of these, by `type`."""
    check = dict.fromkeys((*Request.__args__, *QueuedJob.__args__), _check_request) | {LogMark: _accept}
    return {type_of(kind): (msgspec.json.Decoder(kind), check.get(kind, _check_timestamp)) for kind in kinds}


# A line is decoded twice: for its type, wherever that stands in it, and then as what it is.
_TYPED = msgspec.json.Decoder(_Typed)
_LINES = _readers(*LogLine.__args__)
_JOBS = _readers(*QueuedJob.__args__)
# But for reply events as we write them, nine of ten lines: their type stands behind the owner, and one decoding is saved.
_TYPE_PLACE = slice(46, 67)
_REPLY_DECODERS: dict[bytes, Callable[[bytes], ReplyEvent]] = {
    f'","type":"{name}'.encode()[:21]: decoder.decode for name, (decoder, check) in _LINES.items() if check is _check_timestamp
}


def encode(struct: WireStruct) -> bytes:
    """One struct as one line of JSON, without absent fields."""
    return _ENCODER.encode(struct)


class PartLines:
    """Writes the lines of one reply's parts behind the first. They differ in `at`, `index` and `text` only: the rest is cut out of that."""

    __slots__ = ("_before_at", "_behind_at")

    def __init__(self, first: ReplyDelta, line: bytes) -> None:
        """`line` is that of the first part."""
        self._before_at, _, behind = line.partition(first.at.encode())  # what stands before it has no such text
        before_index, index, _ = behind.partition(b'"index":')
        self._behind_at = before_index + index

    def line(self, at: str, index: int, text: str) -> bytes:
        """One part as `encode` writes it."""
        return b'%b%b%b%d,"text":%b}' % (self._before_at, at.encode(), self._behind_at, index, _ENCODER.encode(text))


def read_line(line: bytes) -> LogLine:
    """The event or mark in a line of the log. Raises `UnknownType` or `Unreadable`."""
    decode = _REPLY_DECODERS.get(line[_TYPE_PLACE])
    if decode is not None:
        try:
            event = decode(line)
            milliseconds(event.at)
        except (ValueError, RecursionError):
            pass  # it only looked as if we wrote it
        else:
            return event
    known: LogLine = _read(line, _LINES)
    return known


def read_job(line: bytes) -> QueuedJob:
    """The job in a line of the work queue, or of the log. Raises `Unreadable`."""
    job: QueuedJob = _read(line, _JOBS)
    return job


def _read(line: bytes, readers: dict[str, _Reader]) -> Any:
    try:
        decoder, check = readers[_TYPED.decode(line).type]
        event = decoder.decode(line)
        check(event)
    except KeyError:
        raise UnknownType("This release knows no event of this type here.") from None
    except (ValueError, OverflowError, RecursionError):
        raise Unreadable("This is not an event.") from None
    return event


def frame(event: Event, cursor: str) -> bytes:
    """The socket frame of an event: its JSON from `type` on, and its cursor.

    Made from the struct and not from the line that was read, so a frame holds the fields that this release knows and no
    others. A raw `"type":"` can't stand inside a JSON string (its quotes would be escaped), so the first one is the key.
    """
    line = _ENCODER.encode(event)
    return b'{%b,"cursor":"%b"}' % (line[line.index(b'"type":"') : -1], cursor.encode())
