"""A backend in embedded mode, the front's fake backend, and a browser; every page is watched for errors of its own."""

import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.user import User
from tests.services.chromium import chromium
from tests.services.processes import ProcessGroup, free_ports, open_folder, until
from tests.services.stack import Node

FRONT = Path(__file__).parents[2] / "front"
NODE_BOOT_S = 30  # node starts in half a second on two idle cores

OpenPage = Callable[..., Awaitable[User]]


class FakeBackend:
    """`npm run fake`: the built page over canned state, or without any."""

    def __init__(self, **environment: str) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="myna-fake-"))
        self.log = self.folder / "log"
        node = shutil.which("node")
        assert node, "Node is not installed: the front's tests need it."
        environment["PORT"] = str(self.port)
        self._group = ProcessGroup([node, str(FRONT / "fake/serve.mjs")], environment, self.log, self.folder)

    async def ready(self) -> None:
        async def answers() -> bool:
            return "fake backend on" in self.log.read_text()

        await until(answers, NODE_BOOT_S, "the fake backend")

    def address(self, name: str) -> str:
        """The path of the conversation that was printed under this name."""
        found = re.search(rf"{name}: (\S+)", self.log.read_text())
        assert found, self.log.read_text()
        return found[1]

    async def stop(self) -> None:
        self._group.signal(signal.SIGKILL)
        await self._group.ended(10)


@asynccontextmanager
async def fake_serving(**environment: str) -> AsyncIterator[FakeBackend]:
    """A fake backend for as long as it is needed."""
    fake = FakeBackend(**environment)
    try:
        await fake.ready()
        yield fake
    finally:
        await fake.stop()


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The built page; the browser tests show what people get, so they need a build."""
    page = FRONT.parent / "backend/myna/page/index.html"
    assert page.exists(), "The page is not built: run `npm run build` in front/."
    return page


@pytest.fixture(scope="session")
async def live_server(built_page: Path) -> AsyncIterator[Node]:
    """One backend for all browser tests: embedded broker and database, speaking fast."""
    data = open_folder("myna-browser-data-")
    environment = {"CHAT_MOCK_PROFILE": "fast", "CHAT_LOG_FORMAT": "json", "CHAT_PREFETCH": "32"}
    node = Node({"CHAT_DATA_DIR": str(data), **environment}, name="browser")
    try:
        await node.start()
        yield node
    finally:
        if node.running:
            node.terminate()
        await node.ended(30)
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
async def fake_backend(built_page: Path) -> AsyncIterator[FakeBackend]:
    """It has one conversation of 10,000 messages and a hostile one; whoever comes is its one owner."""
    async with fake_serving(FAKE_TURNS="5000", FAKE_HOSTILE="1") as fake:
        yield fake


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def open_page(browser: Browser, live_server: Node) -> AsyncIterator[OpenPage]:
    """Opens the page as a new user; afterwards nobody's console may hold an error they did not expect."""
    users: list[User] = []

    async def opened(path: str = "/", *, server: str | None = None, **context: Any) -> User:
        context = {"viewport": {"width": 1280, "height": 800}, **context}
        user = await User.open(browser, server or live_server.url, path, **context)
        users.append(user)
        return user

    yield opened
    console_errors = [error for user in users for error in user.console_errors]
    for user in users:
        await user.context.close()
    assert console_errors == []
