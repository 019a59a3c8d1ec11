"""Reads the log from a time in the past up to what stands in it now."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from uuid import uuid4

from myna.broker.port import Broker, Record
from myna.protocol import log_codec
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.events import LogMark
from myna.protocol.topology import RoutingKey

SILENCE_S = 10  # the mark that ends a read is in the log already; where nothing comes for so long, it is in another log


async def log_until_now(broker: Broker, since: datetime) -> AsyncGenerator[Record, None]:
    """The records since then, up to a mark that is written to the log first. Raises `BrokerUnavailable`."""
    nonce = str(uuid4())
    await broker.submit(RoutingKey.EVENT, [log_codec.encode(LogMark(nonce=nonce))])
    async with aclosing(broker.log(since)) as log:
        while True:
            try:
                records = await asyncio.wait_for(anext(log), SILENCE_S)
            except TimeoutError:
                raise BrokerUnavailable("The log was replaced while it was read.") from None
            for record in records:
                yield record
                if nonce.encode() in record.body:
                    return
