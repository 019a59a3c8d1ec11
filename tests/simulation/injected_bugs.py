"""Known bugs that are put in to see that the simulation finds them."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from myna.broker.port import Delivery
from myna.core.projection import Projection
from myna.core.replies import OpenReply
from myna.pipeline.responder import Outcome, Responder
from myna.pipeline.watchdog import Watchdog
from myna.protocol import events as e
from myna.protocol.part_runs import Part
from myna.protocol.views import MessageView
from tests.simulation.processes import ProcessClasses
from tests.simulation.simulator import InjectedBug


class AckBeforeConfirm(Responder):
    """Acks a delivery before its reply is confirmed."""

    async def _process(self, delivery: Delivery, *, retried: bool) -> Outcome:
        await delivery.ack()
        return await super()._process(delivery, retried=retried)


class NeverQueuesAgain(Watchdog):
    """Leaves a job lost that the work queue has no more: queued again, it would hide an early ack."""

    async def _queue_again(self, replies: list[OpenReply]) -> None:
        return


class NeverForgets(Projection):
    """Resumes from any cursor, even from one older than the window."""

    def missed(self, owner: str, epoch: str, cursor: str) -> Iterator[bytes] | None:
        position = self.position(owner, cursor)
        return None if position is None else self._window.since(owner, position)


class NoDeduplication(OpenReply):
    """Accepts every part, due or repeated."""

    __slots__ = ()

    def add(self, event: e.ReplyDelta) -> bool:
        self.parts.append(event.text)
        return True

    def add_run(self, event: e.ReplyDelta, parts: Sequence[Part]) -> Sequence[Part]:
        self.parts += [part.text for part in parts]
        return parts


class ForgetsParents(Projection):
    """Knows of every message, and not what it follows."""

    def message(self, owner: str, message_id: str) -> MessageView | None:
        found = super().message(owner, message_id)
        return found and replace(found, parent_id=None)


INJECTED_BUGS = {
    "ack before confirm": InjectedBug(ProcessClasses(responder=AckBeforeConfirm, watchdog=NeverQueuesAgain)),
    "dropped window": InjectedBug(ProcessClasses(projection=NeverForgets)),
    "paths of one step": InjectedBug(ProcessClasses(projection=ForgetsParents)),
    "missing dedupe": InjectedBug(reply=NoDeduplication),
}
