"""The dead letters as commands reach them: at the broker, or by HTTP at the node that has the broker inside."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from myna.broker.port import Broker, DeadLetter
from myna.cli.broker_session import connected_broker
from myna.cli.node_routes import NodeRoutes, Refused
from myna.pipeline import dead_letters
from myna.settings import Settings

PAGE = 100
NOT_FOUND = 404


class Parked(Protocol):
    """The dead letters of one installation."""

    async def all(self) -> list[DeadLetter]:
        """All of them, oldest first."""

    async def requeue(self, ids: Sequence[str]) -> int:
        """Try these again; how many of them there were."""

    async def drop(self, ids: Sequence[str]) -> int:
        """Remove these for good; how many of them there were."""


class AtBroker:
    """Those that a broker holds."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def all(self) -> list[DeadLetter]:
        return await self._broker.dead_letters()

    async def requeue(self, ids: Sequence[str]) -> int:
        return await dead_letters.requeue_all(self._broker, ids)

    async def drop(self, ids: Sequence[str]) -> int:
        return await self._broker.remove_dead_letters(list(ids))


class AtNode:
    """Those that a node tells of."""

    def __init__(self, routes: NodeRoutes) -> None:
        self._routes = routes

    async def all(self) -> list[DeadLetter]:
        newest_first: list[DeadLetter] = []
        before: str | None = None
        while True:
            page = await self._routes.call("GET", "/api/dead-letters", limit=PAGE, before=before)
            newest_first += map(_letter, page["items"])
            before = page["next"]
            if before is None:
                return newest_first[::-1]

    async def requeue(self, ids: Sequence[str]) -> int:
        return await self._each("POST", ids, "/requeue")

    async def drop(self, ids: Sequence[str]) -> int:
        return await self._each("DELETE", ids, "")

    async def _each(self, method: str, ids: Sequence[str], end: str) -> int:
        done = 0
        for one in dict.fromkeys(ids):
            try:
                await self._routes.call(method, f"/api/dead-letters/{quote(one, safe='')}{end}")
                done += 1
            except Refused as refused:
                if refused.status != NOT_FOUND:
                    raise
        return done


@asynccontextmanager
async def parked(settings: Settings, url: str | None) -> AsyncIterator[Parked]:
    """The dead letters of the broker that the settings name; of a node, where it has the broker inside or its `url` is given."""
    if url is not None or settings.amqp_url is None:
        yield AtNode(NodeRoutes(settings, url))
        return
    async with connected_broker(settings) as broker:
        yield AtBroker(broker)


def _letter(item: dict[str, Any]) -> DeadLetter:
    body = item["body"].encode() if item["encoding"] == "utf-8" else base64.b64decode(item["body"])
    at = item["dead_lettered_at"]
    return DeadLetter(item["id"], body, item["reason"], datetime.fromisoformat(at) if at else None, item["headers"])
