"""The port that a node listens on, alone or together with other processes of this machine."""

import errno
import socket

from myna.protocol.errors import StartupError
from myna.settings import Settings

BACKLOG = 4_096  # connections that wait to be taken: 2,000 clients may come back at once
# Bytes that one connection may have sent and we not read (Linux takes twice as much). What is there is read at once, whether its
# turn has come or not, and the system would let it grow to megabytes of each of thousands of connections.
UNREAD_BYTES = 64 * 1024


def bind(settings: Settings, *, shared: bool = False) -> socket.socket:
    """The listening socket: whoever connects from now on waits until it is served. Raises `StartupError` when the port is taken.

    `shared`: other processes of this account listen on the same port, and the system spreads connections over them (SO_REUSEPORT).
    """
    listener = _bound(settings, shared=shared)
    listener.listen(BACKLOG)
    return listener


def reserve(settings: Settings) -> socket.socket:
    """A socket that holds a port for processes that will share it, and takes no connection. Raises `StartupError` when it is taken."""
    _bound(settings, shared=False).close()  # somebody else who shares it would be found out only so
    return _bound(settings, shared=True)


def _bound(settings: Settings, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
    try:
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        why = "is taken by another process" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
        raise StartupError(f"CHAT_PORT: {settings.host}:{settings.port} {why}; stop it or choose another port.") from None
    return bound
