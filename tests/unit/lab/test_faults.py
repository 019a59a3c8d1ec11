"""A fault lasts as long as it was ordered for and not longer, and one that could not be begun is undone."""

import asyncio

import pytest

from myna.lab.faults import Fault, Faults, Order, Seconds
from myna.protocol.errors import BrokerUnavailable, Conflict, InvalidFrame, NotFound
from tests.simulation.virtual_time import VirtualLoop, run


class Lamp:
    """Something that can be broken."""

    def __init__(self) -> None:
        self.broken = False
        self.orders: list[Order] = []

    def faults(self) -> Faults:
        return Faults([
            Fault("break", "It breaks.", self.begin, self.mend, Seconds(5, 1, 10)),
            Fault("flicker", "It flickers.", self.begin),
            Fault("fail", "It does not even break.", self.fail, self.mend, Seconds(5, 1, 10)),
        ])  # fmt: skip

    async def begin(self, order: Order) -> str:
        self.broken = True
        self.orders.append(order)
        return "broken"

    async def fail(self, order: Order) -> str:
        self.broken = True
        raise BrokerUnavailable("away")

    def mend(self) -> None:
        self.broken = False


def test_a_fault_is_undone_when_its_time_is_up() -> None:
    async def main(loop: VirtualLoop) -> None:
        lamp = Lamp()
        faults = lamp.faults()
        begun = await faults.begin("break", 2)
        with pytest.raises(Conflict):
            await faults.begin("break")
        states = [(lamp.broken, faults.until("break") == begun.until)]
        await asyncio.sleep(3)
        states.append((lamp.broken, faults.until("break") is None))
        await faults.begin("break")
        await asyncio.sleep(4)
        states.append((lamp.broken, lamp.orders[1].seconds == 5))

        assert states == [(True, True), (False, True), (True, True)]
        faults.end_all()
        assert not lamp.broken

    run(main)


def test_what_is_over_at_once_lasts_for_no_time() -> None:
    async def main(loop: VirtualLoop) -> None:
        faults = Lamp().faults()
        assert [(await faults.begin("flicker")).until for _ in range(2)] == [None, None]

    run(main)


def test_a_fault_that_cannot_be_begun_leaves_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        lamp = Lamp()
        faults = lamp.faults()
        with pytest.raises(BrokerUnavailable):
            await faults.begin("fail")
        assert (lamp.broken, faults.until("fail")) == (False, None)

    run(main)


@pytest.mark.parametrize(
    ("name", "seconds", "error"), [("burn", None, NotFound), ("break", 0.5, InvalidFrame), ("break", 11, InvalidFrame)]
)
def test_an_order_that_does_not_fit_is_refused(name: str, seconds: float | None, error: type[Exception]) -> None:
    async def main(loop: VirtualLoop) -> None:
        lamp = Lamp()
        with pytest.raises(error):
            await lamp.faults().begin(name, seconds)
        assert lamp.orders == []

    run(main)
