"""Hypercorn's TCP server, known to the requests that come over it."""

import asyncio
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.typing import ConnectionState, LifespanState

TCP = "myna.tcp"  # in the ASGI scope's state: the connection of the request


class KnownTCPServer(TCPServer):
    """One TCP connection, which its streams find in the state that the server hands to each request."""

    def __init__(self, app: Any, loop: Any, config: Any, context: Any, state: LifespanState, reader: Any, writer: Any) -> None:
        super().__init__(app, loop, config, context, LifespanState({**state, TCP: self}), reader, writer)


def writer_of(state: ConnectionState) -> asyncio.StreamWriter:
    """The writer of the connection that a request with this state came over."""
    server: KnownTCPServer = state[TCP]
    return server.writer
