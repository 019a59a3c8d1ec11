"""What a person does at the page, in a person's words. Finds things by role and name, as a screen reader would."""

import re
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

PATIENCE_MS = 30_000  # CI machines have two noisy cores
# What the browser itself says of a server that can't be reached; a test that cuts the line expects it.
CUT = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION|WebSocket connection to|ERR_NETWORK")

# Ends when the log has neither grown nor moved for ten frames: then the list has measured and placed its rows.
REST = """log => new Promise((resolve) => {
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

expect.set_options(timeout=PATIENCE_MS)


class Person:
    """Somebody with a browser of their own (`second_tab` gives the same browser a second page)."""

    def __init__(self, context: BrowserContext, page: Page, server: str) -> None:
        self.context = context
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        self.expects_cuts = False
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    @classmethod
    async def arrive(cls, browser: Browser, server: str, path: str, **context: Any) -> "Person":
        opened = await browser.new_context(**context)
        await opened.grant_permissions(["clipboard-read", "clipboard-write"])
        person = cls(opened, await opened.new_page(), server)
        await person.page.goto(server + path)
        return person

    async def second_tab(self, path: str | None = None) -> "Person":
        """The same browser, one more tab; its complaints are this person's too."""
        tab = Person(self.context, await self.context.new_page(), self.server)
        tab.complaints = self.complaints
        await tab.page.goto(self.page.url if path is None else self.server + path)
        return tab

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self.expects_cuts and CUT.search(message.text):
            return
        self.complaints.append(f"{message.type}: {message.text}")

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
    def held(self) -> Locator:
        return self.page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")

    @property
    def side(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def hears_the_end(self, count: int = 1) -> None:
        """Waits until `count` replies have ended."""
        await expect(self.log.get_by_role("button", name="Another reply")).to_have_count(count)

    async def sees_the_log_at_rest(self) -> None:
        """Waits until the rows of the log stand where they will stand, as long as nothing comes."""
        await self.log.evaluate(REST)

    async def connected(self) -> None:
        await expect(self.page.get_by_text("Connected", exact=True)).to_be_attached()

    async def ask(self, path: str) -> Any:
        """JSON of a route, with this person's cookie."""
        answer = await self.context.request.get(self.server + path)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def conversation(self) -> str:
        """The id of the open conversation."""
        await self.page.wait_for_url("**/c/*")
        return self.page.url.rsplit("/", 1)[1]

    async def stored_texts(self) -> list[tuple[str, str]]:
        """(role, text) of the open conversation, as the server has it."""
        page = await self.ask(f"/api/conversations/{await self.conversation()}/messages?limit=100")
        return [(item["role"], item["text"]) for item in page["items"]]
