"""Draws the pictures of the documentation from a running backend: `python -m tests.browser.take_screenshots`."""

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import FRONT
from tests.browser.embedded import embedded_node
from tests.browser.test_branches import edit
from tests.browser.test_calls import call, calls
from tests.browser.user import User

OUT = FRONT / "screenshots"
SIZES = {390: 844, 820: 1100, 1440: 900}
EARLIER = ("Why is a queue not a list?", "What happens when a worker dies?", "Draw the route of one message", "Notes on backpressure")

CALLED = (
    ("/fail rate_limited", "gpt-4o"), ("Summarise this ticket in one line", "gpt-4o"), ("/echo ready", "myna-fast"),
    ("What is the weather in Oslo?", "gpt-4o-mini"),
)  # fmt: skip


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
    await user.send("/code")
    await user.sees_replies(2)
    await edit(user, "/code", "/code python")
    await user.page.wait_for_timeout(500)  # the colours of the code


async def draw_calls(user: User, name: str) -> None:
    """The calls of this user, one of them open, as they come from an agent's own code."""
    for text, model in CALLED:
        await call(user, text, model)
    await user.page.goto(user.server + "/calls")
    await expect(calls(user).first).to_contain_text(CALLED[-1][0])
    await calls(user).first.locator("summary").click()
    await expect(calls(user).first.get_by_role("region", name="Answered")).to_be_visible()
    await user.page.mouse.move(0, 0)
    await user.page.screenshot(path=OUT / name)


async def draw(browser: Browser, server: str, width: int, theme: str) -> None:
    phone = {"has_touch": True, "is_mobile": True} if width < 500 else {}
    size = {"width": width, "height": SIZES[width]}
    user = await User.open(browser, server, "/", color_scheme=theme, locale="en-GB", viewport=size, **phone)
    await fill(user)
    await user.page.mouse.move(0, 0)  # what only the pointer shows stays away
    await user.waits_for_layout()
    await user.page.screenshot(path=OUT / f"conversation-{width}-{theme}.png")
    if width == 1440:
        await user.page.get_by_role("button", name="show the stages of this reply").last.click()
        await expect(user.page.get_by_text("stored in Postgres")).to_be_visible()
        await user.page.wait_for_timeout(300)
        await user.page.screenshot(path=OUT / f"xray-{width}-{theme}.png")
    await draw_calls(user, f"calls-{width}-{theme}.png")
    newcomer = await User.open(browser, server, "/", color_scheme=theme, locale="en-GB", viewport=size, **phone)
    await newcomer.connected()
    await expect(newcomer.page.get_by_text("What you say is kept here.")).to_be_attached()
    await newcomer.page.screenshot(path=OUT / f"first-visit-{width}-{theme}.png")
    await newcomer.context.close()
    await user.context.close()


async def draw_pipeline(browser: Browser, server: str, width: int, theme: str) -> None:
    """The pipeline view with a hundred messages on their way, and the example trace in the middle of a reply."""
    size = {"width": width, "height": SIZES[width]}
    user = await User.open(browser, server, "/pipeline", color_scheme=theme, locale="en-GB", viewport=size)
    await user.connected()
    prefetch = user.page.get_by_role("spinbutton", name="prefetch")
    await prefetch.fill("8")  # so that some wait
    await prefetch.press("Enter")
    await user.page.wait_for_timeout(1_500)  # until responders with it have begun
    await user.page.get_by_role("button", name="Send 100").click()
    await user.page.wait_for_timeout(2_500)  # two more looks at the numbers
    await user.page.screenshot(path=OUT / f"pipeline-{width}-{theme}.png")
    await prefetch.fill("256")  # nobody waits behind them
    await prefetch.press("Enter")
    await user.page.goto(server + "/pipeline#example")
    await user.page.get_by_role("slider", name="Moment").fill("12")
    await user.page.get_by_role("region", name="The conversation at that moment").scroll_into_view_if_needed()
    await user.page.wait_for_timeout(300)  # the layout
    await user.page.screenshot(path=OUT / f"time-travel-{width}-{theme}.png")
    await user.context.close()


async def main() -> None:
    OUT.mkdir(exist_ok=True)
    async with embedded_node("screenshots", CHAT_MOCK_PROFILE="fast") as (browser, url):
        for width in SIZES:
            for theme in ("light", "dark"):
                await draw(browser, url, width, theme)
                await draw_pipeline(browser, url, width, theme)


if __name__ == "__main__":
    asyncio.run(main())
