"""Bugs put in on purpose, to see that the simulation finds them."""

from myna.broker.port import Delivery
from myna.core.projection import Projection
from myna.core.replies import OpenReply
from myna.pipeline.responder import Responder
from myna.protocol import events as e
from tests.simulation.processes import Make
from tests.simulation.world import Planted


class AcksFirst(Responder):
    """Acks a delivery before its reply is confirmed."""

    async def _answer_all(self, delivery: Delivery, *, tried: bool) -> None:
        await delivery.ack()
        await super()._answer_all(delivery, tried=tried)


class Overconfident(Projection):
    """Resumes from any cursor, whether the window goes back as far or not."""

    def missed(self, owner: str, epoch: str, cursor: str) -> list[bytes] | None:
        position = self.position(owner, cursor)
        return None if position is None else self.window.since(owner, position)


class TakesEverything(OpenReply):
    """Takes every part, the next one or not."""

    __slots__ = ()

    def add(self, event: e.ReplyDelta) -> bool:
        self.parts.append(event.text)
        return True


PLANTED = {
    "ack before confirm": Planted(Make(responder=AcksFirst)),
    "dropped window": Planted(Make(projection=Overconfident)),
    "missing dedupe": Planted(reply=TakesEverything),
}
