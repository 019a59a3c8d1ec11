"""A user of the page: finds things by role and name, as a screen reader does."""

import re
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

TIMEOUT_MS = 30_000  # CI machines have two noisy cores
# What the browser itself says of a server that can't be reached; a test that cuts the line expects it.
DISCONNECTED = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION|WebSocket connection to|ERR_NETWORK")

# Ends when the log has neither grown nor moved for ten frames: then the list has measured and placed its rows.
LAYOUT_AT_REST = """log => new Promise((resolve) => {
    let [seen, same] = ['', 0];
    const look = () => {
        const now = `${log.scrollTop} ${log.scrollHeight}`;
        same = now === seen ? same + 1 : 0;
        seen = now;
        if (same < 10) requestAnimationFrame(look);
        else resolve();
    };
    look();
})"""

expect.set_options(timeout=TIMEOUT_MS)


class User:
    """A user with a browser context of their own (`second_tab` opens a second page in it)."""

    def __init__(self, context: BrowserContext, page: Page, server: str) -> None:
        self.context = context
        self.page = page
        self.server = server
        self.console_errors: list[str] = []
        self.expects_disconnects = False
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.console_errors.append(f"page error: {error}"))

    @classmethod
    async def open(cls, browser: Browser, server: str, path: str, **context: Any) -> "User":
        opened = await browser.new_context(**context)
        await opened.grant_permissions(["clipboard-read", "clipboard-write"])
        user = cls(opened, await opened.new_page(), server)
        await user.page.goto(server + path)
        return user

    async def second_tab(self, path: str | None = None) -> "User":
        """The same browser, one more tab; its console_errors are this user's too."""
        tab = User(self.context, await self.context.new_page(), self.server)
        tab.console_errors = self.console_errors
        await tab.page.goto(self.page.url if path is None else self.server + path)
        return tab

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self.expects_disconnects and DISCONNECTED.search(message.text):
            return
        self.console_errors.append(f"{message.type}: {message.text}")

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def turns(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def replies(self) -> Locator:
        return self.log.locator(".reply")

    @property
    def queued(self) -> Locator:
        return self.page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")

    @property
    def sidebar(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    async def send(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def start_conversation(self, text: str) -> str:
        """A new conversation with this message, once it has its reply; its id."""
        await self.page.goto(self.server + "/")
        await self.send(text)
        await self.sees_replies()
        return await self.conversation_id()

    async def sees_replies(self, count: int = 1) -> None:
        """Waits until `count` replies have ended."""
        await expect(self.log.get_by_role("button", name="Another reply")).to_have_count(count)

    async def waits_for_layout(self) -> None:
        """Waits until the rows of the log stand where they will stand, as long as nothing comes."""
        await self.log.evaluate(LAYOUT_AT_REST)

    async def connected(self) -> None:
        await expect(self.page.get_by_text("Connected", exact=True)).to_be_attached()

    async def get_json(self, path: str) -> Any:
        """JSON of a route, with this user's cookie."""
        answer = await self.context.request.get(self.server + path)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def conversation_id(self) -> str:
        """The id of the open conversation."""
        await self.page.wait_for_url("**/c/*")
        return self.page.url.partition("#")[0].rsplit("/", 1)[1]

    async def stored_texts(self) -> list[tuple[str, str]]:
        """(role, text) of the open conversation, as the server has it."""
        page = await self.get_json(f"/api/conversations/{await self.conversation_id()}/messages?limit=100")
        return [(item["role"], item["text"]) for item in page["items"]]
