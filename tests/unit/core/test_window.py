"""What a node remembers is bounded by the memory that it takes, and not by what of it goes over the wire."""

import gc
import tracemalloc
from typing import Any
from uuid import uuid4

import pytest

from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.jobs import JobOptions, MessageJob
from tests.unit.core.folding import fold, store
from tests.unit.log_events import AT, completed, part, started

OWNERS = 300


def message(text: str, request: str | None = None) -> e.MessageCreated:
    """A message of an owner of its own, as it is when it was read from the log: no text in it is shared."""
    options = JobOptions(request=request) if request is not None else None
    ids: dict[str, Any] = {name: str(uuid4()) for name in ("owner", "reply_id", "conversation_id", "id")}
    return MessageJob(**ids, at=AT, text=text, parent_id=None, options=options)


@pytest.mark.parametrize(
    ("text", "request_", "parts"),
    [("hello", None, 0), ("hello", None, 30), ("x" * 8_000, None, 1), ("\U0001f426" * 4_000, None, 1), ("hello", 50_000, 1)],
    ids=["short", "many parts", "long", "beyond ASCII", "with a long request to /v1"],
)
def test_the_window_counts_what_it_takes_in_memory(text: str, request_: int | None, parts: int) -> None:
    line = Projection("e1")
    fold(line, message("first"))  # what is made once
    counted = line._window._bytes
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(OWNERS):
            job = message("".join(text), None if request_ is None else "x" * request_)
            said = [f"some words {n} " for n in range(parts)]
            fold(line, job, started(job), *(part(job, n, one) for n, one in enumerate(said)), completed(job, said))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 * taken <= line._window._bytes - counted <= 1.5 * taken


def test_no_more_is_taken_on_when_twice_the_memory_waits_to_be_stored() -> None:
    line = Projection("e1")
    line._window._limit = 100_000
    taken_on = 0
    while taken_on < 50 and not line.behind:
        fold(line, message("x" * 4_000))
        taken_on += 1
    assert taken_on == 18
    store(line)
    assert (line.behind, line._window._bytes <= 100_000) == (False, True)


def test_what_came_after_a_position_is_told_only_while_all_of_it_is_remembered() -> None:
    line = Projection("e1")
    fold(line, message("first"))
    first = line.reached
    fold(line, message("second"), message("third"))

    assert [getattr(entry.event, "text", "") for entry in line.entries_after(first, 2) or []] == ["second", "third"]
    assert line.entries_after(line.reached, 2) == []
    assert line.entries_after(first, 1) is None, "there are more"

    store(line)
    line._window._limit = 0
    line._window.trim(line.reached)
    assert line.entries_after(first, 9) is None, "they are forgotten"
