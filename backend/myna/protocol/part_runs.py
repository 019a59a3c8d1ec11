"""Reads consecutive parts of one reply in consecutive lines of a record as one run, and makes their lines and frames.

The parts of a reply that is said quickly differ in `index` and `text` only, so a run is its first part as an event, and
these two of each part.
"""

from collections.abc import Sequence

import msgspec

from myna.protocol.event_fields import Count
from myna.protocol.events import Position, ReplyDelta
from myna.protocol.log_codec import encode

MOST_PARTS = 64  # of one run: what is forgotten, or handed to a connection, at once


class Part(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """What the parts of one run differ in."""

    index: Count
    text: str


_INDEX = b'"index":'
_PARTS = msgspec.json.Decoder(list[Part])
_ENCODER = msgspec.json.Encoder()


def read_run(event: ReplyDelta, lines: Sequence[bytes], number: int) -> Sequence[Part]:
    """The part in line `number`, which holds this event, and those in the lines behind it that are of the same run; none: it is alone."""
    line, end = lines[number], number + 1
    size = line.find(_INDEX)
    head, most = line[:size], min(len(lines), number + MOST_PARTS)
    while end < most and lines[end].startswith(head):
        end += 1
    if end == number + 1:
        return ()
    parts = _read_tails([one[size:] for one in lines[number:end]])
    return parts if [part.index for part in parts] == list(range(event.index, event.index + len(parts))) else ()


def _read_tails(tails: list[bytes]) -> Sequence[Part]:
    """The parts whose lines end so, decoded at once; none where any of them holds anything else.

    A line feed can't stand in a JSON string, and none of these objects holds another: where the whole can be decoded, each
    line holds a part or several, and where there are as many parts as lines, each line holds one.
    """
    try:
        parts = _PARTS.decode(b"[{%b]" % b",\n{".join(tails))
    except ValueError:
        return ()
    return parts if len(parts) == len(tails) else ()


def encode_parts(parts: Sequence[Part]) -> bytes:
    """A line of JSON for each of these."""
    return _ENCODER.encode_lines(parts)[:-1]


def run_lines(first: ReplyDelta, parts: bytes) -> list[bytes]:
    """The lines of the log for a run: its first part, and `encode_parts` of them all."""
    line = encode(first)
    head = line[: line.index(_INDEX)]
    return [head + part[1:] for part in parts.split(b"\n")]


def run_frames(first: ReplyDelta, parts: bytes, position: Position, tag: str) -> list[bytes]:
    """The socket frames of a run, whose first part stands at this position; see `log_codec.frame`."""
    line = encode(first)
    head = b"{" + line[line.index(b'"type":"') : line.index(_INDEX)]
    begin, end = b',"cursor":"%d.' % position.offset, b'.%b"}' % tag.encode()
    numbered = enumerate(parts[1:-1].split(b"}\n{"), position.line)
    return [b"".join((head, fields, begin, b"%d" % number, end)) for number, fields in numbered]
