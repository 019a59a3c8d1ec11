"""Every bound on what clients may cost this node: one table, the counts behind it, and how a refusal is counted.

Each cost is paid by the address that causes it, and by the owner where one is known. No bound depends on another's use, so
that one client cannot take what others need.
"""

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from myna.core.token_bucket import TokenBuckets
from myna.protocol.errors import Busy, RateLimited
from myna.settings import Settings
from myna.web.client_address import client_network, is_within
from myna.web.refusals import Refusals
from myna.web.server.departures import Departures
from myna.web.server.pace import Activity, Pace
from myna.web.server.requests import IMPORT_LIMIT
from myna.web.websocket.reading_turns import ReadingTurns

# File descriptors that are not clients': listener, broker, database, logs, and the connections that are being refused.
RESERVED_DESCRIPTORS = 64
# A bound on what happens a second lets as many seconds' worth happen at once.
BURST_S = 10
# But imports, which stay in memory as what is said does, several times as large: two of the largest, at least.
IMPORTS_BURST_BYTES = 2 * IMPORT_LIMIT
# And new owners: everybody behind one address may come for the first time at once.
NEW_SESSIONS_BURST_S = 100


class Limit(NamedTuple):
    """A bound: whose it is, what it counts, the setting that holds it, and what a client meets beyond it."""

    scope: str
    what: str
    setting: str
    answer: str


TABLE = {
    "connections": Limit("address", "TCP connections at once", "max_connections_per_address", "429"),
    "connection_rate": Limit("address", "TCP connections opened a second", "connections_per_s", "429"),
    "sockets": Limit("node", "websockets at once", "max_sockets", "1013"),
    "sockets_of_address": Limit("address", "websockets at once", "max_sockets_per_address", "1013"),
    "sockets_of_owner": Limit("owner", "websockets at once", "max_sockets_per_owner", "1013"),
    "new_sessions": Limit("address", "new owners a second, made by HTTP or by an upgrade", "new_sessions_per_s", "429"),
    "requests_of_address": Limit("address", "requests in flight, their answers included", "max_requests_per_address", "429"),
    "requests_of_owner": Limit("owner", "requests in flight, their answers included", "max_requests_per_owner", "429"),
    "transfers_of_address": Limit("address", "exports and imports in flight", "max_transfers_per_address", "429"),
    "refusals": Limit("address", "requests refused with 429 a second; then its connections and requests are", "refusals_per_s", "429"),
    "bodies_of_address": Limit("address", "bytes of bodies in flight, both ways", "body_bytes_per_address", "429"),
    "bodies_of_owner": Limit("owner", "bytes of bodies in flight, both ways", "body_bytes_per_owner", "429"),
    "bodies": Limit("node", "bytes of bodies in flight, both ways", "body_bytes_per_node", "busy"),
    "imports_of_address": Limit("address", "bytes of imports a second", "import_bytes_per_s", "429"),
    "reads_of_owner": Limit("owner", "reads a second by HTTP", "reads_per_s", "429"),
    "reads_of_address": Limit("address", "reads a second by HTTP", "reads_per_s × owners_per_address", "429"),
    "writes_of_owner": Limit("owner", "writes a second by HTTP", "rate_per_s", "429"),
    "writes_of_address": Limit("address", "writes a second by HTTP", "rate_per_s × owners_per_address", "429"),
    "frames": Limit("socket", "frames a second; 4429 after a thousand refusals", "rate_per_s", "rate_limited"),
    "frames_of_address": Limit("address", "frames a second over all its sockets", "rate_per_s × owners_per_address", "rate_limited"),
    "control_frames": Limit("socket", "pings, pongs and parts of messages a second", "control_frames_per_s", "4429"),
    "socket_bytes": Limit("socket", "bytes a second", "socket_bytes_per_s", "4429"),
    "header_time": Limit("connection", "seconds until a request's headers are there", "header_s", "closed"),
    "body_time": Limit("request", "seconds until its body is there", "body_s", "408"),
    "unread_time": Limit("connection", "seconds in which a client reads nothing of what it was sent", "unread_s", "closed, or 4408"),
}  # fmt: skip


class Held:
    """How much of something each key holds at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[str] = Counter()

    def __getitem__(self, key: str) -> int:
        return self._held[key]

    def take(self, key: str, amount: int = 1) -> bool:
        """Hold more for this key; False, and nothing is held, when it would be too much."""
        if self._held[key] + amount > self.most:
            if not self._held[key]:
                del self._held[key]
            return False
        self._held[key] += amount
        return True

    def add(self, key: str, amount: int) -> None:
        """Hold more for this key, however much that is."""
        if amount:
            self._held[key] += amount

    def give_back(self, key: str, amount: int = 1) -> None:
        """Hold less for this key. One that holds nothing is forgotten."""
        self._held[key] -= amount
        if self._held[key] <= 0:
            del self._held[key]


class Limits:
    """The counts of one node. An address in `unlimited_networks` has the key None, and no bound of its own."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self.refused: Counter[tuple[str, str]] = Counter()  # by limit and answer
        self.refusals = Refusals(TokenBuckets(settings.refusals_per_s, round(max(1, settings.refusals_per_s * BURST_S))), now)
        self.activity = Activity()
        self.departures = Departures()
        self.pace = Pace(self.activity, self.departures)
        self.connection_pace = Pace(self.activity, self.departures)
        self.reading_turns = ReadingTurns(self.activity)
        self.settings = settings
        self.most_connections = max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED_DESCRIPTORS)
        self.open_connections = 0
        self._now = now
        many = settings.owners_per_address
        # However few descriptors there are, one address leaves half of them to the others.
        self.connections = Held(min(settings.max_connections_per_address, max(1, self.most_connections // 2)))
        self.sockets_of_address = Held(settings.max_sockets_per_address)
        self.sockets_of_owner = Held(settings.max_sockets_per_owner)
        self.requests_of_address = Held(settings.max_requests_per_address)
        self.requests_of_owner = Held(settings.max_requests_per_owner)
        self.transfers_of_address = Held(settings.max_transfers_per_address)
        self.bodies_of_address = Held(settings.body_bytes_per_address)
        self.bodies_of_owner = Held(settings.body_bytes_per_owner)
        self.body_bytes = self.ended_body_bytes = 0  # on the whole node: in flight, and all that were
        self.connection_rate = TokenBuckets(settings.connections_per_s, round(settings.connections_per_s * BURST_S))
        self.new_sessions = TokenBuckets(settings.new_sessions_per_s, round(max(1, settings.new_sessions_per_s * NEW_SESSIONS_BURST_S)))
        self.reads_of_owner = TokenBuckets(settings.reads_per_s, round(max(1, settings.reads_per_s * BURST_S)))
        self.reads_of_address = TokenBuckets(settings.reads_per_s * many, round(max(1, settings.reads_per_s * BURST_S * many)))
        self.writes_of_owner = TokenBuckets(settings.rate_per_s, settings.rate_burst)
        self.writes_of_address = TokenBuckets(settings.rate_per_s * many, settings.rate_burst * many)
        self.imports_of_address = TokenBuckets(
            settings.import_bytes_per_s, max(IMPORTS_BURST_BYTES, round(settings.import_bytes_per_s * BURST_S))
        )
        self.frames_of_address = TokenBuckets(settings.rate_per_s * many, settings.rate_burst * many)

    # --- addresses ---

    def client(self, peer: str, forwarded: str = "") -> str | None:
        """The key that a client's address is counted by; None where no bound is for it."""
        address = client_network(peer, forwarded, self.settings.trusted_proxies)
        return None if address is None or is_within(address, self.settings.unlimited_networks) else str(address)

    def client_of(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The same, of a request as the server has it."""
        forwarded = b",".join(value for name, value in headers if name.lower() == b"x-forwarded-for")
        return self.client(client[0] if client else "", forwarded.decode("latin1"))

    # --- what happens, by key ---

    def count(self, name: str) -> Limit:
        """Count one more refusal by this limit."""
        limit = TABLE[name]
        self.refused[name, limit.answer] += 1
        return limit

    def wait_s(self, name: str, buckets: TokenBuckets, key: str | None, amount: float = 1) -> float:
        """Count one more event of this key, or so many: 0.0, or, of one too many, the seconds until it would be let through."""
        wait_s = buckets.take(key, self._now(), amount) if key is not None else 0.0
        if wait_s:
            self.count(name)
        return wait_s

    def check_rate(self, name: str, buckets: TokenBuckets, key: str | None, amount: float = 1) -> None:
        """Raise `RateLimited` for one event too many of this key."""
        wait_s = self.wait_s(name, buckets, key, amount)
        if wait_s:
            limit = TABLE[name]
            raise RateLimited(f"Too many {limit.what}, of one {limit.scope}; slow down.", retry_after_s=wait_s)

    def check_refusals(self, key: str) -> None:
        """Raise `RateLimited` while this key was refused too often, and went on."""
        wait_s = self.refusals.wait_s(key)
        if wait_s:
            self.count("refusals")
            raise RateLimited("Too many requests after they were refused; wait as long as Retry-After says.", retry_after_s=wait_s)

    # --- what is held, by key ---

    def check_held(self, name: str, held: Held, key: str) -> None:
        """Hold one more for this key; raise `RateLimited` where it has too many."""
        if not held.take(key):
            raise self._too_much(name)

    def hold_body(self, address: str | None, owner: str | None, size: int) -> None:
        """Hold so many bytes of a body. Raises `RateLimited`, or `Busy` where the whole node holds too many."""
        for name, held, key in self._bodies(address, owner):
            if held[key] + size > held.most:
                raise self._too_much(name)
        if self.body_bytes + size > self.settings.body_bytes_per_node:
            raise self._too_much("bodies")
        self.add_body(address, owner, size)

    def add_body(self, address: str | None, owner: str | None, size: int) -> None:
        """Hold so many bytes of an answer, however many there are already: it has been made."""
        self.body_bytes += size
        for _, held, key in self._bodies(address, owner):
            held.add(key, size)

    def release_body(self, address: str | None, owner: str | None, size: int) -> None:
        """Hold so many bytes less."""
        self.body_bytes -= size
        self.ended_body_bytes += size
        for _, held, key in self._bodies(address, owner):
            held.give_back(key, size)

    def _bodies(self, address: str | None, owner: str | None) -> Iterator[tuple[str, Held, str]]:
        if address is not None:
            yield "bodies_of_address", self.bodies_of_address, address
        if owner is not None:
            yield "bodies_of_owner", self.bodies_of_owner, owner

    def _too_much(self, name: str) -> RateLimited | Busy:
        limit = self.count(name)
        kind = Busy if limit.answer == "busy" else RateLimited
        return kind(f"Too many {limit.what}, of one {limit.scope}; try again when some have ended.", retry_after_s=1)

    def open_connection(self, peer: str) -> Callable[[], None] | None:
        """Count a TCP connection from there; what to call when it has ended, or None when it is one too many."""
        network = client_network(peer, "", ())
        key = self.client(peer) if network is None or not is_within(network, self.settings.trusted_proxies) else None
        if self.open_connections >= self.most_connections or (key is not None and not self.connections.take(key)):
            self.count("connections")
            return None
        if key is not None and self.refusals.wait_s(key):
            self.count("refusals")
            self.connections.give_back(key)
            return None
        if self.wait_s("connection_rate", self.connection_rate, key):
            if key is not None:
                self.connections.give_back(key)
            return None
        self.open_connections += 1
        return partial(self._close_connection, key)

    def _close_connection(self, key: str | None) -> None:
        self.open_connections -= 1
        if key is not None:
            self.connections.give_back(key)
