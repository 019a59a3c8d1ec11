"""The field where one speaks."""

from playwright.async_api import expect

from tests.browser.conftest import OpenPage


async def test_enter_sends_and_shift_enter_breaks_the_line(open_page: OpenPage) -> None:
    person = await open_page()
    await person.field.press_sequentially("first")
    await person.field.press("Shift+Enter")
    await person.field.press_sequentially("second")
    await expect(person.turns).to_have_count(0)
    assert await person.field.input_value() == "first\nsecond"
    await person.field.press("Enter")
    await expect(person.turns).to_have_count(1)
    await expect(person.field).to_have_value("")
    await person.hears_the_end()
    assert (await person.stored_texts())[0] == ("user", "first\nsecond")


async def test_enter_never_sends_while_an_input_method_composes(open_page: OpenPage) -> None:
    person = await open_page()
    await person.field.click()
    session = await person.context.new_cdp_session(person.page)
    await session.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    # What a browser sends when Enter picks a candidate: the key code of an input method at work.
    await session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229})
    await person.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await session.send("Input.insertText", {"text": "日本"})
    await expect(person.field).to_have_value("日本")
    await expect(person.turns).to_have_count(0)
    await person.field.press("Enter")
    await expect(person.turns).to_have_count(1)
    await person.hears_the_end()


async def test_the_field_grows_to_eight_lines_and_then_scrolls(open_page: OpenPage) -> None:
    person = await open_page()
    heights = []
    for lines in (1, 4, 8, 20):
        await person.field.fill("\n".join(str(line) for line in range(lines)))
        box = await person.field.bounding_box()
        assert box
        heights.append(box["height"])
    assert heights[0] < heights[1] < heights[2] == heights[3]
    assert await person.field.evaluate("field => field.scrollHeight > field.clientHeight")


async def test_each_conversation_keeps_its_own_draft_over_a_reload(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/echo one")
    await person.hears_the_end()
    await person.field.fill("not finished here")
    await person.page.get_by_role("main").get_by_role("button", name="New conversation").click()
    await expect(person.field).to_have_value("")
    await person.field.fill("nor there")
    await person.page.go_back()
    await expect(person.field).to_have_value("not finished here")
    await person.page.reload()
    await expect(person.field).to_have_value("not finished here")
    await person.page.get_by_role("main").get_by_role("button", name="New conversation").click()
    await expect(person.field).to_have_value("nor there")


async def test_a_slash_offers_the_commands_and_the_keyboard_chooses_one(open_page: OpenPage) -> None:
    person = await open_page()
    await person.connected()
    await person.field.press_sequentially("/ta")
    await expect(person.page.get_by_role("option")).to_have_count(1)
    await person.field.press("Tab")
    await expect(person.field).to_have_value("/table")
    await person.field.press("Enter")
    await expect(person.log.get_by_role("table")).to_be_visible()
    await person.hears_the_end()


async def test_a_text_that_is_too_long_is_counted_and_not_sent(open_page: OpenPage) -> None:
    person = await open_page()
    await person.connected()
    await person.field.fill("x" * 8_003)
    await expect(person.page.get_by_text("3 characters too many")).to_be_visible()
    await expect(person.page.get_by_role("button", name="Send")).to_be_disabled()
    await person.field.press("Enter")
    await expect(person.turns).to_have_count(0)


async def test_what_is_said_while_a_reply_runs_waits_in_sight_and_can_be_changed(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 0.3")
    await expect(person.replies).to_contain_text("I leave")
    await person.say("/echo tpyo")
    await person.say("/echo never mind")
    await expect(person.held).to_have_count(2)
    await person.held.nth(1).get_by_role("button", name="Take back").click()
    await expect(person.held).to_have_count(1)
    await person.held.nth(0).get_by_role("button", name="Edit").click()
    await person.page.get_by_role("textbox", name="Edit the waiting message").fill("/echo typo")
    await person.page.keyboard.press("Enter")
    await person.page.keyboard.press("Escape")
    await person.hears_the_end(2)
    assert [text for role, text in await person.stored_texts() if role == "user"] == ["/slow 0.3", "/echo typo"]


async def test_the_panel_of_the_mock_closes_on_escape_and_elsewhere_and_stops_no_reply(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 0.3")
    await expect(person.replies).to_contain_text("I leave")
    button = person.page.get_by_role("button", name="How the mock answers")
    panel = person.page.get_by_role("region", name="How the mock answers")
    await button.click()
    await expect(panel.get_by_label("Speed")).to_be_focused()
    await panel.get_by_label("Seed").fill("7")
    await person.page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(button).to_be_focused()
    await expect(person.page.get_by_role("button", name="Stop the reply")).to_be_visible()

    await button.click()
    await panel.get_by_text("The same text with the same seed").click()
    await expect(panel).to_be_visible()
    await person.log.click()
    await expect(panel).to_have_count(0)

    await button.click()
    await person.field.focus()
    await expect(panel).to_have_count(0)
    await person.page.keyboard.press("Escape")  # and now it is the reply's
    await expect(person.replies).to_contain_text("Stopped here.")


async def test_arrow_up_in_an_empty_field_brings_back_what_was_said_last(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/echo once more")
    await person.hears_the_end()
    await person.field.press("ArrowUp")
    await expect(person.field).to_have_value("/echo once more")
