"""The faults that need nothing but a node: a recorder that waits, sockets that break, publishes too many."""

from collections.abc import Sequence
from contextlib import suppress

from myna.broker.port import Broker
from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.lab.commands import CUT, HOLD, Others
from myna.lab.faults import Fault, Order, Seconds
from myna.pipeline.recorder import Recorder
from myna.protocol.errors import BrokerUnavailable, Conflict, Unauthorized
from myna.protocol.topology import RoutingKey

POISON = b'{"poison": "no message: it has no text, so no responder can answer it"}'


class NodeFaults:
    """See the module."""

    def __init__(self, broker: Broker, projection: Projection, hub: Hub, recorder: Recorder, others: Others | None = None) -> None:
        self._broker = broker
        self._projection = projection
        self._hub = hub
        self._recorder = recorder
        self._others = others

    def all(self) -> Sequence[Fault]:
        """Each of them."""
        return (
            Fault(
                HOLD,
                f"{'This node writes' if self._others is None else 'Nodes write'} nothing to the database; what is said meanwhile is "
                "read from the log.",
                self._hold_recorder, self._recorder.released.set, Seconds(5, 0.5, 30),
            ),
            Fault(CUT, "Your own sockets break, without a close frame.", self._cut_socket),
            Fault("publish_twice", "Your newest message is published again, as after a confirm that was missed.", self._publish_twice),
            Fault("poison", "A job that no responder can read is published to chat_queue.", self._poison),
        )  # fmt: skip

    async def _hold_recorder(self, order: Order) -> str:
        self._recorder.released.clear()
        others = None if order.told else self._others
        if others is not None:
            with suppress(BrokerUnavailable):  # this one waits all the same
                await others.hold(order.seconds)
        if self._recorder.active:
            return "The recorder writes nothing."
        return "Another node records; it waits too where it has a laboratory (CHAT_LAB=true), and this one would."

    async def _cut_socket(self, order: Order) -> str:
        owner = _owner(order)
        cut = self._hub.cut(owner)
        if cut:
            return f"{cut} of your sockets broke." if cut != 1 else "Your socket broke."
        if order.told or self._others is None:
            raise Conflict("You have no socket here: open the page first.")
        await self._others.cut(owner)
        return "You have no socket on this node; those on others break, where they have a laboratory (CHAT_LAB=true)."

    async def _publish_twice(self, order: Order) -> str:
        line = self._projection.newest_line(_owner(order))
        if line is None:
            raise Conflict("You have sent nothing that this node remembers: send a message first.")
        await self._broker.submit(RoutingKey.MESSAGE, [line])
        return "Your newest message is in chat_queue and in the log once more."

    async def _poison(self, order: Order) -> str:
        await self._broker.submit(RoutingKey.WORK, [POISON])
        return "A job that nobody can read is in chat_queue; the responder that takes it will reject it."


def _owner(order: Order) -> str:
    if order.owner is None:
        raise Unauthorized("This breaks something of your own: it needs a session beside the operator's access.")
    return order.owner
