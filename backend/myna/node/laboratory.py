"""Puts the laboratory of one node together: the faults that can honestly be caused with the broker and database it has."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.embedded.queues import LogReplaced
from myna.broker.port import Broker
from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.lab.commands import CommandChannel, CommandListener, Others
from myna.lab.faults import Fault, Faults, Order, Seconds
from myna.lab.laboratory import Laboratory
from myna.lab.ledger import WatchedLedger
from myna.lab.node_faults import NodeFaults
from myna.lab.responder_faults import ResponderFaults
from myna.lab.responder_pool import ResponderPool
from myna.mock_ai.port import Brain
from myna.node.brokers import worker_name
from myna.pipeline.recorder import Recorder
from myna.pipeline.responder import Responder
from myna.settings import Settings

OUTAGE = Seconds(5, 0.5, 20)


def make_laboratory(
    settings: Settings,
    broker: Broker,
    projection: Projection,
    hub: Hub,
    recorder: Recorder,
    pool: ResponderPool | None,
) -> Laboratory:
    """The laboratory of a node."""
    faults, channel = Faults([]), commands_of(broker)
    others = Others(channel) if channel is not None else None

    def at_work() -> Mapping[str, int]:
        return Counter(reply.worker for reply in projection.open_replies.values() if reply.worker)

    for fault in (
        *NodeFaults(broker, projection, hub, recorder, others).all(),
        *(ResponderFaults(faults, pool, others, at_work).all() if pool is not None or others is not None else ()),
        *broker_faults(broker),
        *database_faults(),
    ):
        faults.possible[fault.name] = fault
    return Laboratory(
        faults=faults,
        responders=pool,
        listener=CommandListener(channel, faults, worker_name()) if channel is not None else None,
        ledger=WatchedLedger(projection),
        broker="embedded" if settings.embedded_broker else "rabbitmq",
        database="embedded" if settings.embedded_database else "postgres",
    )


def make_pool(settings: Settings, broker: Broker, brain: Brain) -> ResponderPool:
    """This node's responders, of which there may be several."""

    def make(link: Broker, worker: str, prefetch: int) -> Responder:
        return Responder(link, brain, worker=worker, prefetch=prefetch)

    return ResponderPool(broker, make, worker=worker_name(), prefetch=settings.prefetch, drain_s=settings.drain_s)


def commands_of(broker: Broker) -> CommandChannel | None:
    """How responders of other processes are told what to do; None where the broker lives in this one."""
    if isinstance(broker, EmbeddedBroker):
        return None
    from myna.broker.rabbitmq.broker import RabbitBroker  # which the embedded mode need not load

    return broker if isinstance(broker, RabbitBroker) else None


def stand_alone(broker: Broker, pool: ResponderPool) -> CommandListener | None:
    """What has a stand-alone responder do as a node's laboratory says."""
    channel = commands_of(broker)
    if channel is None:
        return None
    faults = Faults([])
    for fault in ResponderFaults(faults, pool, Others(channel)).all():
        faults.possible[fault.name] = fault
    return CommandListener(channel, faults, pool.worker)


def broker_faults(broker: Broker) -> Sequence[Fault]:
    """What can be done to the broker and to the way there."""
    cut, heal, replace = _breaks_of(broker)

    async def cut_broker(order: Order) -> str:
        cut(order.seconds)
        return "This node and its responders have lost the broker, and do not reach it."

    async def replace_log(order: Order) -> str:
        await replace()
        return "chat_responses was deleted with all that was in it, and begins anew."

    return (
        Fault("cut_broker", "This node and its responders lose their connections to the broker, and get none.", cut_broker, heal, OUTAGE),
        Fault(
            "replace_log",
            "chat_responses is deleted and declared anew: every cursor is void, and nothing that was stored is lost.",
            replace_log,
        ),
    )


def _breaks_of(broker: Broker) -> tuple[Callable[[float], None], Callable[[], None], Callable[[], Awaitable[None]]]:
    """How a broker is cut off and back, and how its log is replaced."""
    if isinstance(broker, EmbeddedBroker):

        async def replace() -> None:
            broker.change(LogReplaced())
            broker.lose("The log was replaced.")
            broker.recover()

        return lambda _: broker.lose("The broker was cut off on purpose."), broker.recover, replace
    from myna.broker.rabbitmq.broker import RabbitBroker  # which the embedded mode need not load

    assert isinstance(broker, RabbitBroker)
    return broker.cut, lambda: broker.cut(0), broker.replace_log


def database_faults() -> Sequence[Fault]:
    """What can be done to the way to the database."""
    from myna.store.postgres import connection  # a node in the tests has no database

    def heal() -> None:
        connection.cut(0)

    async def cut(order: Order) -> str:
        return f"{connection.cut(order.seconds)} connections to the database are broken, and no new ones are made."

    about = "This node's connections to the database break, and new ones fail."
    return (Fault("cut_database", about, cut, heal, OUTAGE),)
