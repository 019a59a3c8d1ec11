"""The ledger counts when somebody looks; it is green for a reason, and holds nothing while nobody does."""

import asyncio

from myna.core.projection import Projection
from myna.lab.ledger import WATCHED_S, Counts, WatchedLedger
from myna.protocol import events as e
from tests.simulation.virtual_time import VirtualLoop, run
from tests.unit.log_events import accepted_message, completed, part, record, started

JOB, NEXT = accepted_message(1), accepted_message(2)
REPLY: list[e.Event] = [started(JOB), part(JOB, 0, "hi "), part(JOB, 1, "there"), completed(JOB, ["hi ", "there"])]


class Reader:
    """A node that reads a log."""

    def __init__(self, **options: int) -> None:
        self.projection = Projection("epoch")
        self.ledger = WatchedLedger(self.projection, **options)
        self._offset = 0

    def read(self, *events: e.Event, again: bool = False) -> None:
        for event in events:
            folded = self.projection.fold(record(self._offset, event), 0.0)
            self._offset += 1
            if again:  # as if a defect showed it to sockets twice
                for entry in folded.entries:
                    window = self.projection._window
                    window.add(window.owner(entry.event.owner), entry)


def summary(counts: Counts) -> tuple[int, ...]:
    return counts.accepted, counts.answered, counts.open, counts.lost, counts.doubled


def test_it_begins_with_what_the_node_remembers_and_counts_on() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader()
        reader.read(JOB, *REPLY)
        first = await reader.ledger.count()
        reader.read(NEXT)
        second = await reader.ledger.count()

        assert (summary(first), summary(second)) == ((1, 1, 0, 0, 0), (2, 1, 1, 0, 0))
        assert (first.begin, first.end, second.end) == (0, 4, 5)

    run(main)


def test_what_sockets_get_twice_is_found_and_so_is_a_reply_that_nobody_makes() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader()
        await reader.ledger.count()
        reader.read(JOB)
        reader.read(*REPLY, again=True)
        reader.read(NEXT)
        del reader.projection._replies[NEXT.reply_id]  # a defect forgets it
        counts = await reader.ledger.count()

        assert (counts.lost, counts.open) == (1, 0)
        assert counts.doubled > 0
        assert counts.faults

    run(main)


def test_what_is_read_while_it_counts_is_left_to_the_next_look() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader()
        reader.read(JOB, *REPLY[:-1])
        counting = asyncio.create_task(reader.ledger.count())
        await asyncio.sleep(0)
        reader.read(REPLY[-1])
        first = await counting
        second = await reader.ledger.count()

        assert (summary(first), summary(second)) == ((1, 0, 1, 0, 0), (1, 1, 0, 0, 0))
        assert (first.end, second.end) == (3, 4)

    run(main)


def test_it_begins_anew_where_it_was_away_for_too_many_events_or_the_log_was_replaced() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader(most_unread=2)
        reader.read(JOB, *REPLY)
        await reader.ledger.count()
        reader.read(NEXT, started(NEXT), part(NEXT, 0, "hi"))
        skipped = await reader.ledger.count()
        reader.projection.restart("another epoch")
        replaced = await reader.ledger.count()

        assert (skipped.begin, skipped.end, summary(skipped)) == (0, 7, (2, 1, 1, 0, 0))
        assert (replaced.epoch, replaced.end, summary(replaced)) == ("another epoch", -1, (0, 0, 0, 0, 0))

    run(main)


def test_nobody_looks_any_more_and_it_holds_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader()
        await reader.ledger.count()
        await asyncio.sleep(WATCHED_S - 1)
        await reader.ledger.count()
        await asyncio.sleep(WATCHED_S - 1)
        watched = reader.ledger._ledger is not None
        await asyncio.sleep(2)

        assert (watched, reader.ledger._ledger) == (True, None)

    run(main)
