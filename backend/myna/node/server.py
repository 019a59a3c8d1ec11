"""Runs a backend node from start to SIGTERM, with Hypercorn in this process."""

import asyncio
import resource
import sys
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_address

import structlog
from hypercorn.asyncio import serve as hypercorn_serve

from myna.embedded_postgres.server import EmbeddedPostgres
from myna.node.banner import banner
from myna.node.factories import forgetful_store, make_broker, make_data_dir, memory_broker
from myna.node.garbage_collection import favour_event_loop
from myna.node.listener import bind
from myna.node.metrics_port import serve_metrics
from myna.node.node import Node, make_services
from myna.node.node_collector import ThreadCollector
from myna.node.stopping import Member, exit_code, first_of, stop_signal
from myna.node.traces import start_traces
from myna.protocol.errors import StartupError
from myna.settings import Settings
from myna.store.port import Store
from myna.web.server import hypercorn_patches
from myna.web.server.config import ServerConfig

log = structlog.get_logger()

DESCRIPTORS = 65_536  # more than CHAT_MAX_SOCKETS by far


def address(host: str, port: int) -> str:
    """The URL of what listens there, as people at this machine type it."""
    if host in ("127.0.0.1", "::1") or ip_address(host).is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def announce(url: str, node: Node) -> None:
    """Say for people where the page is, once it can be used; whatever the log looks like, and where it goes."""
    await node.services.relay.wait_live()
    services = node.services
    with suppress(OSError):  # nobody listens any more
        sys.stdout.write(banner(services.settings, url, terminal=sys.stdout.isatty(), responder=services.responder is not None))
        sys.stdout.flush()


def raise_descriptor_limit() -> None:
    """Open as many connections as the system lets this account, and not the few that a shell starts with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def bring_to_head(url: str, store: Store) -> None:
    """Migrate the embedded database if this release needs it; `store` is closed then."""
    try:
        await store.check_schema()
    except StartupError:
        # Imported here, because Alembic takes half a second, and most starts have nothing for it to do.
        from myna.store.postgres.migrations import migrate

        await migrate(url)
    finally:
        await store.close()


async def postgres_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """The store on the database that the settings name, or on an embedded one that runs until the stack ends."""
    # Imported here: a node without a database starts in half the time.
    from myna.store.postgres.store import PostgresStore

    url = settings.database_url
    if url is None:
        make_data_dir(settings)
        postgres = EmbeddedPostgres(settings.data_dir / "postgres")
        url = await postgres.start()
        stack.push_async_callback(postgres.stop)
        await bring_to_head(url, PostgresStore(url))
    return PostgresStore(url)


async def serve(settings: Settings, *, responder: bool, forgetful: bool = False, member: Member | None = None) -> int:
    """A node until SIGTERM; 0 after a clean drain, 1 when a loop failed for good. `forgetful`: it keeps nothing and needs nobody.

    A `member` of a group shares its port with the others.
    """
    stopping = stop_signal(member)
    raise_descriptor_limit()
    start_traces(settings, "myna-node")
    hypercorn_patches.apply()
    listener = bind(settings, shared=member is not None)
    async with AsyncExitStack() as stack:
        if forgetful:
            broker, store = memory_broker(), forgetful_store()
        else:
            broker, store = make_broker(settings), await postgres_store(settings, stack)
        node = Node(make_services(settings, broker, store, responder=responder))
        serve_metrics(settings, lambda: ThreadCollector(node.services))
        favour_event_loop()
        node.start()

        async def until_drained() -> None:
            # Hypercorn closes nothing while this waits, so every socket is gone before it looks for any.
            await first_of(stopping.wait(), node.supervisor.failed.wait())
            log.info("node.draining")
            await node.drain()

        page = address(*listener.getsockname()[:2])
        log.info("node.listening", url=page)
        if member is None or member.number == 0:  # one of a group is enough
            announcing = asyncio.create_task(announce(page, node), name="announce")
            stack.callback(announcing.cancel)
        config = ServerConfig(listener.fileno(), node.services.limits, node.services.sessions)
        await hypercorn_serve(node.app, config, shutdown_trigger=until_drained)
    log.info("node.stopped")
    return exit_code(node.supervisor)
