"""The ledger counts what is read while somebody looks; it is green for a reason, and costs nothing while nobody does."""

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

    def __init__(self) -> None:
        self.projection = Projection("epoch")
        self.ledger = WatchedLedger(self.projection)
        self._offset = 0

    def read(self, *events: e.Event, again: bool = False) -> None:
        for event in events:
            folded = self.projection.fold(record(self._offset, event), 0.0)
            self._offset += 1
            self.ledger.observe(folded)
            if again:  # as if a defect showed it to sockets twice
                self.ledger.observe(folded)


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


def test_nobody_looks_any_more_and_it_holds_and_does_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        reader = Reader()
        await reader.ledger.count()
        await asyncio.sleep(WATCHED_S - 1)
        await reader.ledger.count()
        await asyncio.sleep(WATCHED_S - 1)
        watched = reader.ledger.watched
        await asyncio.sleep(2)
        reader.read(JOB)

        assert (watched, reader.ledger.watched, reader.ledger._pending) == (True, False, None)

    run(main)
