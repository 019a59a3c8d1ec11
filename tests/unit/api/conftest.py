"""A node on the in-process broker and store behind the real HTTP server, and people who use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from myna.broker.embedded.broker import EmbeddedBroker
from myna.node.listener import bind
from myna.node.loop_supervisor import Supervisor
from myna.node.node import Node, make_services
from myna.protocol.topology import RoutingKey
from myna.settings import Settings
from myna.web.server import hypercorn_patches
from myna.web.server.config import ServerConfig
from myna.web.server.serving import serve
from tests.fakes.memory_store import MemoryStore
from tests.services.http import HttpClient
from tests.services.processes import until


@dataclass(frozen=True)
class Served:
    """A node and where it listens."""

    url: str
    node: Node
    broker: EmbeddedBroker
    store: MemoryStore


class Person(HttpClient):
    """An owner with a token, and one node."""

    owner = ""
    token = ""

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        """Send a message; the acceptance."""
        answer = await self.post("/api/messages", json={"text": text, **more})
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """The newest page of a conversation."""
        items: list[dict[str, Any]] = (await self.get(f"/api/conversations/{conversation_id}/messages?limit=200")).json()["items"]
        return items

    async def answered(self, conversation_id: str, replies: int = 1) -> list[dict[str, Any]]:
        """The newest page of a conversation, once it has so many ended replies."""

        async def there() -> bool:
            items = await self.messages(conversation_id)
            ended = [item for item in items if item["role"] == "assistant" and item["status"] != "streaming"]
            return len(ended) >= replies

        await until(there, 30, f"{replies} replies")
        return await self.messages(conversation_id)


@asynccontextmanager
async def serving(broker: EmbeddedBroker | None = None, store: MemoryStore | None = None, **settings: Any) -> AsyncIterator[Served]:
    """A node with these settings, until the end of the block; without a broker or store, with one of its own."""
    hypercorn_patches.apply()
    chosen = Settings(
        **{"port": 0, "secret_key": "only the tests know this key, 0123456789", "mock_profile": "instant", "lab": False, **settings}
    )
    broker, store, listener, stopping = broker or EmbeddedBroker(), store or MemoryStore(), bind(chosen), asyncio.Event()
    node = Node(make_services(chosen, broker, store, responder=True), Supervisor())
    node.start()

    async def until_drained() -> None:
        await stopping.wait()
        await node.drain()

    config = ServerConfig(listener.fileno(), node.services.limits, node.services.sessions)
    server = asyncio.create_task(serve(node.app, config, until_drained))
    try:
        async with asyncio.timeout(30):
            await node.services.relay.wait_live()
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", node, broker, store)
    finally:
        stopping.set()
        await asyncio.wait_for(server, 60)
        listener.detach()  # the server has closed it


@asynccontextmanager
async def person_at(served: Served) -> AsyncIterator[Person]:
    """A fresh owner."""
    async with Person(base_url=served.url, timeout=60) as person:
        session = (await person.post("/api/session")).json()
        person.cookies.clear()
        person.owner, person.token = session["owner"], session["token"]
        person.headers["Authorization"] = f"Bearer {session['token']}"
        yield person


@pytest.fixture(scope="session")
async def served() -> AsyncIterator[Served]:
    """One node for all tests that leave it whole."""
    async with serving() as node:
        yield node


@pytest.fixture
async def frail() -> AsyncIterator[Served]:
    """A node of the test's own, to be harmed."""
    async with serving() as node:
        yield node


@pytest.fixture
async def person(served: Served) -> AsyncIterator[Person]:
    """Somebody at the shared node."""
    async with person_at(served) as somebody:
        yield somebody


@pytest.fixture
async def stranger(served: Served) -> AsyncIterator[Person]:
    """Somebody else there."""
    async with person_at(served) as somebody:
        yield somebody


async def upgrade(served: Served, path: str = "/ws", **headers: str) -> int:
    """The status of an upgrade: 101, or the refusal."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with connect(served.url.replace("http", "ws") + path, additional_headers=named, proxy=None):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def records(served: Served) -> int:
    """How much the log holds."""
    return served.node.services.projection.reached.offset


async def park(served: Served, *bodies: bytes) -> None:
    """Put these on chat_queue by hand, and wait until they are dead letters."""
    before = len(await served.broker.dead_letters())
    for body in bodies:
        await served.broker.submit(RoutingKey.WORK, [body])

    async def parked() -> bool:
        return len(await served.broker.dead_letters()) == before + len(bodies)

    await until(parked, 20, "the dead letters")


@pytest.fixture
async def anybody(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that is not one of ours."""
    headers = {"Authorization": "Bearer sk-whatever"}
    async with HttpClient(base_url=served.url, headers=headers, timeout=60) as client:
        yield client
