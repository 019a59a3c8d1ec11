"""A user who does anything at random, in two tabs, while the network is cut and the backend is killed.

`python -m tests.browser.random_user --minutes 30`, or `make random-user MINUTES=30`. In the end both tabs have to show what the server
stored, to the letter; everything that was sent has to be there once; and nothing may have been reported as an error or have jumped.
"""

import argparse
import asyncio
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser, expect
from playwright.async_api import Error as BrowserError

from tests.browser import layout_jumps
from tests.browser.user import User
from tests.services.chromium import chromium
from tests.services.processes import open_folder, until
from tests.services.stack import Node

SETTLING_S = 90  # the longest that replies, outboxes and connections take to come to rest; slow CI machines included
PATIENCE_MS = 2_000  # for something that may be gone by the time it is clicked
KILL_PAUSE_S = 20  # at least so long between two kills: the backend has to serve, too
# What is said back is Markdown of every kind and length; the number makes each message one of its own.
ECHOED = (
    "short",
    "many words " * 90,
    "| one | two |\n|---|---|\n| three | four |\n| five | six |",
    "```python\nfor reed in reeds:\n    print(reed)\n```",
    "1. first\n2. second\n   - third\n\n> quoted\n\n## a heading\n\n" + "and a paragraph " * 20,
    "עברית ועוד מילים",
)
TEXTS = (*(f"/echo {text}" for text in ECHOED), "say something about reeds", "/fail overloaded", "/slow 0.05", "/words 200", "/long 3")
# What the browser itself says of a server that is away or not ready; it is killed on purpose.
AWAY = re.compile(r"status of (401|502|503)")

# Renders all rows, as for a print, and reads them: what was said, by its id, and the Markdown that each copy button gives.
EVERYTHING = """async () => {
    dispatchEvent(new Event('beforeprint'));
    const copied = [];
    const write = navigator.clipboard.writeText;
    navigator.clipboard.writeText = async (text) => { copied.push(text) };
    const rows = [...document.querySelectorAll('.thread .turn')].map((turn) => {
        copied.length = 0;
        turn.querySelector('[aria-label="Copy message"], [aria-label="Copied"]')?.click();
        turn.querySelector('[aria-label="Copy reply as Markdown"]')?.click();
        return [turn.dataset.message ?? '', ...copied];
    });
    navigator.clipboard.writeText = write;
    dispatchEvent(new Event('afterprint'));
    return rows;
}"""


class RandomUser:
    """Two tabs of one browser on a backend of their own."""

    def __init__(self, node: Node, tabs: list[User], seed: int) -> None:
        self._node = node
        self._tabs = tabs
        self._random = random.Random(seed)
        self._killed_at = time.monotonic()
        self.sent: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.jumps: list[dict[str, Any]] = []

    async def act(self) -> None:
        """One act in one of the tabs; where there is nothing to do it to, nothing happens."""
        tab = self._random.choice(self._tabs)
        acts: list[tuple[int, Callable[[User], Awaitable[None]]]] = [
            (10, self._send),
            (4, self._edit),
            (3, self._again),
            (4, self._choose_version),
            (3, self._stop),
            (4, self._switch),
            (2, self._search),
            (2, self._scroll),
            (2, self._cut_the_network),
            (1, self._reload),
            (1, self._kill_the_backend),
        ]
        (chosen,) = self._random.choices([act for _, act in acts], [weight for weight, _ in acts])
        for one in self._tabs:
            await layout_jumps.caused(one.page)
        with suppress(BrowserError):  # it went away before it could be clicked
            await chosen(tab)
            self.done[chosen.__name__.strip("_")] += 1
        for one in self._tabs:
            await layout_jumps.caused(one.page)

    async def look(self) -> None:
        """Wait for a moment, as people do, then note what has jumped."""
        await asyncio.sleep(self._random.choice((0.1, 0.4, 1.5, 3)))
        for tab in self._tabs:
            self.jumps += await layout_jumps.found(tab.page)

    # --- acts ---

    def _text(self) -> str:
        text = self._random.choice(TEXTS)
        if not text.startswith("/") or text.startswith("/echo"):  # the other commands take nothing more
            text = f"{text}\n\nno. {self.sent.total() + 1}"
        self.sent[text] += 1
        return text

    async def _send(self, tab: User) -> None:
        if await tab.field.is_visible():
            await tab.send(self._text())

    async def _edit(self, tab: User) -> None:
        turn = await self._any_turn(tab)
        await turn.hover(timeout=PATIENCE_MS)
        await turn.get_by_role("button", name="Edit message").click(timeout=PATIENCE_MS)
        editor = tab.page.get_by_role("textbox", name="Edit the message")
        await expect(editor).to_be_focused(timeout=PATIENCE_MS)
        text = self._text()
        try:
            await editor.fill(text, timeout=PATIENCE_MS)
            await editor.press("Enter", timeout=PATIENCE_MS)
        except BrowserError:
            self.sent[text] -= 1
            raise

    async def _again(self, tab: User) -> None:
        turn = await self._any_turn(tab)
        await turn.hover(timeout=PATIENCE_MS)
        await turn.get_by_role("button", name=re.compile("Another reply|Try again")).click(timeout=PATIENCE_MS)

    async def _choose_version(self, tab: User) -> None:
        pagers = tab.log.get_by_role("button", name=re.compile("(Previous|Next) version"))
        if count := await pagers.count():
            await pagers.nth(self._random.randrange(count)).click(timeout=PATIENCE_MS)

    async def _stop(self, tab: User) -> None:
        await tab.page.get_by_role("button", name="Stop the reply").click(timeout=PATIENCE_MS)

    async def _switch(self, tab: User) -> None:
        rows = tab.sidebar.locator(".row > a")
        count = await rows.count()
        if count == 0 or (count < 6 and self._random.random() < 0.3):
            await tab.page.keyboard.press("Control+Shift+o")
        else:
            await rows.nth(self._random.randrange(min(count, 6))).click(timeout=PATIENCE_MS)

    async def _search(self, tab: User) -> None:
        box = tab.page.get_by_role("searchbox")
        await box.fill(f"no. {self._random.randint(1, self.sent.total() + 1)}")
        with suppress(BrowserError):
            await tab.sidebar.get_by_role("list", name="Found messages").get_by_role("button").first.click(timeout=PATIENCE_MS)
        await box.fill("")

    async def _scroll(self, tab: User) -> None:
        await tab.log.hover(timeout=PATIENCE_MS)
        await tab.page.mouse.wheel(0, self._random.choice((-700, -200, 300, 2_000)))

    async def _reload(self, tab: User) -> None:
        await tab.page.reload()

    async def _cut_the_network(self, tab: User) -> None:
        await tab.context.set_offline(True)
        try:
            for _ in range(self._random.randint(0, 3)):
                await self._random.choice((self._send, self._edit, self._stop, self._choose_version))(self._random.choice(self._tabs))
            await asyncio.sleep(self._random.random() * 2)
        finally:
            await tab.context.set_offline(False)

    async def _kill_the_backend(self, tab: User) -> None:
        if time.monotonic() - self._killed_at < KILL_PAUSE_S:
            return
        await self._node.kill()
        if self._random.random() < 0.5:
            await self._send(tab)
        await self._node.start()
        self._killed_at = time.monotonic()

    async def _any_turn(self, tab: User) -> Any:
        turns = tab.log.locator(".turn[data-message]")
        return turns.nth(self._random.randrange(max(1, await turns.count())))

    # --- the end ---

    async def check(self) -> list[str]:
        """Come to rest, then compare both tabs with the server; what differs, in words."""
        await self._tabs[0].context.set_offline(False)
        stored: Counter[str] = Counter()
        problems: list[str] = []
        for tab in self._tabs:
            await tab.connected()
            try:
                await expect(tab.page).not_to_have_title(re.compile("^…"), timeout=SETTLING_S * 1_000)
            except AssertionError:
                problems.append(f"a reply still runs for the page {tab.page.url}, titled {await tab.page.title()}")
        conversations = await self._tabs[0].get_json("/api/conversations?limit=100")
        for one in conversations["items"]:
            items = await self._items(one["id"])
            problems += [f"in {one['id']} it is {item['status']}: {item}" for item in items if item["status"] in ("waiting", "streaming")]
            stored.update(item["text"] for item in items if item["role"] == "user")
            problems += await self._compare(one["id"], items)
        problems += [f"{count} lost: {text!r}" for text, count in (self.sent - stored).items()]
        problems += [f"{count} too many: {text!r}" for text, count in (stored - self.sent).items()]
        problems += [f"jumped: {jump}" for jump in self.jumps]
        errors = [error for error in self._tabs[0].console_errors if not AWAY.search(error)]
        return problems + [f"console: {error}" for error in errors]

    async def _items(self, conversation: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        before = ""
        while True:
            page = await self._tabs[0].get_json(f"/api/conversations/{conversation}/messages?limit=200{before}")
            items = page["items"] + items
            if page["next"] is None:
                return items
            before = f"&before={page['next']}"

    async def _compare(self, conversation: str, items: list[dict[str, Any]]) -> list[str]:
        """Both tabs show the same path, each message and reply of it as the server has it, each following the one before."""
        shown: list[list[list[str]]] = []
        for tab in self._tabs:
            await tab.page.goto(f"{tab.server}/c/{conversation}")
            await expect(tab.turns.last).to_be_visible()

            async def all_is_sent(tab: User = tab) -> bool:
                return await tab.queued.count() == 0

            async def is_whole(tab: User = tab) -> bool:
                await tab.log.hover()
                await tab.page.mouse.wheel(0, -100_000)  # older messages are read when the user comes near to them
                return await tab.page.get_by_text("Loading older messages").count() == 0

            await until(all_is_sent, SETTLING_S, f"the end of the queue in {conversation}")
            await until(is_whole, SETTLING_S, f"the beginning of {conversation}")
            shown.append(await tab.page.evaluate(EVERYTHING))
        problems = [] if shown[0] == shown[1] else [f"the tabs differ in {conversation}: {shown}"]
        by_id = {item["id"]: item for item in items}
        above: set[str | None] = {None}
        for message, text, *replies in shown[0]:
            item = by_id.get(message)
            made = [one for one in items if one.get("message_id") == message]
            if item is None or item["text"] != text or item["parent_id"] not in above:
                problems.append(f"shown and not stored so: {message} {text!r}, stored {item}, after {above}")
            if any(reply not in [one["text"] for one in made] for reply in replies):
                problems.append(f"a reply to {text!r} is shown and not stored so: {replies}, stored {[one['text'] for one in made]}")
            above = {message, *(one["id"] for one in made)}
        return problems


async def wander(browser: Browser, seconds: float, seed: int) -> tuple[RandomUser, list[str]]:
    """Act at random for so long; the user, and what was wrong in the end."""
    data = open_folder("myna-random-user-")
    node = Node({"CHAT_DATA_DIR": str(data), "CHAT_MOCK_PROFILE": "fast", "CHAT_LOG_FORMAT": "json"}, name="random-user")
    try:
        await node.start()
        first = await User.open(browser, node.url, "/livez", viewport={"width": 1180, "height": 720})
        first.expects_disconnects = True
        second = await first.second_tab("/livez")
        second.expects_disconnects = True
        for tab in (first, second):
            await layout_jumps.watch(tab.page)
        first.console_errors.clear()  # of the icon that the address without a page has not
        for tab in (first, second):
            await tab.page.goto(node.url + "/")
            await tab.connected()
        user = RandomUser(node, [first, second], seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await user.act()
            await user.look()
        problems = await user.check()
        await first.context.close()
        return user, problems
    finally:
        await node.kill()
        shutil.rmtree(data, ignore_errors=True)


async def main() -> int:
    """Print what was done and what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    async with chromium() as browser:
        user, problems = await wander(browser, arguments.minutes * 60, arguments.seed)
    print(f"seed {arguments.seed}: {user.sent.total()} messages sent, {dict(user.done)}")
    print("\n".join(problems) or "Both tabs and the server agree to the letter; no error, no jump.")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
