"""What a node's laboratory consists of."""

from dataclasses import dataclass
from typing import Literal

from myna.lab.commands import CommandListener
from myna.lab.faults import Faults
from myna.lab.ledger import WatchedLedger
from myna.lab.responder_pool import ResponderPool


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Faults, the node's own responders, if it runs any, the ledger, and what listens to other processes' laboratories."""

    faults: Faults
    responders: ResponderPool | None
    ledger: WatchedLedger
    listener: CommandListener | None
    broker: Literal["rabbitmq", "embedded"]
    database: Literal["postgres", "embedded"]
