"""The message field."""

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenPage


async def test_enter_sends_and_shift_enter_breaks_the_line(open_page: OpenPage) -> None:
    user = await open_page()
    await user.field.press_sequentially("first")
    await user.field.press("Shift+Enter")
    await user.field.press_sequentially("second")
    await expect(user.turns).to_have_count(0)
    assert await user.field.input_value() == "first\nsecond"
    await user.field.press("Enter")
    await expect(user.turns).to_have_count(1)
    await expect(user.field).to_have_value("")
    await user.sees_replies()
    assert (await user.stored_texts())[0] == ("user", "first\nsecond")


async def test_enter_never_sends_while_an_input_method_composes(open_page: OpenPage) -> None:
    user = await open_page()
    await user.field.click()
    session = await user.context.new_cdp_session(user.page)
    await session.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    # What a browser sends when Enter picks a candidate: the key code of an input method at work.
    await session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229})
    await user.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await session.send("Input.insertText", {"text": "日本"})
    await expect(user.field).to_have_value("日本")
    await expect(user.turns).to_have_count(0)
    await user.field.press("Enter")
    await expect(user.turns).to_have_count(1)
    await user.sees_replies()


async def test_the_field_grows_to_eight_lines_and_then_scrolls(open_page: OpenPage) -> None:
    user = await open_page()
    heights = []
    for lines in (1, 4, 8, 20):
        await user.field.fill("\n".join(str(line) for line in range(lines)))
        box = await user.field.bounding_box()
        assert box
        heights.append(box["height"])
    assert heights[0] < heights[1] < heights[2] == heights[3]
    assert await user.field.evaluate("field => field.scrollHeight > field.clientHeight")


async def test_each_conversation_keeps_its_own_draft_over_a_reload(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo one")
    await user.sees_replies()
    await user.field.fill("not finished here")
    await user.page.get_by_role("main").get_by_role("button", name="New conversation").click()
    await expect(user.field).to_have_value("")
    await user.field.fill("nor there")
    await user.page.go_back()
    await expect(user.field).to_have_value("not finished here")
    await user.page.reload()
    await expect(user.field).to_have_value("not finished here")
    await user.page.get_by_role("main").get_by_role("button", name="New conversation").click()
    await expect(user.field).to_have_value("nor there")


async def test_a_slash_offers_the_commands_and_the_keyboard_chooses_one(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    await user.field.press_sequentially("/ta")
    await expect(user.page.get_by_role("option")).to_have_count(1)
    await user.field.press("Tab")
    await expect(user.field).to_have_value("/table")
    await user.field.press("Enter")
    await expect(user.log.get_by_role("table")).to_be_visible()
    await user.sees_replies()


async def test_a_text_that_is_too_long_is_counted_and_not_sent(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    await user.field.fill("x" * 8_003)
    await expect(user.page.get_by_text("3 characters too many")).to_be_visible()
    await expect(user.page.get_by_role("button", name="Send")).to_be_disabled()
    await user.field.press("Enter")
    await expect(user.turns).to_have_count(0)


async def test_a_message_sent_while_a_reply_runs_is_queued_and_editable(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.3")
    await expect(user.replies).to_contain_text("I leave")
    await user.send("/echo tpyo")
    await user.send("/echo never mind")
    await expect(user.queued).to_have_count(2)
    await user.queued.nth(1).get_by_role("button", name="Take back").click()
    await expect(user.queued).to_have_count(1)
    await user.queued.nth(0).get_by_role("button", name="Edit").click()
    await user.page.get_by_role("textbox", name="Edit the waiting message").fill("/echo typo")
    await user.page.keyboard.press("Enter")
    await user.page.keyboard.press("Escape")
    await user.sees_replies(2)
    assert [text for role, text in await user.stored_texts() if role == "user"] == ["/slow 0.3", "/echo typo"]


async def test_the_options_panel_closes_on_escape_and_elsewhere_and_stops_no_reply(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.3")
    await expect(user.replies).to_contain_text("I leave")
    button = user.page.get_by_role("button", name="How the mock answers")
    panel = user.page.get_by_role("region", name="How the mock answers")
    await button.click()
    await expect(panel.get_by_label("Speed")).to_be_focused()
    await panel.get_by_label("Seed").fill("7")
    await user.page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(button).to_be_focused()
    await expect(user.page.get_by_role("button", name="Stop the reply")).to_be_visible()

    await button.click()
    await panel.get_by_text("The same text with the same seed").click()
    await expect(panel).to_be_visible()
    await user.log.click()
    await expect(panel).to_have_count(0)

    await button.click()
    await user.field.focus()
    await expect(panel).to_have_count(0)
    await user.page.keyboard.press("Escape")  # and now it is the reply's
    await expect(user.replies).to_contain_text("Stopped here.")


async def test_the_active_command_stays_in_view(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 800})
    await user.connected()
    await user.field.press_sequentially("/")
    menu = user.page.get_by_role("listbox", name="Commands of the mock")
    await expect(menu).to_be_visible()
    for _ in range(12):
        await user.field.press("ArrowDown")
    chosen = await menu.locator("[aria-selected=true]").bounding_box()
    frame = await menu.bounding_box()
    assert chosen
    assert frame
    assert frame["y"] <= chosen["y"]
    assert chosen["y"] + chosen["height"] <= frame["y"] + frame["height"] + 1


async def test_speed_and_seed_belong_to_their_conversation_and_outlive_a_reload(open_page: OpenPage) -> None:
    user = await open_page()
    button = user.page.get_by_role("button", name=re.compile("^How the mock answers"))
    await button.click()
    await user.page.get_by_label("Speed").select_option("instant")
    await user.page.get_by_label("Seed").fill("7")
    await user.send("/echo mine")
    await user.sees_replies()
    await expect(button).to_have_accessible_name("How the mock answers: instant, seed 7")
    await user.page.get_by_role("main").get_by_role("button", name="New conversation").click()
    await expect(button).to_have_accessible_name("How the mock answers")
    await user.page.go_back()
    await expect(button).to_have_accessible_name("How the mock answers: instant, seed 7")
    await user.page.reload()
    await expect(button).to_have_accessible_name("How the mock answers: instant, seed 7")


async def test_the_key_that_sends_can_be_chosen_and_stays_chosen(open_page: OpenPage) -> None:
    user = await open_page()
    await user.page.get_by_role("button", name="Settings").click()
    await user.page.get_by_label("Ctrl+Enter or").check()
    await user.page.keyboard.press("Escape")
    await user.page.reload()
    await user.field.press_sequentially("/echo one")
    await user.field.press("Enter")
    await user.field.press_sequentially("two")
    await expect(user.field).to_have_value("/echo one\ntwo")
    await user.field.press("Control+Enter")
    await expect(user.turns).to_have_count(1)
    await user.sees_replies()


async def test_the_speed_of_new_conversations_can_be_chosen_and_stays_chosen(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    await user.page.keyboard.press("Control+Comma")
    await user.page.get_by_label("Speed of new conversations").select_option("instant")
    await user.page.keyboard.press("Escape")
    summary = user.page.locator(".options-summary")
    for count in (1, 2):
        await expect(summary).to_have_text("instant")
        await user.send(f"/echo {count}")
        await user.sees_replies()
        await expect(user.replies.locator(".reply-options")).to_have_text("instant")
        await user.page.keyboard.press("Control+Shift+o")
        await user.page.reload()


async def test_the_empty_composer_is_one_row(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    box = user.page.locator(".composer-box")
    empty = await box.bounding_box()
    assert empty
    assert empty["height"] <= 56
    await user.field.fill("words " * 60)
    wrapped = await box.bounding_box()
    field = await user.field.bounding_box()
    assert wrapped
    assert field
    assert field["width"] > wrapped["width"] - 10  # the text has the whole width
