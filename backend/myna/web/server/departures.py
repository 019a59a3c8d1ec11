"""Notices that clients have ended their connections while nothing is read of them."""

import asyncio
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Departures:
    """Connections that wait for something else than their client, by descriptor.

    A transport that reads nothing does not see the end behind what it has yet to read, nor a reset. Linux tells of both by a
    set of descriptors of our own (EPOLLRDHUP, epoll_ctl(2)); elsewhere they are noticed when the connection is read again.
    """

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None
        self._watched: dict[int, Callable[[], None]] = {}

    @contextmanager
    def watching(self, descriptor: int | None, tell: Callable[[], None]) -> Iterator[None]:
        """Call `tell`, once, when the client of this connection ends it within the block, or has. None: it is closed already."""
        if descriptor is None or not hasattr(select, "epoll"):
            yield
            return
        self._watch(descriptor, tell)
        try:
            yield
        finally:
            if self._watched.get(descriptor) is tell:  # else the connection was closed, and its descriptor is another's
                self._leave(descriptor)

    def close(self) -> None:
        """Watch no more."""
        if self._epoll is not None:
            asyncio.get_running_loop().remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
        self._watched.clear()

    def _watch(self, descriptor: int, tell: Callable[[], None]) -> None:
        if self._epoll is None:
            self._epoll = select.epoll()
            asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._look)
        if descriptor in self._watched:
            self._leave(descriptor)
        self._epoll.register(descriptor, select.EPOLLRDHUP)
        self._watched[descriptor] = tell

    def _leave(self, descriptor: int) -> None:
        del self._watched[descriptor]
        with suppress(OSError):  # it was closed, which ended the watch too
            if self._epoll is not None:
                self._epoll.unregister(descriptor)

    def _look(self) -> None:
        for descriptor, _ in self._epoll.poll(0) if self._epoll is not None else ():
            tell = self._watched.get(descriptor)
            self._leave(descriptor)
            if tell is not None:
                tell()
