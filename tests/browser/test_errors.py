"""The page's own failures: a part that can't be loaded or rendered never takes the rest with it."""

import re

from playwright.async_api import Route, expect

from tests.browser.conftest import OpenPage

CHUNKS = re.compile(r"/assets/(MarkdownText|highlight)[^/]+\.js")


async def test_without_its_markdown_renderer_the_page_shows_the_text_and_offers_to_try_again(open_page: OpenPage) -> None:
    user = await open_page("/livez")  # nothing of the page is in the browser's cache yet
    user.expects_disconnects = True
    blocked = True

    async def block(route: Route) -> None:
        if blocked:
            await route.abort()
        else:
            await route.continue_()

    await user.page.route(CHUNKS, block)
    await user.page.goto(user.server + "/")
    user.console_errors[:] = [one for one in user.console_errors if "404" not in one]  # the icon of a page that is none
    await user.send("/echo some **bold** words")
    await user.sees_replies()
    await expect(user.replies).to_contain_text("some **bold** words")
    await expect(user.field).to_be_visible()
    again = user.page.get_by_role("button", name="Load it again")
    await expect(again).to_be_visible()  # after its own attempts
    blocked = False
    await again.click()
    await expect(user.replies.locator("strong")).to_have_text("bold")


async def test_a_renderer_that_comes_late_is_fetched_without_asking(open_page: OpenPage) -> None:
    user = await open_page("/livez")  # nothing of the page is in the browser's cache yet
    user.expects_disconnects = True
    tries = 0

    async def block_once(route: Route) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            await route.abort()
        else:
            await route.continue_()

    await user.page.route(CHUNKS, block_once)
    await user.page.goto(user.server + "/")
    user.console_errors[:] = [one for one in user.console_errors if "404" not in one]  # the icon of a page that is none
    await user.send("/echo some **bold** words")
    await expect(user.replies.locator("strong")).to_have_text("bold")
