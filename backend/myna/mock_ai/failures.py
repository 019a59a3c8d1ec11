"""The failures that the mock can be told to make, by code: the sentence a person reads, and whether trying again may help."""

from myna.mock_ai.port import Failure

FAILURES: dict[str, tuple[str, bool]] = {
    "overloaded": ("The mock was asked to be overloaded, and is. Trying again may help.", True),
    "rate_limited": ("The mock was asked to turn this reply away for its rate. Trying again may help.", True),
    "server_error": ("The mock was asked to break, and has. Trying again may help.", True),
    "timeout": ("The mock was asked to take too long, and has. Trying again may help.", True),
    "refused": ("The mock was asked to refuse, and does. Trying again will not change its mind.", False),
    "context_length": ("The mock was asked to find this conversation too long. A shorter one would be answered.", False),
}
TIMEOUT_AFTER_S = 30.0  # seconds before `timeout` fails: longer than a test's patience, shorter than an idle limit


def failure(code: str, detail: str | None = None, retryable: bool | None = None, after_s: float | None = None) -> Failure:
    """A failure, with what is not given taken from FAILURES."""
    known = FAILURES.get(code, ("", False))
    wait = (TIMEOUT_AFTER_S if code == "timeout" else 0.0) if after_s is None else after_s
    return Failure(code, detail or known[0], known[1] if retryable is None else retryable, wait)
