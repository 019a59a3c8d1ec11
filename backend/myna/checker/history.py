"""What one client did and saw, socket by socket: the checker's input. Plain data, no server and no loop."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass
class Connection:
    """One socket from welcome to close: what went out on it and what came in, each in order."""

    welcome: Frame
    sent: list[Frame] = field(default_factory=list)
    received: list[Frame] = field(default_factory=list)
    close_code: int | None = None

    @property
    def resumed(self) -> bool:
        """Whether it goes on where the connection before ended."""
        return bool(self.welcome["resumed"])


@dataclass
class History:
    """One client (a tab): its owner and its sockets, oldest first."""

    name: str
    owner: str
    connections: list[Connection] = field(default_factory=list)

    def chains(self) -> Iterator[list[Frame]]:
        """What was received, cut where continuity was not promised: a resumed connection is one chain with the connection before."""
        chain: list[Frame] = []
        for connection in self.connections:
            if not connection.resumed and chain:
                yield chain
                chain = []
            chain = chain + connection.received
        if chain:
            yield chain

    def sent(self) -> Iterator[Frame]:
        """Every frame that went out, repeats too."""
        return (frame for connection in self.connections for frame in connection.sent)

    def received(self) -> Iterator[Frame]:
        """Every frame that came in."""
        return (frame for connection in self.connections for frame in connection.received)
