"""How a connection to Postgres is made, and what its errors mean here. No table is known.

Every connection is made from the URL by asyncpg itself, so unix sockets (`?host=/folder`) and `sslmode` mean what they mean to libpq.
"""

import time
from urllib.parse import urlsplit
from weakref import WeakSet

import asyncpg

from myna.protocol.errors import StartupError, StoreUnavailable
from myna.store.postgres.pool import PoolTimeout

CONNECT_S = 3.0
# Whatever a database, its driver and its pool may raise.
DATABASE_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# SQLSTATE classes that speak of what was to be stored: data exception, integrity violation, limit exceeded (of one row).
_REFUSALS = ("22", "23", "54")
# The server is there and answers, though not with the result: no lock in time, statement too slow.
_BUSY = ("55P03", "57014")


def asyncpg_dsn(url: str) -> str:
    """The URL as asyncpg takes it; it may name several servers, comma-separated. Raises `StartupError` for one that is not Postgres'."""
    scheme, _, rest = url.partition("://")
    if scheme.removesuffix("+asyncpg") not in ("postgresql", "postgres") or not rest:
        raise StartupError("CHAT_DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    servers = urlsplit(url).netloc.rpartition("@")[2]
    try:
        for server in servers.split(","):
            urlsplit(f"//{server}").port  # noqa: B018 (raises for a port that is no number)
    except ValueError:
        raise StartupError("CHAT_DATABASE_URL names a port that is not a number from 0 to 65535.") from None
    return f"postgresql://{rest}"


async def connect(dsn: str, *, command_s: float, settings: dict[str, str]) -> asyncpg.Connection:
    """A new connection with these server settings for its session, each command limited to `command_s` seconds.

    It is to a server that takes writes: of several the first that does, and none to a standby that a failover has yet to promote.
    Raises any of `DATABASE_ERRORS`.
    """
    if time.monotonic() < _cut.until:
        raise ConnectionRefusedError("cut on purpose")
    settings = {"application_name": "myna", "timezone": "UTC", **settings}
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_S, command_timeout=command_s, server_settings=settings, target_session_attrs="read-write"
    )
    _cut.connections.add(connection)
    return connection


class _Cut:
    """This process's connections, and until when no new ones are made (by the monotonic clock)."""

    def __init__(self) -> None:
        self.connections = WeakSet[asyncpg.Connection]()
        self.until = 0.0


_cut = _Cut()


def cut(seconds: float) -> int:
    """Break all of this process's connections and let none be made for so long; how many there were. 0 seconds: allow them again."""
    _cut.until = time.monotonic() + seconds
    broken = [connection for connection in _cut.connections if seconds and not connection.is_closed()]
    for connection in broken:
        connection.terminate()
    return len(broken)


def is_refusal(error: BaseException) -> bool:
    """Whether an error speaks of the data: the same data would be refused again."""
    return isinstance(error, ValueError) or str(getattr(error, "sqlstate", None) or "").startswith(_REFUSALS)


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database is away, rather than busy."""
    return not isinstance(error, PoolTimeout) and getattr(error, "sqlstate", None) not in _BUSY


def unavailable(error: BaseException) -> StoreUnavailable:
    """An error as one sentence, which names its kind and never the address (that may hold a password)."""
    state = getattr(error, "sqlstate", None)
    kind = type(error).__name__ + (f", {state}" if state else "")
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("Too many requests wait for the database.")
    if isinstance(error, TimeoutError) or state in _BUSY:
        return StoreUnavailable(f"The database did not answer in time ({kind}).")
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched | asyncpg.ReadOnlySQLTransactionError):
        return StoreUnavailable("The database takes no writes: it is a standby, or set to be read only.")
    if isinstance(error, OSError):
        return StoreUnavailable(f"The database cannot be reached ({kind}).")
    return StoreUnavailable(f"The database cannot serve now ({kind}).")
