"""What one client did and saw, socket by socket: the checker's input. Plain data, no server and no loop."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass
class Life:
    """One socket from welcome to close: what went out on it and what came in, each in order."""

    welcome: Frame
    sent: list[Frame] = field(default_factory=list)
    heard: list[Frame] = field(default_factory=list)
    close_code: int | None = None

    @property
    def resumed(self) -> bool:
        """Whether it goes on where the life before ended."""
        return bool(self.welcome["resumed"])


@dataclass
class History:
    """One client (a tab): its owner and its sockets, oldest first."""

    name: str
    owner: str
    lives: list[Life] = field(default_factory=list)

    def chains(self) -> Iterator[list[Frame]]:
        """What was heard, cut where continuity was not promised: a resumed life is one chain with the life before."""
        chain: list[Frame] = []
        for life in self.lives:
            if not life.resumed and chain:
                yield chain
                chain = []
            chain = chain + life.heard
        if chain:
            yield chain

    def sent(self) -> Iterator[Frame]:
        """Every frame that went out, repeats too."""
        return (frame for life in self.lives for frame in life.sent)

    def heard(self) -> Iterator[Frame]:
        """Every frame that came in."""
        return (frame for life in self.lives for frame in life.heard)
