"""Typing, sending, streaming, reloading."""

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenPage


async def test_the_start_page_says_it_is_a_mock_and_offers_prompts(open_page: OpenPage) -> None:
    user = await open_page()
    await expect(user.page.get_by_text("Myna is a mock AI")).to_be_visible()
    await expect(user.page.get_by_text("answers are invented")).to_be_visible()
    await user.page.get_by_role("button", name="Draw me a table").click()
    await expect(user.log.get_by_role("table")).to_be_visible()
    await user.sees_replies()
    await expect(user.page.get_by_text("answers are invented")).to_have_count(0)


async def test_a_reply_streams_in_part_by_part(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.2")
    prose = user.replies.locator(".prose")
    await expect(prose).to_contain_text("I leave")
    for _ in range(4):
        so_far = await prose.inner_text()
        await expect(prose).not_to_have_text(so_far, use_inner_text=True)
        assert (await prose.inner_text()).startswith(so_far.rstrip())
    await user.sees_replies()


async def test_a_reload_in_the_middle_shows_the_text_so_far_and_goes_on_to_the_end(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.3")
    await expect(user.replies).to_contain_text("I leave 0.3")
    await user.page.reload()
    await expect(user.replies).to_contain_text("I leave 0.3")
    await expect(user.page.get_by_role("button", name="Stop the reply")).to_be_visible()
    await user.sees_replies()
    whole = (await user.stored_texts())[1][1]
    shown = await user.replies.locator(".prose").inner_text()
    assert shown.split() == whole.split()


async def test_speed_and_seed_can_be_chosen_for_a_message(open_page: OpenPage) -> None:
    user = await open_page()
    await user.page.get_by_role("button", name="How the mock answers").click()
    await user.page.get_by_label("Speed").select_option("instant")
    await user.page.get_by_label("Seed").fill("7")
    await user.send("/seed")
    await user.sees_replies()
    await expect(user.replies).to_contain_text("seed 7")
    await expect(user.page.get_by_role("button", name="Same again, instant, seed 7")).to_be_visible()


async def test_stop_keeps_the_partial_reply_and_marks_it(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.2")
    await expect(user.replies).to_contain_text("I leave")
    await user.page.get_by_role("button", name="Stop the reply").click()
    await expect(user.replies).to_contain_text("Stopped here.")
    await expect(user.replies).to_contain_text("I leave")
    await user.page.reload()
    await expect(user.replies).to_contain_text("Stopped here.")


async def test_escape_stops_too(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.2")
    await expect(user.replies).to_contain_text("I leave")
    await user.field.fill("half a thought")
    await user.page.keyboard.press("Escape")
    await expect(user.replies).to_contain_text("Stopped here.")
    await expect(user.field).to_have_value("half a thought")


async def test_stop_is_reached_by_keyboard_and_gives_the_focus_back(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.2")
    await expect(user.replies).to_contain_text("I leave")
    await user.field.fill("half a thought")
    for _ in range(3):
        await user.page.keyboard.press("Tab")
    await expect(user.page.get_by_role("button", name="Stop the reply")).to_be_focused()
    await user.page.keyboard.press("Enter")
    await expect(user.replies).to_contain_text("Stopped here.")
    await expect(user.field).to_be_focused()


async def test_another_reply_is_one_more_version_and_all_can_be_read(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("say something about gates")
    await user.sees_replies()
    first = await user.replies.locator(".prose").inner_text()
    await user.page.get_by_role("button", name="Another reply").click()
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await user.sees_replies()
    await user.page.get_by_role("button", name="Previous version").click()
    await expect(user.log.get_by_text("1/2")).to_be_visible()
    assert await user.replies.locator(".prose").inner_text() == first
    await user.page.reload()
    await expect(user.log.get_by_text("1/2")).to_be_visible()  # what was chosen stays chosen


async def test_a_reply_made_again_shows_its_own_speed_not_that_of_its_message(open_page: OpenPage) -> None:
    user = await open_page()
    page = user.page
    await page.get_by_role("button", name="How the mock answers").click()
    await page.get_by_label("Speed").select_option("instant")
    await page.get_by_label("Seed").fill("7")
    await user.send("say something about gates")
    await user.sees_replies()
    await page.get_by_role("button", name="How the mock answers").click()
    await page.get_by_label("Speed").select_option("fast")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Another reply").click()
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await user.sees_replies()
    options = user.replies.locator(".reply-options")
    for _ in ("as it came", "as it is stored"):
        await expect(options).to_have_text("fast")
        await page.reload()
    await page.get_by_role("button", name="Previous version").click()
    await expect(options).to_have_text("instant, seed 7")


async def test_a_failed_reply_says_why_and_can_be_tried_again(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/fail overloaded")
    await expect(user.replies).to_contain_text("The reply failed.")
    await expect(user.replies).to_contain_text("asked to be overloaded")
    await user.page.get_by_role("button", name="Try again").click()
    await expect(user.log.get_by_text("2/2")).to_be_visible()


async def test_the_xray_shows_the_stages_in_milliseconds(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("hello")
    await user.sees_replies()
    await user.page.get_by_role("button", name="show the stages of this reply").click()
    details = user.page.get_by_role("region", name="Stages of this reply")
    for stage in (
        "accepted by the broker",
        "waited in chat_queue, picked up by",
        "waited for the first part",
        "streamed",
        "in all",
        "stored in Postgres",
    ):
        await expect(details).to_contain_text(stage)


async def test_times_are_short_to_read_and_exact_on_hover(open_page: OpenPage) -> None:
    user = await open_page(locale="en-GB", timezone_id="Asia/Tokyo")
    await user.send("hello")
    moment = user.turns.first.locator("time").first
    await expect(moment).to_have_text("just now")
    await expect(moment).to_have_attribute("title", re.compile(r"\d{2}:\d{2}:\d{2}"))
    await expect(user.log.get_by_text("Today", exact=True)).to_be_visible()
    await user.sees_replies()


async def test_speed_and_seed_are_shown_on_each_reply_and_can_be_used_again(open_page: OpenPage) -> None:
    user = await open_page()
    await user.page.get_by_role("button", name="How the mock answers").click()
    await user.page.get_by_label("Speed").select_option("instant")
    await user.page.get_by_label("Seed").fill("7")
    await user.send("say something about gates")
    await user.sees_replies()
    await user.page.get_by_role("button", name="Same again, instant, seed 7").click()
    await expect(user.page.get_by_text("2/2")).to_be_visible()
    await user.sees_replies(1)
    replies = [text for role, text in await user.stored_texts() if role == "assistant"]
    assert replies[0] == replies[1]


async def test_ones_own_message_can_be_copied(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo copy me")
    await user.sees_replies()
    await user.turns.first.hover()
    await user.page.get_by_role("button", name="Copy message").click()
    await expect(user.page.get_by_role("button", name="Copied")).to_be_visible()
    assert await user.page.evaluate("navigator.clipboard.readText()") == "/echo copy me"


async def test_a_long_message_is_folded_at_twelve_lines(open_page: OpenPage) -> None:
    user = await open_page()
    await user.field.fill("\n".join(f"line {number}" for number in range(60)))
    await user.field.press("Enter")
    await user.sees_replies()
    bubble = user.turns.first.locator(".bubble")
    folded = await bubble.bounding_box()
    assert folded
    assert folded["height"] < 400
    await bubble.get_by_role("button", name="Show all").click()
    await expect(bubble.get_by_role("button", name="Show less")).to_be_visible()
    whole = await bubble.bounding_box()
    assert whole
    assert whole["height"] > 1_000
