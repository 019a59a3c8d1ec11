"""Firefox as the system has it, driven by WebDriver BiDi: what the W3C's protocol says, and no more of it than the tests need."""

import asyncio
import itertools
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.services.processes import ProcessGroup, free_ports, until

BOOT_S = 60  # about 3 s on two idle cores
ANSWER_S = 60
NAMES = ("firefox-esr", "firefox")
ENTER = "\ue007"  # as WebDriver names the key


class Firefox:
    """One headless Firefox with a profile of its own, and one tab."""

    def __init__(self) -> None:
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        if path is None:
            raise FileNotFoundError("Firefox is not installed: on Debian, apt-get install firefox-esr.")
        (self._port,) = free_ports(1)
        self._folder = Path(tempfile.mkdtemp(prefix="myna-firefox-"))
        command = [path, "--headless", "--no-remote", "--profile", str(self._folder), "--remote-debugging-port", str(self._port)]
        environment = {**os.environ, "HOME": str(self._folder)}
        self._group = ProcessGroup(command, environment, self._folder / "log", self._folder)
        self._socket: ClientConnection | None = None
        self._numbers = itertools.count(1)
        self._tab = ""
        self.errors: list[str] = []

    async def start(self) -> None:
        """Connect, and watch the console. Raises `TimeoutError` when Firefox does not come up."""
        async with asyncio.timeout(BOOT_S):
            while self._socket is None:
                try:
                    self._socket = await connect(f"ws://127.0.0.1:{self._port}/session", proxy=None, max_size=None)
                except OSError:
                    await asyncio.sleep(0.2)
        await self.command("session.new", capabilities={})
        self._tab = (await self.command("browsingContext.getTree"))["contexts"][0]["context"]
        await self.command("session.subscribe", events=["log.entryAdded"])

    async def stop(self) -> None:
        """End it with its profile."""
        if self._socket is not None:
            await self._socket.close()
        self._group.signal(signal.SIGKILL)
        await self._group.ended(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def command(self, method: str, **parameters: Any) -> Any:
        """The result of a command. Raises `RuntimeError` with the browser's own words."""
        assert self._socket
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self._socket.recv(), ANSWER_S))
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] in ("error", "warn"):
                self.errors.append(str(answer["params"]["text"]))
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{answer['error']}: {answer['message']}")
                return answer["result"]

    async def open(self, url: str) -> None:
        await self.command("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    async def resize(self, width: int, height: int) -> None:
        await self.command("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": height})

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives: a string, number, truth value or null. Raises `RuntimeError` with what it throws."""
        target = {"context": self._tab}
        answer = await self.command("script.evaluate", expression=expression, target=target, awaitPromise=True)
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    async def becomes(self, expression: str, wanted: object = True, within_s: float = 30) -> None:
        """Wait until an expression gives this. Raises `TimeoutError` with what it gave last."""

        async def is_so() -> bool:
            return bool(await self.value(expression) == wanted)

        try:
            await until(is_so, within_s, "the page")
        except TimeoutError:
            raise TimeoutError(f"{expression} is {await self.value(expression)!r} and not {wanted!r}") from None

    async def press(self, *keys: str) -> None:
        """Press the keys one after the other, where the focus is; of several characters in one string each is a key."""
        strokes = [{"type": kind, "value": key} for text in keys for key in text for kind in ("keyDown", "keyUp")]
        await self.command("input.performActions", context=self._tab, actions=[{"type": "key", "id": "keys", "actions": strokes}])

    async def click(self, selector: str) -> None:
        """Click on the middle of the first element that fits."""
        await self.value(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'nearest' }})")
        found = await self.command(
            "browsingContext.locateNodes", context=self._tab, locator={"type": "css", "value": selector}, maxNodeCount=1
        )
        element = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": element},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self.command("input.performActions", context=self._tab, actions=[{"type": "pointer", "id": "mouse", "actions": moves}])
