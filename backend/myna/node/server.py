"""Runs a backend node on a listener that is bound, until it is told to stop, with Hypercorn in this process."""

import asyncio
import socket
import sys
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_address

import structlog

from myna.broker.port import Broker
from myna.node.banner import banner
from myna.node.garbage_collection import favour_event_loop
from myna.node.loop_supervisor import Supervisor
from myna.node.metrics_port import serve_metrics
from myna.node.node import Node, make_services
from myna.node.node_collector import ThreadCollector
from myna.node.stopping import Member, exit_code, first_of
from myna.protocol.errors import StartupError
from myna.settings import Settings
from myna.store.forgetful_store import ForgetfulStore
from myna.store.port import Store
from myna.web.server import hypercorn_patches
from myna.web.server.config import ServerConfig
from myna.web.server.serving import serve

log = structlog.get_logger()


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


async def postgres_store(settings: Settings, starting: "asyncio.Future[str] | None") -> Store:
    """The store on the database that the settings name, or on the embedded one whose URL `starting` will have."""
    # Imported here: a node without a database starts in half the time.
    from myna.store.postgres.store import PostgresStore

    if starting is None:
        return PostgresStore(settings.database_url or "")
    url = await starting
    await bring_to_head(url, PostgresStore(url))
    return PostgresStore(url)


async def run_node(
    settings: Settings,
    listener: socket.socket,
    stopping: asyncio.Event,
    supervisor: Supervisor,
    broker: Broker,
    starting: "asyncio.Future[str] | None",
    *,
    responder: bool,
    forgetful: bool,
    member: Member | None,
) -> int:
    """A node until `stopping` is set; the exit code. See `start.serve`; `starting` will have the URL of an embedded database."""
    hypercorn_patches.apply()
    async with AsyncExitStack() as stack:
        store = ForgetfulStore() if forgetful else await postgres_store(settings, starting)
        node = Node(make_services(settings, broker, store, responder=responder), supervisor)
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
        await serve(node.app, config, until_drained)
    log.info("node.stopped")
    return exit_code(node.supervisor)
