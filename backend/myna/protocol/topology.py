"""The exchange, queues and bindings, for every implementation of the broker."""

from dataclasses import dataclass, field
from enum import StrEnum

EXCHANGE = "chat"
WORK_QUEUE = "chat_queue"
LOG = "chat_responses"
DEAD_LETTERS = "chat_dead_letters"

# 5 further tries after the first: enough for a rolling restart, few enough that what kills responders is a dead letter within seconds.
DELIVERY_LIMIT = 5
MIB, DAY_S = 1024**2, 86_400
RECORD_OVERHEAD = 200  # bytes that one record of the log costs beside its body, about
# One AMQP message carries at most this many lines. Streamed replies come to what one publish after the other carries: with a
# quarter of it, 15 thousand parts a second instead of 26. 1,024 parts are some 340 KB, and take a node 7 ms to fold.
GROUP_LINES = 1024
# And so many bytes, beyond the lines of one publisher that belong together (2 MiB at most): RabbitMQ 4 takes 16 MiB in one message.
GROUP_BYTES = 4 * 1024**2
JOB_LINES = 256  # and this many jobs: one responder gets them, and they are tried again together


class RoutingKey(StrEnum):
    """Routing keys of the one exchange: where a publish goes is decided by its key alone."""

    meaning: str

    def __new__(cls, key: str, meaning: str) -> "RoutingKey":
        one = str.__new__(cls, key)
        one._value_ = key
        one.meaning = meaning
        return one

    MESSAGE = "message", "an accepted message: work for a responder and an event in the log, in one publish"
    EVENT = "event", "an event for the log only"
    STOP = "stop", "an event for the log, and a notice to every live responder"
    WORK = "work", "work only: one job of a delivery that was split, or a dead letter that is tried again"
    PARKED = "parked", "dead-lettered: kept whole in the dead letters, and in the log, so that its owner gets `reply.failed`"

    @property
    def group_lines(self) -> int:
        """How many lines one message with this key carries at most."""
        return JOB_LINES if self in (RoutingKey.MESSAGE, RoutingKey.WORK) else GROUP_LINES


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue, its arguments and the keys that feed it."""

    name: str
    keys: tuple[RoutingKey, ...]
    arguments: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much of the log is kept: what is older than `days`, or beyond `max_bytes`, is dropped, oldest first."""

    days: float = 7
    max_bytes: int = 4 * 1024**3  # about 8 million events of 500 bytes

    @property
    def segment_bytes(self) -> int:
        """The unit in which RabbitMQ's log forgets, and beyond which it holds what is old: files neither many nor large."""
        return min(64 * MIB, max(MIB, self.max_bytes // 256))

    @property
    def arguments(self) -> dict[str, str | int]:
        """What RabbitMQ's log is declared with."""
        whole_days = self.days == int(self.days)
        return {
            "x-queue-type": "stream",
            "x-max-length-bytes": self.max_bytes,
            "x-max-age": f"{int(self.days)}D" if whole_days else f"{round(self.days * DAY_S)}s",
            "x-stream-max-segment-size-bytes": self.segment_bytes,
        }


IN_MEMORY = LogLimits(max_bytes=64 * MIB)  # of the embedded broker: some 130,000 events

QUEUES = (
    Queue(
        WORK_QUEUE,
        (RoutingKey.MESSAGE, RoutingKey.WORK),
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": EXCHANGE,
            "x-dead-letter-routing-key": RoutingKey.PARKED.value,
            # At-least-once dead-lettering needs reject-publish; with drop-head it silently falls back to at-most-once.
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": 100_000,  # deliveries; beyond that people are better served by `busy` than by hours of waiting
        },
    ),
    Queue(
        LOG,
        (RoutingKey.MESSAGE, RoutingKey.EVENT, RoutingKey.STOP, RoutingKey.PARKED),
        LogLimits().arguments,
    ),
    # Looking at a dead letter gives it back, which counts as a delivery: with the limit of 20 that RabbitMQ 4 sets by
    # default, the 21st look would drop it. There is no "none" that 3.10 takes too, so the limit is out of reach.
    Queue(DEAD_LETTERS, (RoutingKey.PARKED,), {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}),
)
