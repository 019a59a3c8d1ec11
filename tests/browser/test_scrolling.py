"""Scrolling: the end stays in view until the user scrolls away, and never moves a user who did."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.user import LAYOUT_AT_REST, User
from tests.services.budgets import budget

# Replies of every length: one word, a screen, several screens, code, a table, a list, right-to-left, a failure.
REPLIES = (
    "/words 1",
    "/words 200",
    "/code python",
    "/words 40",
    "/table 12",
    "/words 600",
    "/echo short",
    "/list 9",
    "/rtl",
    "/words 90",
    "/fail overloaded",
    "/markdown",
)
WIDTHS = (390, 820, 1440)
SENDS = 67  # at each width: 200 in all
FAST_FROM = 55  # the last ones stream; the others come at once, because what is tested is where the end is then
# As it is painted: between a change and its frame the page has had no chance to scroll.
TO_END = """log => new Promise((resolve) => requestAnimationFrame(() => setTimeout(
    () => resolve(log.scrollHeight - log.scrollTop - log.clientHeight))))"""
# Waits for the end of the reply to this message, then for a layout at rest, and says how far the end is.
ENDED = f"""async (log, text) => {{
    for (;;) {{
        const last = log.querySelector('.turn.last');
        if (last?.querySelector('.bubble')?.textContent === text && last.querySelector('.reply-actions')) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }}
    await ({LAYOUT_AT_REST})(log);
    return ({TO_END})(log);
}}"""
END_PX = 2  # fractions of pixels in the browser's own rounding
JUMP_PX = 4


async def choose_speed(user: User, speed: str) -> None:
    await user.page.get_by_role("button", name="How the mock answers").click()
    await user.page.get_by_label("Speed").select_option(speed)
    await user.page.keyboard.press("Escape")


async def fill(user: User) -> None:
    """Some screens of text, at once."""
    await choose_speed(user, "instant")
    await user.send("/long 12")
    await user.sees_replies()


async def sends_with_the_end_out_of_view(user: User) -> dict[str, int]:
    """How far the end was from view after each send that lost it."""
    away = {}
    for count in range(1, SENDS + 1):
        text = f"{REPLIES[(count * 7) % len(REPLIES)]} no. {count}"
        if count in (1, FAST_FROM):
            await choose_speed(user, "instant" if count == 1 else "fast")
        await user.send(text)
        left = await user.log.evaluate(ENDED, text)
        if left > END_PX or await user.page.get_by_role("button", name="Jump to latest").count():
            away[text] = left
            await user.page.keyboard.press("Shift+Escape")
            await user.log.evaluate("log => { log.scrollTop = log.scrollHeight }")
    return away


@pytest.mark.timeout(budget(120))
async def test_the_end_stays_in_view_over_two_hundred_replies_of_every_length_at_three_widths(open_page: OpenPage) -> None:
    users = [await open_page(viewport={"width": width, "height": 760}) for width in WIDTHS]
    away = await asyncio.gather(*(sends_with_the_end_out_of_view(user) for user in users))
    assert dict(zip(WIDTHS, away, strict=True)) == {width: {} for width in WIDTHS}


async def test_a_user_who_scrolls_up_stays_there_and_sees_a_count(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 500})
    await fill(user)
    await user.send("/slow 0.1")
    await expect(user.turns).not_to_have_count(0)
    await user.log.hover()
    await user.page.mouse.wheel(0, -900)
    await expect(user.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    before = await user.log.evaluate("log => log.scrollTop")
    await user.page.wait_for_timeout(1_000)  # ten more parts come meanwhile, below what is drawn: nothing on the page tells of them
    assert abs(await user.log.evaluate("log => log.scrollTop") - before) < 2
    await user.page.get_by_role("button", name="Jump to latest").click()
    await expect(user.page.get_by_role("button", name="Jump to latest")).to_have_count(0)
    await expect(user.replies.last).to_be_in_viewport()
    for _ in range(5):  # and from now on the end stays in view
        await user.page.wait_for_timeout(150)  # a part or two; after the last part nothing more would come to wait for
        assert await user.log.evaluate(TO_END) < 60


async def test_a_small_step_up_is_enough_to_stop_following(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 500})
    await fill(user)
    await user.send("/slow 0.1")
    await expect(user.replies.last).to_contain_text("I leave")
    await user.log.hover()
    await user.page.mouse.wheel(0, -40)
    await user.page.wait_for_timeout(1_500)  # several lines come meanwhile, below what is drawn
    assert await user.log.evaluate(TO_END) > 40


@pytest.mark.parametrize("key", ["PageUp", "Home", "ArrowUp"])
async def test_keys_scroll_away_from_a_running_reply(open_page: OpenPage, key: str) -> None:
    user = await open_page(viewport={"width": 1280, "height": 500})
    await fill(user)
    await user.send("/slow 0.1")
    await expect(user.replies.last).to_contain_text("I leave")
    await user.log.focus()
    for _ in range(3):
        await user.page.keyboard.press(key)
    await user.waits_for_layout()
    before = await user.log.evaluate("log => log.scrollTop")
    await user.page.wait_for_timeout(600)  # some parts come meanwhile
    assert await user.log.evaluate(TO_END) > 60
    assert abs(await user.log.evaluate("log => log.scrollTop") - before) < 2


async def test_a_queued_message_that_is_sent_later_does_not_move_a_user_who_scrolled_up(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 500})
    await fill(user)
    await user.send("/slow 0.2")
    await expect(user.replies.last).to_contain_text("I leave")
    await user.send("/echo later")
    await expect(user.queued).to_have_count(1)
    await user.log.hover()
    await user.page.mouse.wheel(0, -900)
    await expect(user.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    before = await user.log.evaluate("log => log.scrollTop")
    await user.page.get_by_role("button", name="Stop the reply").click()
    await expect(user.queued).to_have_count(0)
    await expect(user.page.get_by_role("button", name="1 new")).to_be_visible()
    await user.waits_for_layout()
    assert abs(await user.log.evaluate("log => log.scrollTop") - before) < JUMP_PX


async def test_opening_an_xray_moves_nothing_above_it(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 800})
    for count in range(1, 5):
        await user.send("/words 30")
        await user.sees_replies(count)
    await user.waits_for_layout()
    button = user.log.get_by_role("button", name="show the stages of this reply").nth(2)
    before = await button.bounding_box()
    await button.click()
    await expect(user.page.get_by_role("region", name="Stages of this reply")).to_be_visible()
    await user.waits_for_layout()
    after = await button.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < JUMP_PX
