"""Draws the pictures of the documentation from a running backend: `python -m tests.browser.take_screenshots`."""

import asyncio
import tempfile
from uuid import uuid4

from playwright.async_api import Browser, async_playwright, expect

from tests.browser.conftest import FRONT
from tests.browser.user import User
from tests.services.chromium import ARGUMENTS, chromium_path
from tests.services.stack import Node

OUT = FRONT / "screenshots"
SIZES = {390: 844, 820: 1100, 1440: 900}
EARLIER = ("Why is a queue not a list?", "What happens when a worker dies?", "Draw the route of one message", "Notes on backpressure")


async def fill(user: User) -> None:
    """Some past conversations, so that the side looks lived in."""
    await user.page.get_by_role("button", name="How the mock answers").click()
    await user.page.get_by_label("Speed").select_option("instant")
    for text in EARLIER:
        await user.send(text)
        await user.sees_replies()
        await user.page.keyboard.press("Control+Shift+o")
    await user.page.get_by_role("button", name="How the mock answers").click()
    await user.page.get_by_label("Speed").select_option("fast")
    await user.send("Show me what a bounded mailbox looks like, please")
    await user.sees_replies()
    await user.send("/code python")
    await user.sees_replies(2)
    await user.page.wait_for_timeout(500)  # the colours of the code


async def draw(browser: Browser, server: str, width: int, theme: str) -> None:
    user = await User.open(browser, server, "/", color_scheme=theme, locale="en-GB", viewport={"width": 1280, "height": 800})
    await fill(user)
    await user.page.set_viewport_size({"width": width, "height": SIZES[width]})
    await user.page.mouse.move(0, 0)  # what only the pointer shows stays away
    await user.page.wait_for_timeout(600)  # the layout of the new size
    await user.page.screenshot(path=OUT / f"conversation-{width}-{theme}.png")
    if width == 1440:
        await user.page.get_by_role("button", name="show the stages of this reply").last.click()
        await expect(user.page.get_by_text("stored in Postgres")).to_be_visible()
        await user.page.wait_for_timeout(300)
        await user.page.screenshot(path=OUT / f"xray-{width}-{theme}.png")
    await user.page.goto(server + "/")
    await user.connected()
    await user.page.screenshot(path=OUT / f"first-visit-{width}-{theme}.png")
    await user.page.goto(server + "/pipeline")
    await user.connected()
    busy = [str(uuid4()) for _ in range(38)]  # six more than the responder takes at once: these wait
    others = await User.open(browser, server, "/")
    await others.connected()
    for one in busy:
        answer = await others.context.request.post(f"{server}/api/messages", data={"conversation_id": one, "text": "/sleep 20"})
        assert answer.ok, await answer.text()
    await user.page.reload()
    await user.page.get_by_role("button", name="Send one through").click()
    await expect(user.page.get_by_text("it stands in the log")).to_be_visible()
    await user.page.wait_for_timeout(2_200)  # two more looks at the numbers
    await user.page.screenshot(path=OUT / f"pipeline-{width}-{theme}.png")
    for one in busy:
        await others.context.request.delete(f"{server}/api/conversations/{one}")
    await others.context.close()
    await user.context.close()


async def main() -> None:
    OUT.mkdir(exist_ok=True)
    node = Node({"CHAT_DATA_DIR": tempfile.mkdtemp(), "CHAT_MOCK_PROFILE": "fast"}, name="screenshots")
    await node.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, "--disable-gpu"])
            for width in SIZES:
                for theme in ("light", "dark"):
                    await draw(browser, node.url, width, theme)
            await browser.close()
    finally:
        node.terminate()
        await node.ended(30)


if __name__ == "__main__":
    asyncio.run(main())
