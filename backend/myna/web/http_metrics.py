"""Counts and times the HTTP requests and the frames of sockets that this node takes."""

from collections import Counter

from myna.telemetry.histogram import Histogram

# Anything else that stands where a method stands would be a label made up by a client.
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class HttpMetrics:
    """The counts of one node since it started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, ...]] = Counter()  # by method, route and status
        self.seconds: dict[tuple[str, ...], Histogram] = {}  # by route
        self.frames: Counter[str] = Counter()  # from clients, by type

    def observe(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """A request was answered: `route` is the rule it matched, None where it matched none; `seconds` until its headers were ready."""
        route = route or "none"
        self.requests[method if method in METHODS else "other", route, str(status)] += 1
        seen = self.seconds.get((route,))
        if seen is None:
            seen = self.seconds[(route,)] = Histogram()
        seen.observe(seconds)
