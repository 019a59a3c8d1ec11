"""A projection in a test: records folded into it, and what it then shows, stores and remembers."""

import json

from myna.core.fold_rules import FoldResult
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.events import BEGINNING, Position
from myna.store.port import Checkpoint, Fact
from tests.unit.log_events import (
    ANN,
    accepted_message,
    record,
)  # fmt: skip

HI = accepted_message(1, "hi")


def fold(projection: Projection, *events: e.LogLine) -> FoldResult:
    """Fold these as one record, next in the log."""
    return projection.fold(record(projection.reached.offset + 1, *events), 0.0)


def projection(*events: e.LogLine) -> Projection:
    """One that has read these, a record each."""
    made = Projection("e1")
    for event in events:
        fold(made, event)
    return made


def missed(line: Projection, owner: str, epoch: str, cursor: str) -> list[bytes] | None:
    """What a socket that resumes from this cursor gets."""
    found = line.missed(owner, epoch, cursor)
    return None if found is None else list(found)


def since(line: Projection, owner: str, position: Position = BEGINNING) -> list[bytes]:
    """The frames that are remembered from behind a position on."""
    return list(line._window.since(owner, position))


def frames(line: Projection, owner: str = ANN) -> list[dict[str, object]]:
    return [json.loads(frame) for frame in since(line, owner)]


def shown(line: Projection, owner: str = ANN) -> list[str]:
    """What sockets are shown, in short."""
    fields = ("type", "index", "text", "finish_reason", "code")
    return [" ".join(str(frame[key]) for key in fields if key in frame) for frame in frames(line, owner)]


def checkpoint(line: Projection) -> Checkpoint:
    return line.batch()[0]


def pending(line: Projection) -> list[Fact]:
    return line.batch()[1]


WHOLE = ["message.created hi", "reply.started", "reply.delta 0 a", "reply.delta 1 b", "reply.completed ab stop"]


def store(line: Projection) -> None:
    line.stored_to(checkpoint(line))
