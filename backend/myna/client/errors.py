"""What a client is told went wrong, each with one meaning; `str(error)` is a sentence that may be shown to people."""

from myna.protocol.errors import MynaError


class ClientError(MynaError):
    """The family."""


class Unreachable(ClientError):
    """Nobody answers at this address, or not in time."""


class Refused(ClientError):
    """The server said no: `code` is one of the contract's error codes, `status` the HTTP status where it was HTTP or an upgrade."""

    def __init__(self, code: str, detail: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.code, self.status, self.retry_after_s = code, status, retry_after_s


class SessionEnded(ClientError):
    """The owner was forgotten or the token is not taken any more: begin anew without a token."""


class ReplyFailed(ClientError):
    """The reply ended without an answer; `retryable`: sending the message again may help."""

    def __init__(self, code: str, detail: str, *, retryable: bool) -> None:
        super().__init__(detail)
        self.code, self.retryable = code, retryable
