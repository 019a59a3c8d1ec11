"""Bugs put in on purpose, to see that the simulation finds them."""

from backend import events as e
from backend.broker.port import Delivery
from backend.replies import OpenReply
from backend.responder import Responder
from backend.timeline import Timeline
from tests.simulation.processes import Make
from tests.simulation.world import Planted


class AcksFirst(Responder):
    """Acks a delivery before its reply is confirmed."""

    async def _answer_all(self, delivery: Delivery, *, tried: bool) -> None:
        await delivery.ack()
        await super()._answer_all(delivery, tried=tried)


class Overconfident(Timeline):
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
    "dropped window": Planted(Make(timeline=Overconfident)),
    "missing dedupe": Planted(reply=TakesEverything),
}
