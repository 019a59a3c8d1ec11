"""Submissions that were accepted and that this node has not read in the log yet; they are published again after a while.

The broker confirms what it has written, but a log that is being replaced just then takes the record with it.
"""

import asyncio

import structlog

from myna.broker.port import Broker
from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver
from myna.core.turn_queue import Conversation
from myna.pipeline.submission import Submission
from myna.protocol.ids import reply_id_for

log = structlog.get_logger()

UNSEEN_S = 5.0  # a confirmed record is read back within milliseconds; so long after, it will not come


class UnseenSubmissions(LogObserver):
    """What was accepted, until the log shows it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: dict[str, tuple[Submission, float]] = {}  # by reply_id, since when

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, submission: Submission) -> None:
        """It was accepted just now."""
        self._waiting[submission.reply_id] = submission, asyncio.get_running_loop().time()

    def about(self, conversation: Conversation, message_id: str) -> list[Submission]:
        """Those whose reply is to this message."""
        return [one for one, _ in self._waiting.values() if (one.conversation, one.message_id) == (conversation, message_id)]

    def message(self, owner: str, message_id: str) -> Submission | None:
        """The submission of this message itself."""
        found = self._waiting.get(reply_id_for(owner, message_id))
        return found[0] if found is not None else None

    def observe(self, folded: FoldResult) -> None:
        """The log shows them, or shows that they repeat what it had."""
        for job in (*folded.jobs, *folded.dropped):
            self._waiting.pop(job.reply_id, None)

    def caught_up(self, began_at: float) -> None:
        """The log was read to its end: what was accepted before reading began should have come."""
        self.repeat(before=began_at)

    def repeat(self, before: float | None = None) -> None:
        """Publish again what was accepted before then, by the event loop's clock; `UNSEEN_S` ago unless told.

        As a job too: a reply that came before its message stood in the log counts for nobody.
        """
        now = asyncio.get_running_loop().time()
        for reply_id, (submission, since) in list(self._waiting.items()):
            if since < (now - UNSEEN_S if before is None else before):
                log.warning("submission.repeated", reply_id=reply_id)
                self._waiting[reply_id] = submission, now
                self._broker.submit(*submission.publication())
