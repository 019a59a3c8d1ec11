"""A browser and a node with everything embedded, for what measures or draws the page by hand."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser

from tests.services.chromium import chromium
from tests.services.stack import Node


@asynccontextmanager
async def embedded_node(name: str, **environment: str) -> AsyncIterator[tuple[Browser, str]]:
    """A browser, and the URL of a node of this name that keeps nothing."""
    data = tempfile.mkdtemp()
    node = Node({"CHAT_DATA_DIR": data, **environment}, name=name)
    await node.start()
    try:
        async with chromium() as browser:
            yield browser, node.url
    finally:
        node.terminate()
        await node.ended(30)
        shutil.rmtree(data, ignore_errors=True)
