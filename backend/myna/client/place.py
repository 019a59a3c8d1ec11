"""Where a client stands in its owner's log: what it names to go on from there after a lost connection."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass
class Place:
    """The epoch (life of the log) and the cursor of the last event seen; empty before the first connection."""

    epoch: str = ""
    cursor: str = ""

    @property
    def query(self) -> str:
        """The query of the upgrade that resumes here; empty where there is nothing to resume."""
        return f"?{urlencode({'epoch': self.epoch, 'after': self.cursor})}" if self.cursor else ""

    def seen(self, frame: dict[str, Any]) -> None:
        """Move on by one frame. After a welcome that resumes, the missed events are still to come: the cursor stays."""
        if frame["type"] == "welcome":
            self.epoch = frame["epoch"]
            if frame["resumed"]:
                return
        self.cursor = frame.get("cursor", self.cursor)
