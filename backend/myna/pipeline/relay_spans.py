"""Makes a span of each turn that this node follows in the log, while traces are switched on: from its message to its reply's end."""

import re

from myna.core.fold_rules import FoldResult
from myna.core.hub import Hub
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.telemetry import tracing

_TRACEPARENT = re.compile(rb'"traceparent":"(00-[0-9a-f-]{52})"')


class RelaySpans(LogObserver):
    """One open span for each reply that is open, and was requested while this node was live."""

    def __init__(self, projection: Projection, hub: Hub) -> None:
        self._projection = projection
        self._hub = hub
        self._live = False
        self._open: dict[str, tracing.Span | None] = {}

    def catching_up(self) -> None:
        self._live = False

    def caught_up(self, began_at: float) -> None:
        self._live = True

    def log_replaced(self) -> None:
        self._open.clear()

    def observe(self, folded: FoldResult) -> None:
        for job in folded.jobs:
            reply = self._projection.open_replies.get(job.reply_id)
            found = _TRACEPARENT.search(reply.line) if reply is not None and self._live else None
            if found is not None:
                traceparent = found[1].decode()
                self._open[job.reply_id] = tracing.begin("relay", "CONSUMER", traceparent, reply_id=job.reply_id)
                tracing.await_row(job.reply_id, traceparent)
        for end in folded.ends:
            if end.reply_id in self._open:
                failed = end.code if isinstance(end, e.ReplyFailed) else None
                tracing.end(self._open.pop(end.reply_id), failed, connections=self._hub.connections_of(end.owner))
