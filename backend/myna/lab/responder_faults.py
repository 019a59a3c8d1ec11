"""What can be done to responders: to those of this process, and, through the broker, to those of others."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from myna.lab.commands import END, PAUSE, Others
from myna.lab.faults import Fault, Faults, Order, Seconds
from myna.lab.responder_pool import ResponderPool
from myna.protocol.errors import BrokerUnavailable, Conflict

NOBODY = "No responder that has a laboratory (CHAT_LAB=true) {does}."


def nobody_works() -> Mapping[str, int]:
    """Where it is not known who works."""
    return Counter()


class ResponderFaults:
    """See the module. `at_work` says how many replies each worker has begun, by whatever process."""

    def __init__(
        self,
        faults: Faults,
        pool: ResponderPool | None,
        others: Others | None = None,
        at_work: Callable[[], Mapping[str, int]] = nobody_works,
    ) -> None:
        self._faults = faults
        self._pool = pool
        self._others = others
        self._at_work = at_work
        self._telling: set[asyncio.Task[None]] = set()

    def all(self) -> Sequence[Fault]:
        """Each of them."""
        whose = "of this node" if self._others is None else "of this node, or of another process with CHAT_LAB=true,"
        return (
            Fault(
                END,
                f"The next responder {whose} that publishes a certain part of a reply ends there, like a killed process. What it had "
                "goes to the others, or to the one that starts 2 s later.",
                self._end, self._disarm, Seconds(60, 1, 300),
            ),
            Fault(
                PAUSE,
                f"The responder {whose} that has most in hand stands still: it keeps what it has, and does nothing.",
                self._pause, self._resume, Seconds(5, 0.5, 20),
            ),
        )  # fmt: skip

    async def _end(self, order: Order) -> str:
        here = self._pool is not None and bool(self._pool.members)
        if here and self._pool is not None:
            self._pool.end_after(order.after_part, self._ended)
        others = None if order.told else self._others
        elsewhere = others is not None and await others.end(order.seconds, order.after_part)
        if not here and not elsewhere:
            raise Conflict(NOBODY.format(does="runs just now"))
        return f"The next responder that publishes part {order.after_part} of a reply ends behind it."

    def _ended(self) -> None:
        self._faults.over(END)
        if self._others is not None:
            task = asyncio.create_task(self._tell_ended(self._others))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_ended(self, others: Others) -> None:
        with suppress(BrokerUnavailable):  # their own time ends it
            await others.ended()

    def _disarm(self) -> None:
        if self._pool is not None:
            self._pool.disarm()

    async def _pause(self, order: Order) -> str:
        members = {member.responder.worker: member for member in self._pool.members} if self._pool is not None else {}
        others = None if order.told else self._others
        in_hand = Counter(dict(self._at_work())) | Counter({worker: member.responder.in_hand for worker, member in members.items()})
        for worker, count in [*in_hand.most_common(), *((worker, 0) for worker in members)]:
            if worker in members:
                members[worker].link.pause()
                return f"{worker} stands still with {count} in hand."
            if others is not None and await others.pause(worker, order.seconds):
                return f"{worker}, of another process, stands still with {count} begun."
        raise Conflict(NOBODY.format(does="has anything in hand: send a message first"))

    def _resume(self) -> None:
        if self._pool is not None:
            self._pool.resume_all()
