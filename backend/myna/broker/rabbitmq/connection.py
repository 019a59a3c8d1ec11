"""Door: one AMQP connection to RabbitMQ, kept alive by one owner. With its rabbit_* neighbours the only importer of aio_pika.

Plain connections, not the library's robust ones: who reconnects, when, and what is made again afterwards is decided here.
"""

import asyncio
import logging
import random
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
CONNECT_S = 10.0  # for connecting and opening a channel: a frozen broker takes connections and says nothing
PREPARE_S = 10.0  # for declaring the queues: one without a leader never answers
RECHECK_S = 5.0  # a queue deleted behind our back is there again after this long, also where nobody here consumes it
CLOSE_S = 3.0  # for saying goodbye; the broker cleans up after a cut connection just as well
HEARTBEAT_S = 10
BACKOFF_S = (0.2, 5.0)  # the first and the longest wait between two tries, each with full jitter

# We say in one line what happened; the library would add several and a traceback.
for _name in ("aiormq", "aio_pika"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@contextmanager
def unavailable_on_trouble(doing: str) -> Iterator[None]:
    """Turn everything that means "no broker" into `BrokerUnavailable`.

    A connection found stuck makes the library raise CancelledError into tasks that nobody cancelled, past every
    `except Exception`; such a task would end without a word. A real cancellation is told apart by `cancelling()`.
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
        raise BrokerUnavailable(f"RabbitMQ refused while {doing}: a queue is full.") from error
    except TimeoutError as error:
        raise BrokerUnavailable(
            f"RabbitMQ did not answer in time while {doing}: it is blocked by an alarm, frozen or overloaded."
        ) from error
    except (AMQPError, OSError, RuntimeError) as error:  # the library says "closed" with a RuntimeError
        raise BrokerUnavailable(f"RabbitMQ went away while {doing}: {_sentence(error)}.") from error


class Line:
    """One connection, made again whenever it is lost. `on_change` is called on every gain and loss."""

    def __init__(self, url: str, name: str, on_change: Callable[[], None]) -> None:
        self._url = URL(url).update_query(heartbeat=HEARTBEAT_S)
        self._name = name
        self._on_change = on_change
        self._connection: AbstractConnection | None = None
        self._lost = asyncio.Event()
        self._doubted = asyncio.Event()
        self._closed = False
        self._was_up = False
        self.up = False
        self.trouble: str | None = NOT_YET

    async def keep(self, prepare: Callable[[bool], Awaitable[None]]) -> None:
        """Connect, `prepare(fresh)` what has to be there, and start over whenever the connection is lost; ends with `close`.

        Raises `StartupError` for what waiting won't mend: queues of other arguments, or a login refused at the start.
        """
        longest = BACKOFF_S[0]
        while not self._closed:
            try:
                await self._connect()
                fresh = True
                while not self._lost.is_set():
                    await self._unless_lost(prepare(fresh))
                    self._change(None)
                    fresh, longest = False, BACKOFF_S[0]
                    await self._until_doubt()
            except BrokerUnavailable as error:
                self._change(str(error))
            await self._hang_up()
            if not self._closed:
                await asyncio.sleep(random.uniform(0, longest))
                longest = min(BACKOFF_S[1], longest * 2)

    async def channel(self, *, confirms: bool = False) -> tuple[AbstractChannel, Channel]:
        """Open a channel: the convenient face and the plain one of the same. Keep the first as long as you use the second."""
        if self._connection is None:
            raise BrokerUnavailable(self.trouble or "RabbitMQ is away.")
        async with asyncio.timeout(CONNECT_S):
            channel = self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
            await channel.initialize()
            plain = await channel.get_underlay_channel()
        assert isinstance(plain, Channel)
        return channel, plain

    def drop(self, why: str) -> None:
        """This connection is not to be trusted any more: make a new one."""
        if not self._lost.is_set():
            self._change(why)
            self._lost.set()
            self._doubted.set()

    def doubt(self, why: str) -> None:
        """What `prepare` made may be gone: prepare again at once."""
        if self.up:
            self._change(why)
            self._doubted.set()

    async def close(self) -> None:
        """Hang up, and don't call again."""
        self._closed = True
        self._lost.set()
        self._doubted.set()
        self._change("The connection to RabbitMQ was closed.")
        await self._hang_up()

    async def _connect(self) -> None:
        self._lost.clear()
        try:
            with unavailable_on_trouble("connecting"):
                properties: FieldTable = {"connection_name": self._name}
                connection = aio_pika.Connection(self._url, client_properties=properties)
                try:
                    await connection.connect(timeout=CONNECT_S)
                except BaseException:
                    await connection.close()  # says nothing to anybody; unclosed it would complain to the terminal at its collection
                    raise
                self._connection = connection
        except BrokerUnavailable as error:
            if isinstance(error.__cause__, InvalidFrameError):  # all that the library says of a refusal at this point
                raise BrokerUnavailable(
                    f"RabbitMQ does not open the virtual host {self._url.path!r}: does it exist, and may this login use it?"
                ) from error
            if isinstance(error.__cause__, ProbableAuthenticationError) and not self._was_up:
                raise StartupError(f"RabbitMQ at {self._url.host}:{self._url.port} refuses this login: check CHAT_AMQP_URL.") from error
            raise
        self._connection.close_callbacks.add(lambda _, error: self.drop(f"RabbitMQ is away: {_sentence(error)}."))

    async def _until_doubt(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RECHECK_S):
                await self._doubted.wait()
        self._doubted.clear()

    async def _unless_lost(self, preparing: Awaitable[None]) -> None:
        job, lost = asyncio.ensure_future(preparing), asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait((job, lost), timeout=PREPARE_S, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise BrokerUnavailable(self.trouble or "RabbitMQ went away at once.")
            if not job.done():
                raise BrokerUnavailable(f"RabbitMQ took a connection and then said nothing for {PREPARE_S:.0f} s.")
            with unavailable_on_trouble("preparing the queues"):
                job.result()
        except BrokerUnavailable as error:
            if isinstance(error.__cause__, ChannelPreconditionFailed):
                raise StartupError(f"RabbitMQ has a queue or exchange of this name with other arguments: {error.__cause__}.") from error
            raise
        finally:
            for task in (job, lost):
                task.cancel()
            await asyncio.wait((job, lost))
            if not job.cancelled():
                job.exception()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close_callbacks.clear()
            with suppress(TimeoutError, BrokerUnavailable), unavailable_on_trouble("hanging up"):
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
