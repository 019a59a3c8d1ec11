"""Views become rows and rows views by name, and a field without a column is found at import."""

import pytest
from msgspec.structs import replace

from myna.protocol.event_fields import WireStruct
from myna.protocol.events import Position, Timings
from myna.protocol.views import MessageView, ReplyError
from myna.store.port import Checkpoint
from myna.store.postgres.row_mapping import CHECKPOINTS, MESSAGES, given, map_rows, written_columns
from myna.store.postgres.tables import MessageRow

OWNER, CONVERSATION, MESSAGE, REPLY = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(4))
AT = "2026-05-01T12:00:00.123Z"
HELLO = MessageView(OWNER, CONVERSATION, MESSAGE, "user", "hello", "complete", AT, stored_at=AT)
TIMINGS, ERROR = Timings(queued_ms=1, first_part_ms=None, total_ms=3), ReplyError("refused", "No.", True)
HI = replace(HELLO, id=REPLY, role="assistant", text="hi", message_id=MESSAGE, attempt=1, parts=2, finish_reason="stop", worker="w")


def test_what_becomes_rows_comes_back_the_same() -> None:
    views = [HELLO, replace(HI, timings=TIMINGS), replace(HI, error=ERROR), replace(HI, timings=TIMINGS, error=ERROR)]
    arrays = MESSAGES.arrays(views)
    rows = [{name: array[place] for name, array in arrays.items()} for place in range(len(views))]
    assert [MESSAGES.view(row) for row in rows] == views
    assert [MESSAGES.prefixed("of_").view({f"of_{name}": value for name, value in row.items()}) for row in rows] == views


def test_a_record_inside_a_view_is_spread_over_columns_with_its_prefix() -> None:
    checkpoint = Checkpoint("epoch", Position(1, 2), Position(3, 4), "mark")
    assert CHECKPOINTS.arrays([checkpoint]) == {
        "epoch": ["epoch"], "low_offset": [1], "low_line": [2], "high_offset": [3], "high_line": [4], "mark": ["mark"],
    }  # fmt: skip


@pytest.mark.parametrize("at", ["yesterday", "2026-05-01T12:00:00"])
def test_a_timestamp_that_can_not_be_compared_is_refused(at: str) -> None:
    with pytest.raises(ValueError, match=r"yesterday|offset from UTC"):
        MESSAGES.arrays([replace(HELLO, created_at=at)])


def test_a_field_without_a_column_is_found_when_the_mapping_is_made() -> None:
    class Rated(WireStruct, frozen=True):
        owner: str
        stars: int

    with pytest.raises(KeyError, match="stars"):
        map_rows("messages", Rated)


def test_statements_give_every_column_but_those_that_postgres_fills_in() -> None:
    assert given(written_columns("refused_facts")) == "unnest($1::TEXT[], $2::TEXT[], $3::TEXT[]) AS given (kind, body, reason)"
    assert {column.name for column in written_columns("messages")} == set(MessageRow.model_fields) - {"stored_at"}
