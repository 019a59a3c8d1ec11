"""Every way things go wrong, each with one code, one status and one meaning."""

from enum import IntEnum


class MynaError(Exception):
    """The family. `str(error)` is one sentence that may be shown to whoever caused it."""


class StartupError(MynaError):
    """The process can't start: a wrong setting, a taken port, an old schema. Ends in one sentence and exit code 2."""


class Unavailable(MynaError):
    """The broker or the database can't serve now. The caller may try again; nothing is known to have happened."""


class BrokerUnavailable(Unavailable):
    """The broker is away, blocked or full. A publish that raised this may still arrive later: repeat it under the same id."""


class StoreUnavailable(Unavailable):
    """The database is away. Chat goes on without it; what only it knows can't be read."""


class RecorderFenced(MynaError):
    """Another node has recorded past the position this one expected: step down and look again."""


class ChatError(MynaError):
    """A refusal to one frame or request; the socket stays open.

    `code` is one of the codes in the tables that /docs shows, `status` the HTTP status the same refusal has. The tables are
    made of this family: a refusal's docstring is what they say of its code.
    """

    code = "error"
    status = 400

    def __init__(self, detail: str, *, ref: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.ref = ref
        self.retry_after_s = retry_after_s


class InvalidFrame(ChatError):
    """Not JSON, the wrong shape, an unknown field or type."""

    code, status = "invalid_frame", 400


class InvalidText(ChatError):
    """A text that is empty, too long, or holds NUL or lone surrogates."""

    code, status = "invalid_text", 400


class Conflict(ChatError):
    """An idempotency key used again for something else."""

    code, status = "conflict", 409


class RateLimited(ChatError):
    """More frames or writes than may be sent in this time; try again after it."""

    code, status = "rate_limited", 429


class Busy(ChatError):
    """Too many messages wait in one conversation, or the broker can't take one now."""

    code, status = "busy", 503


class NotFound(ChatError):
    """No such conversation or message under this owner, or nothing at this address."""

    code, status = "not_found", 404


class Behind(ChatError):
    """What was asked for needs the database, or a log position this node has not reached in time."""

    code, status = "unavailable", 503


class RequestRefused(ChatError):
    """The refusals that only HTTP knows, an upgrade's included."""


class BadRequest(RequestRefused):
    """No request that this server understands."""

    code, status = "bad_request", 400


class Unauthorized(RequestRefused):
    """No credential, or a bad one."""

    code, status = "unauthorized", 401


class Forbidden(RequestRefused):
    """A write or an upgrade from a page that is not allowed here."""

    code, status = "forbidden", 403


class Misdirected(RequestRefused):
    """This node does not answer under the host name that was asked for."""

    code, status = "misdirected", 421


class MethodNotAllowed(RequestRefused):
    """The address exists and does not take this method; `Allow` says which it takes."""

    code, status = "method_not_allowed", 405


class TooLarge(RequestRefused):
    """A body beyond the limit."""

    code, status = "too_large", 413


class Internal(ChatError):
    """Something went wrong here; the server's log knows more."""

    code, status = "internal", 500


class Close(IntEnum):
    """Why the server closes a websocket, and what a client does then (never 1000 or 1011 for a fault of ours).

    Codes below 4000 are those of RFC 6455 §7.4.1 and its registry; `meaning` is what the documents say of each.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "Close":
        """A code and its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    PROTOCOL_ERROR = 1002, "what came was no websocket frame; mend the client"
    BINARY_FRAME = 1003, "a binary frame came; send text frames"
    INVALID_UTF8 = 1007, "a text frame was not UTF-8; mend the client"
    TOO_LARGE = 1009, "a frame was too large; send less"
    RESTART = 1012, "the node restarts; reconnect with jitter and resume"
    OVERLOADED = 1013, "the node has all the sockets it takes; reconnect later"
    SESSION_ENDED = 4401, "the session has ended for good; begin a new one"
    TOO_SLOW = 4408, "the client read too slowly; reconnect and resume"
    FLOODING = 4429, "far too many frames; slow down, then reconnect"
