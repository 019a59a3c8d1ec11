"""Serves an ASGI application on a listening socket with Hypercorn's protocols and our own connections."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.typing import LifespanState
from hypercorn.utils import wrap_app

from myna.web.server.accepting import Acceptor
from myna.web.server.config import ServerConfig
from myna.web.server.tcp_server import LimitedTCPServer


async def serve(app: Any, config: ServerConfig, shutdown_trigger: Callable[[], Awaitable[None]]) -> None:
    """Serve until the trigger returns; the listening socket is closed then.

    Hypercorn's own makes streams and a task for each connection before anybody can say that it is one too many.
    """
    loop, context, state = asyncio.get_running_loop(), WorkerContext(None), LifespanState({})
    wrapped = wrap_app(app, config.wsgi_max_body_size, "asgi")
    lifespan = Lifespan(wrapped, config, loop, state)
    living = loop.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    if living.done():
        living.result()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, release: Callable[[], None]) -> None:
        await LimitedTCPServer(wrapped, loop, config, context, state, reader, writer, release)

    acceptor = Acceptor(socket.socket(fileno=config.listener), config.limits, connected)
    try:
        await shutdown_trigger()
    finally:
        await context.terminated.set()
        await acceptor.close(config.graceful_timeout)
        config.limits.departures.close()
        await lifespan.wait_for_shutdown()
        living.cancel()
        await asyncio.wait([living])
