"""Forgets what is kept no longer: conversations in which nothing was said for long, and what is left of deleted ones."""

import asyncio
import random

import structlog

from myna.broker.port import Broker
from myna.core.projection import Projection
from myna.pipeline.recorder import Recorder
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import BrokerUnavailable, StoreUnavailable
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import DAY_S, RoutingKey
from myna.store.port import Deleted, Store

log = structlog.get_logger()

EVERY_S = 3600.0
BATCH = 100  # conversations deleted by one publish
# A tombstone keeps out what the log may still tell of its conversation, and answers who sends an old message again.
TOMBSTONE_DAYS, BESIDE_LOG_DAYS = 30.0, 23.0
# Where nobody says anything a segment of the log is full after this part of the log's age all the same, as RabbitMQ drops whole
# segments, and only when one is full: what is older than `log_days` is gone a quarter of that later, at most.
SEGMENT_SHARE = 1 / 8
FILLING_BYTES = 128 * 1024  # of one record that fills


class Retention:
    """Looks once an hour, on the node that records. `keep_days` None: conversations are kept for ever; the log, `log_days`."""

    def __init__(
        self, broker: Broker, store: Store, projection: Projection, recorder: Recorder, *, keep_days: float | None, log_days: float
    ) -> None:
        self._broker = broker
        self._store = store
        self._projection = projection
        self._recorder = recorder
        self._keep_days = keep_days
        self._log_days = log_days

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S * random.uniform(0.9, 1.1))  # so that nodes that take turns at recording don't all look at once
            if not self._recorder.active:
                continue
            try:
                await self.look()
            except (BrokerUnavailable, StoreUnavailable) as error:
                log.debug("retention.waits", reason=str(error))

    async def look(self) -> None:
        """Forget what is due. Raises `BrokerUnavailable` or `StoreUnavailable`."""
        conversations = await self._delete_inactive() if self._keep_days is not None else 0
        tombstones = await self._store.old_rows.drop_tombstones(max(TOMBSTONE_DAYS, self._log_days + BESIDE_LOG_DAYS))
        await self._append()
        if conversations or tombstones:
            log.info("retention.forgot", conversations=conversations, tombstones=tombstones)

    async def _append(self) -> None:
        """Append what makes the log drop what is too old, though nobody says anything: marks, with blanks behind them."""
        left = self._broker.segment_bytes * EVERY_S / (self._log_days * DAY_S * SEGMENT_SHARE)
        while True:
            mark = log_codec.encode(e.LogMark(nonce=reply_id_for("mark", str(random.random()))))
            await self._broker.submit(RoutingKey.EVENT, [mark.ljust(min(round(left), FILLING_BYTES))])
            left -= FILLING_BYTES
            if left <= 0:
                return

    async def _delete_inactive(self) -> int:
        """Delete as a person does: by the log, so that every node, socket and row learns of it at the same place. Returns how many."""
        assert self._keep_days is not None
        done: set[Deleted] = set()
        while True:
            due = await self._store.old_rows.inactive(self._keep_days, limit=BATCH)
            fresh = [one for one in due if one not in done and not self._projection.open_in(*one)]
            if not fresh:
                return len(done)
            at = timestamps.now()
            gone = [e.ConversationDeleted(owner=one.owner, at=at, conversation_id=one.conversation_id) for one in fresh]
            await self._broker.submit(RoutingKey.STOP, [log_codec.encode(event) for event in gone])
            done.update(fresh)
            await self._recorder.flush()  # so that the next look finds others
