"""Jobs as chat_queue carries them: the events that begin a reply, with what only a responder reads.

The same lines stand in the log, whose readers pass over those fields.
"""

from myna.protocol.event_fields import WireStruct
from myna.protocol.events import MessageCreated, Options, ReplyRequested
from myna.protocol.views import Role


class JobOptions(Options, frozen=True):
    """The same as a job carries them."""

    request: str | None = None  # what else a client of /v1 sent, as JSON that the brain reads; never from a socket


class HistoryItem(WireStruct, frozen=True):
    """A message or reply that leads to the one to be answered."""

    role: Role
    text: str


class MessageJob(MessageCreated, frozen=True, kw_only=True):
    """An accepted message as the job to answer it: with what only a responder reads."""

    options: JobOptions | None = None
    history: tuple[HistoryItem, ...] = ()  # the end of the path that leads here, oldest first, as much as the brain needs
    traceparent: str | None = None  # the trace that it belongs to, as W3C writes it; None: none is made


class ReplyJob(ReplyRequested, frozen=True, kw_only=True):
    """A request for one more reply as the job to make it: with what only a responder reads."""

    options: JobOptions | None = None
    history: tuple[HistoryItem, ...] = ()  # of its message
    traceparent: str | None = None


QueuedJob = MessageJob | ReplyJob
