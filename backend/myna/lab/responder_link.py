"""What lies between one responder and the broker, so that it can stand still or end there without harm to the others."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from myna.broker.port import Broker, Consumer, Delivery
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey

Submit = Callable[[RoutingKey, Sequence[bytes]], "asyncio.Future[None]"]

_DELTA = b'"type":"reply.delta"'


class _Index(msgspec.Struct):
    index: int = -1


_INDEX = msgspec.json.Decoder(_Index)


class ResponderLink:
    """A broker as one responder sees it. What is not here it asks of the broker itself."""

    submit: Submit  # see `port.Broker.submit`: the broker's own, so that it costs nothing, unless something may be held or cut here

    def __init__(self, broker: Broker) -> None:
        self.submit = broker.submit
        self._broker = broker
        self._open = asyncio.Event()
        self._open.set()
        self._cut = False
        self._held: list[tuple[RoutingKey, Sequence[bytes], asyncio.Future[None]]] = []
        self._last_part: int | None = None  # the index of the part behind which nothing more passes
        self._on_last_part: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    @property
    def paused(self) -> bool:
        """Whether nothing passes."""
        return not self._open.is_set()

    def pause(self) -> None:
        """Let nothing pass, as if the process stood still; it keeps what it has."""
        self._open.clear()
        self.submit = self._submit

    def resume(self) -> None:
        """Let everything pass again, first what was held, in its order."""
        self._open.set()
        self._choose_submit()
        held, self._held = self._held, []
        for key, lines, future in held:
            _follow(self.submit(key, lines), future)

    def cut(self) -> None:
        """Let nothing pass any more: what the responder publishes from now on is lost, as if it were dead."""
        self._cut = True
        self.resume()

    def end_after(self, part: int | None, then: Callable[[], None] | None = None) -> None:
        """Let the part with this number (from 1) of the next reply that gets there pass, and nothing behind it; then call `then`."""
        self._last_part, self._on_last_part = part and part - 1, then
        self._choose_submit()

    def _choose_submit(self) -> None:
        free = self._open.is_set() and not self._cut and self._last_part is None
        self.submit = self._broker.submit if free else self._submit

    def _submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        if self._cut:
            return _failed()
        if not self._open.is_set():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append((key, lines, future))
            return future
        if self._last_part is None:
            return self._broker.submit(key, lines)
        passing = next((number for number, line in enumerate(lines, 1) if self._is_last(line)), None)
        if passing is None:
            return self._broker.submit(key, lines)
        self._broker.submit(key, lines[:passing])
        self._cut = True
        if self._on_last_part is not None:
            asyncio.get_running_loop().call_soon(self._on_last_part)
        return _failed()

    def _is_last(self, line: bytes) -> bool:
        return _DELTA in line and _INDEX.decode(line).index == self._last_part

    def consume(self, *, prefetch: int) -> Consumer:
        """See `port.Broker.consume`."""
        return _LinkConsumer(self._broker.consume(prefetch=prefetch), self._open)


class _LinkConsumer:
    """A consumer whose deliveries arrive only while the link is open."""

    def __init__(self, consumer: Consumer, is_open: asyncio.Event) -> None:
        self._consumer = consumer
        self._is_open = is_open

    def __aiter__(self) -> Consumer:
        return self

    async def __anext__(self) -> Delivery:
        delivery = await anext(self._consumer)
        await self._is_open.wait()
        return delivery

    async def aclose(self) -> None:
        await self._consumer.aclose()


def _failed() -> "asyncio.Future[None]":
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(BrokerUnavailable("This responder was ended on purpose."))
    future.exception()  # counts as looked at
    return future


def _follow(leader: "asyncio.Future[None]", follower: "asyncio.Future[None]") -> None:
    def done(ended: "asyncio.Future[None]") -> None:
        error = BrokerUnavailable("The publish was cancelled.") if ended.cancelled() else ended.exception()
        if follower.done():
            return
        if error is None:
            follower.set_result(None)
        else:
            follower.set_exception(error)
            follower.exception()

    leader.add_done_callback(done)
