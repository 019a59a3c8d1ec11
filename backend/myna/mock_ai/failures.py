"""The failures that the mock can be told to make, by code: the sentence a person reads, and whether trying again may help."""

from myna.mock_ai.port import Failure

FAILURES: dict[str, tuple[str, bool]] = {
    "overloaded": ("The mock was asked to be overloaded, and is. Trying again may help.", True),
    "rate_limited": ("The mock was asked to turn this reply away for its rate. Trying again may help.", True),
    "server_error": ("The mock was asked to break, and has. Trying again may help.", True),
    "timeout": ("The mock was asked to take too long, and has. Trying again may help.", True),
    "refused": ("The mock was asked to refuse, and does. Trying again will not change its mind.", False),
    "context_length": ("The mock was asked to find this conversation too long. A shorter one would be answered.", False),
    "connection_cut": ("The mock was asked to lose its connection without a word, and has. Trying again may help.", True),
    "connection_reset": ("The mock was asked to reset its connection, and has. Trying again may help.", True),
    "stalled": ("The mock was asked to fall silent, and has. Trying again may help.", True),
    "broken_event": ("The mock was asked to send what nobody can read, and has. Trying again may help.", True),
    "truncated": ("The mock was asked to end before its reply does, and has. Trying again may help.", True),
}
# Those that an HTTP client meets in the bytes it gets, not as an answer: web/openai/wire_failures.py plays them.
WIRE_FAILURES = ("connection_cut", "connection_reset", "stalled", "broken_event", "truncated")
# Seconds before these fail: longer than a test's patience, shorter than an idle limit.
AFTER_S = {"timeout": 30.0, "stalled": 30.0}


def failure(
    code: str,
    detail: str | None = None,
    retryable: bool | None = None,
    after_s: float | None = None,
    status: int | None = None,
    retry_after_s: float | None = None,
) -> Failure:
    """A failure, with what is not given taken from FAILURES and AFTER_S."""
    known = FAILURES.get(code, ("", False))
    wait = AFTER_S.get(code, 0.0) if after_s is None else after_s
    return Failure(code, detail or known[0], known[1] if retryable is None else retryable, wait, status, retry_after_s)
