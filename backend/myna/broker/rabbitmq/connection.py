"""One AMQP connection to RabbitMQ, or to a member of its cluster, that is made again whenever it is lost.

It uses the library's plain connections and not its robust ones, because what is declared again after a loss, and when, is
decided here.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq import Channel
from aiormq.exceptions import (
    AMQPError,
    ChannelPreconditionFailed,
    DeliveryError,
    InvalidFrameError,
    ProbableAuthenticationError,
    PublishError,
)
from pamqp.common import FieldTable
from yarl import URL

from myna.protocol.errors import BrokerUnavailable, StartupError

NOT_YET = "RabbitMQ has not answered yet."
# All in seconds.
CONNECT_S = 10.0  # for connecting and for opening a channel: a frozen broker takes connections and answers nothing
SET_UP_S = 10.0  # for declaring the queues: one without a leader never answers
RECHECK_S = 5.0  # between two checks of what was set up, so a queue that somebody deleted comes back though nobody here uses it
CLOSE_S = 3.0  # for closing; the broker cleans up after a cut connection just as well
HEARTBEAT_S = 10
BACKOFF_S = (0.2, 5.0)  # the first and the longest wait between two tries, each with full jitter

# One line of our log says what happened; the library would add several and a traceback.
for _name in ("aiormq", "aio_pika"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@contextmanager
def errors_as_unavailable(doing: str) -> Iterator[None]:
    """Raise `BrokerUnavailable` in place of every error that means so. `doing` ends the sentence "RabbitMQ went away while …".

    When the library finds a connection stuck, it raises CancelledError in tasks that nobody cancelled; past every
    `except Exception`, such a task would end silently. A real cancellation shows in `cancelling()` and passes through.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerUnavailable(f"RabbitMQ went away while {doing}.") from None
    except PublishError as error:
        raise BrokerUnavailable(f"RabbitMQ has no queue for this while {doing}.") from error
    except DeliveryError as error:
        raise BrokerUnavailable(f"RabbitMQ refused while {doing}: a queue is full, or has no leader.") from error
    except TimeoutError as error:
        raise BrokerUnavailable(
            f"RabbitMQ did not answer in time while {doing}: it is blocked by an alarm, frozen or overloaded."
        ) from error
    except (AMQPError, OSError, RuntimeError) as error:  # the library says "closed" with a RuntimeError
        raise BrokerUnavailable(f"RabbitMQ went away while {doing}: {_sentence(error)}.") from error


class AmqpConnection:
    """One connection, made again whenever it is lost, of a cluster to the next member.

    `urls` is one URL of each member, comma-separated. `on_change` is called whenever `up` or `trouble` may have changed.
    """

    def __init__(self, urls: str, name: str, on_change: Callable[[], None]) -> None:
        members = [URL(url.strip()).update_query(heartbeat=HEARTBEAT_S) for url in urls.split(",")]
        # Each connection begins at a member of its own, so that a cluster's share the work.
        self._members = deque(random.sample(members, len(members)))
        self._name = name
        self._on_change = on_change
        self._connection: AbstractConnection | None = None
        self._lost = asyncio.Event()
        self._recheck = asyncio.Event()
        self._closed = False
        self._cut_until = 0.0  # by the event loop's clock
        self._was_up = False
        self.up = False
        self.trouble: str | None = NOT_YET

    async def run(self, set_up: Callable[[bool], Awaitable[None]]) -> None:
        """Connect, then call `set_up` at once and every `RECHECK_S`; start over when the connection is lost. Ends with `close`.

        `set_up(fresh)` declares and checks what has to be there, `fresh` the first time on a connection; it raises
        `BrokerUnavailable`. Raises `StartupError` for what waiting won't mend: queues that have other arguments, or a
        login that is refused at the start.
        """
        backoff = BACKOFF_S[0]
        while not self._closed:
            try:
                await self._connect()
                fresh = True
                while not self._lost.is_set():
                    await self._unless_lost(set_up(fresh))
                    self._change(None)
                    fresh, backoff = False, BACKOFF_S[0]
                    await self._until_recheck()
            except BrokerUnavailable as error:
                self._change(str(error))
            await self._disconnect()
            if not self._closed:
                self._members.rotate(-1)
                await asyncio.sleep(random.uniform(0, backoff / len(self._members)))
                backoff = min(BACKOFF_S[1], backoff * 2)

    async def channel(self, *, confirms: bool = False) -> tuple[AbstractChannel, Channel]:
        """Open a channel: aio_pika's object and the aiormq channel inside it. The second lives no longer than the first.

        Raises `BrokerUnavailable` where there is no connection, and what the library raises.
        """
        if self._connection is None:
            raise BrokerUnavailable(self.trouble or "RabbitMQ is away.")
        async with asyncio.timeout(CONNECT_S):
            channel = self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
            await channel.initialize()
            plain = await channel.get_underlay_channel()
        assert isinstance(plain, Channel)
        return channel, plain

    def cut(self, seconds: float) -> None:
        """Give this connection up, and make none for so long; 0 allows it again."""
        self._cut_until = asyncio.get_running_loop().time() + seconds
        if seconds:
            self.drop("The connection to RabbitMQ is cut on purpose.")

    def drop(self, why: str) -> None:
        """Give this connection up and make a new one; `why` is a sentence."""
        if not self._lost.is_set():
            self._change(why)
            self._lost.set()
            self._recheck.set()

    def recheck(self, why: str) -> None:
        """Call `set_up` again at once, because something it declared may be gone; `why` is a sentence."""
        if self.up:
            self._change(why)
            self._recheck.set()

    async def close(self) -> None:
        """Disconnect for good."""
        self._closed = True
        self._lost.set()
        self._recheck.set()
        self._change("The connection to RabbitMQ was closed.")
        await self._disconnect()

    async def _connect(self) -> None:
        self._lost.clear()
        if asyncio.get_running_loop().time() < self._cut_until:
            raise BrokerUnavailable("The connection to RabbitMQ is cut on purpose.")
        url = self._members[0]
        try:
            with errors_as_unavailable("connecting"):
                properties: FieldTable = {"connection_name": self._name}
                connection = aio_pika.Connection(url, client_properties=properties)
                try:
                    await connection.connect(timeout=CONNECT_S)
                except BaseException:
                    await connection.close()  # unclosed, it would print a warning when it is collected
                    raise
                self._connection = connection
        except BrokerUnavailable as error:
            if isinstance(error.__cause__, InvalidFrameError):  # the library's only sign of a refusal at this point
                raise BrokerUnavailable(
                    f"RabbitMQ does not open the virtual host {url.path!r}: does it exist, and may this login use it?"
                ) from error
            if isinstance(error.__cause__, ProbableAuthenticationError) and not self._was_up:
                raise StartupError(f"RabbitMQ at {url.host}:{url.port} refuses this login: check CHAT_AMQP_URL.") from error
            raise
        self._connection.close_callbacks.add(lambda _, error: self.drop(f"RabbitMQ is away: {_sentence(error)}."))

    async def _until_recheck(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RECHECK_S):
                await self._recheck.wait()
        self._recheck.clear()

    async def _unless_lost(self, set_up: Awaitable[None]) -> None:
        declaring, lost = asyncio.ensure_future(set_up), asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait((declaring, lost), timeout=SET_UP_S, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise BrokerUnavailable(self.trouble or "RabbitMQ went away at once.")
            if not declaring.done():
                raise BrokerUnavailable(f"RabbitMQ took a connection and then answered nothing for {SET_UP_S:.0f} s.")
            with errors_as_unavailable("declaring the queues"):
                declaring.result()
        except BrokerUnavailable as error:
            if isinstance(error.__cause__, ChannelPreconditionFailed):
                raise StartupError(f"RabbitMQ has a queue or exchange of this name with other arguments: {error.__cause__}.") from error
            raise
        finally:
            for task in (declaring, lost):
                task.cancel()
            await asyncio.wait((declaring, lost))
            if not declaring.cancelled():
                declaring.exception()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close_callbacks.clear()
            with suppress(TimeoutError, BrokerUnavailable), errors_as_unavailable("disconnecting"):
                async with asyncio.timeout(CLOSE_S):
                    await connection.close()

    def _change(self, trouble: str | None) -> None:
        self.up, self.trouble = trouble is None, trouble
        self._was_up |= self.up
        self._on_change()


def _sentence(error: BaseException | None) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "the connection fell silent"
    return str(error).strip().rstrip(".") or type(error).__name__
