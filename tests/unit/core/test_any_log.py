"""Whatever a record of the log holds, folding it never raises, reading goes on behind it, and its neighbours count."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.protocol import log_codec
from myna.protocol.events import BEGINNING, Position
from myna.protocol.topology import RoutingKey
from tests.unit.core.folding import missed
from tests.unit.core.random_logs import OWNERS, TALKS, histories
from tests.unit.log_events import ANN, accepted_message, at, body, completed, part, renamed, started, stopped

EPOCH = "e1"
HI = accepted_message(1)
VALID = [body(one) for one in (HI, started(HI), part(HI, 0, "a"), completed(HI, ["a"]), stopped(HI), renamed("title"))]
TIMESTAMPS = (
    "soon", "2026-01-01", "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:0",
    "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", at(5),
)  # fmt: skip
numbers = st.integers() | st.floats() | st.sampled_from([-1, 0, 1, 2**31 - 1, 2**31, 2**53, 2**63, 10**400])
leaves = st.none() | st.booleans() | numbers | st.text() | st.sampled_from([*TIMESTAMPS, *OWNERS, *TALKS, HI.id, HI.reply_id])
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid event with some fields changed, added or left out, in this order or another."""
    fields: dict[str, Any] = json.loads(draw(st.sampled_from(VALID)))
    for name in draw(st.lists(st.sampled_from(["at", "at", "at", *fields, "cursor", "mood"]), min_size=1, max_size=3)):
        if draw(st.integers(0, 3)) == 0:
            fields.pop(name, None)
        else:
            fields[name] = draw(st.sampled_from(TIMESTAMPS) if name == "at" else values)
    return json.dumps(dict(reversed(fields.items())) if draw(st.booleans()) else fields).encode()


places = st.integers(0, 400)
cut = st.builds(lambda line, place, byte: line[:place] + byte + line[place + 1 :], st.sampled_from(VALID), places, st.binary(max_size=2))
lines = st.binary() | values.map(lambda value: json.dumps(value).encode()) | mutated() | mutated() | cut | st.sampled_from(VALID)
bodies = st.lists(lines, max_size=5).map(b"\n".join)
keys = st.sampled_from(RoutingKey) | st.text()


@settings(max_examples=200)
@given(histories(), st.lists(st.tuples(st.integers(0, 100), keys, bodies), max_size=8))
def test_no_record_stops_the_projection_or_reaches_a_socket_in_pieces(log: list[Record], inserted: list[tuple[int, str, bytes]]) -> None:
    records = [(record.key, record.body) for record in log]
    inserted = [(0, RoutingKey.EVENT, VALID[0]), *inserted]
    for place, key, content in inserted:
        records.insert(place % (len(records) + 1), (key, content))
    projection = Projection(EPOCH)
    for offset, (key, content) in enumerate(records):
        folded = projection.fold(Record(offset, key, content), float(offset))
        assert folded.faults == ()
        assert projection.reached == Position(offset, content.count(b"\n"))
        for entry in folded.entries:
            for number, frame in enumerate(entry.frames()):
                position = Position(offset, entry.position.line + number)
                assert json.loads(frame)["cursor"] == projection.cursor(entry.event.owner, position)
    for reply in projection.open_replies.values():
        log_codec.encode(reply.view())
        log_codec.encode(reply.stopped(at(0)))


unreadable = lines.map(lambda line: line.replace(b"\n", b" ")).filter(lambda line: not is_event(line))


def is_event(line: bytes) -> bool:
    try:
        log_codec.read_line(line)
    except log_codec.Unreadable:
        return False
    return True


@settings(max_examples=150)
@given(histories(), st.lists(st.tuples(st.integers(0, 100), st.integers(0, 10), unreadable), min_size=1, max_size=5))
def test_a_line_that_is_no_event_changes_nothing_about_its_neighbours(log: list[Record], inserted: list[tuple[int, int, bytes]]) -> None:
    clean = {record.offset: [(line, line) for line in record.body.split(b"\n")] for record in log if record.key == RoutingKey.EVENT}
    for place, number, line in inserted if clean else []:
        pairs = clean[sorted(clean)[place % len(clean)]]
        pairs.insert(number % (len(pairs) + 1), (b"", line))  # an empty line in its place, so that positions are the same
    dirty = list(log)
    for offset, pairs in clean.items():
        log[offset], dirty[offset] = (Record(offset, RoutingKey.EVENT, b"\n".join(side)) for side in zip(*pairs, strict=True))
    assert state_of(dirty) == state_of(log)


def state_of(log: list[Record]) -> dict[str, Any]:
    """All that a projection knows once it has read this, but for the digest of the last record."""
    projection = Projection(EPOCH)
    entries = [entry for record in log for entry in projection.fold(record, 0.0).entries]
    checkpoint, facts = projection.batch()
    frames = {owner: missed(projection, owner, EPOCH, projection.cursor(owner, BEGINNING)) for owner in OWNERS}
    open_replies = {key: reply.view() for key, reply in projection.open_replies.items()}
    return {"entries": entries, "low": checkpoint.low, "high": checkpoint.high, "facts": facts, "frames": frames, "open": open_replies}


def test_a_record_of_nothing_but_a_newer_releases_events_moves_the_position_on() -> None:
    projection = Projection(EPOCH)
    rated = b'{"owner":"%b","type":"reply.rated","at":"%b","stars":5}' % (ANN.encode(), at(1).encode())
    assert projection.fold(Record(0, RoutingKey.EVENT, b"\n".join([rated, rated])), 0.0).unknown == 2
    assert projection.reached == Position(0, 1)
