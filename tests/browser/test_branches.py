"""A conversation as a tree: messages edited in place, versions, and the path that is shown."""

import json
import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_connection import BusyResponder
from tests.browser.user import User

EDITOR = "Edit the message"


async def edit(user: User, said: str, text: str, row: str = ".turn") -> None:
    """Send a new version of a message, and wait for its reply."""
    turn = user.log.locator(row).filter(has_text=said)
    await turn.hover()
    await turn.get_by_role("button", name="Edit message").click()
    await user.page.get_by_role("textbox", name=EDITOR).fill(text)
    await user.page.keyboard.press("Enter")
    await expect(user.log.locator(".turn.last").filter(has_text=text).get_by_role("button", name="Another reply")).to_be_visible()


async def shown(user: User) -> list[str]:
    """The messages on the path that is shown."""
    return await user.turns.locator(".bubble").all_inner_texts()


async def three_turns(user: User) -> None:
    for count, text in enumerate(("/echo one", "/echo two", "/echo three"), 1):
        await user.send(text)
        await user.sees_replies(count)


async def test_an_edited_message_begins_a_branch_and_nothing_is_lost(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    await edit(user, "/echo two", "/echo two and a half")
    assert await shown(user) == ["/echo one", "/echo two and a half"]
    items = (await user.get_json(f"/api/conversations/{await user.conversation_id()}/messages?limit=100"))["items"]
    said = {item["text"]: item for item in items if item["role"] == "user"}
    assert list(said) == ["/echo one", "/echo two", "/echo three", "/echo two and a half"]
    assert said["/echo two and a half"]["parent_id"] == said["/echo two"]["parent_id"]
    await user.page.get_by_role("button", name="Previous version of the message").click()
    assert await shown(user) == ["/echo one", "/echo two", "/echo three"]
    await user.page.get_by_role("button", name="Next version of the message").click()
    assert await shown(user) == ["/echo one", "/echo two and a half"]
    await user.send("/echo and on")
    await expect(user.turns).to_have_count(3)
    await user.sees_replies(3)


async def test_the_first_message_can_be_edited_too(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    await edit(user, "/echo one", "/echo another beginning")
    assert await shown(user) == ["/echo another beginning"]
    await expect(user.log.get_by_text("2/2")).to_be_visible()


async def test_the_path_is_remembered_and_has_an_address_of_its_own(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    await edit(user, "/echo two", "/echo elsewhere")
    assert "#" not in user.page.url  # the path of the latest activity needs no name
    await user.page.get_by_role("button", name="Previous version of the message").click()
    await expect(user.page).to_have_url(re.compile("/c/.+#.+"))
    branch = user.page.url
    await user.page.reload()
    await expect(user.turns).to_have_count(3)
    assert await shown(user) == ["/echo one", "/echo two", "/echo three"]
    await user.page.goto(user.server + "/")
    await user.sidebar.get_by_role("link", name="one").click()
    await expect(user.turns).to_have_count(3)
    await user.page.get_by_role("button", name="Next version of the message").click()
    await expect(user.turns).to_have_count(2)
    await user.page.goto(branch)
    await expect(user.turns).to_have_count(3)


async def test_a_link_leads_to_its_branch_in_a_browser_that_never_saw_it(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    await edit(user, "/echo two", "/echo elsewhere")
    await user.page.get_by_role("button", name="Previous version of the message").click()
    await expect(user.page).to_have_url(re.compile("#"))
    path = user.page.url.removeprefix(user.server)
    other = await open_page(path, storage_state=await user.context.storage_state())
    await expect(other.turns).to_have_count(3)
    assert await shown(other) == await shown(user)


async def test_two_tabs_show_the_same_path(open_page: OpenPage) -> None:
    one = await open_page()
    await three_turns(one)
    two = await one.second_tab()
    await expect(two.turns).to_have_count(3)
    await edit(one, "/echo two", "/echo from the first tab")
    await expect(two.turns).to_have_count(2)
    assert await shown(two) == await shown(one)
    await two.page.get_by_role("button", name="Previous version of the message").click()
    await expect(one.turns).to_have_count(3)
    assert await shown(one) == await shown(two)


async def test_a_reply_that_was_made_again_begins_a_branch_and_the_old_one_keeps_what_followed(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    await user.turns.nth(0).hover()
    await user.turns.nth(0).get_by_role("button", name="Another reply").click()
    await expect(user.turns).to_have_count(1)
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await user.sees_replies(1)
    await user.send("/echo after the second reply")
    await expect(user.turns).to_have_count(2)
    await user.sees_replies(2)
    await user.turns.nth(0).get_by_role("button", name="Previous version of the reply").click()
    assert await shown(user) == ["/echo one", "/echo two", "/echo three"]


async def test_older_versions_can_be_read_while_another_is_still_to_come(open_page: OpenPage) -> None:
    other = await open_page()
    await other.connected()
    user = await open_page()
    await user.send("/echo patience")
    await user.sees_replies()
    others = BusyResponder(other)
    await others.add(32)
    await user.page.get_by_role("button", name="Another reply").click()
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await user.page.get_by_role("button", name="Previous version of the reply").click()
    await expect(user.replies).to_contain_text("patience")
    await others.remove_all()


async def test_an_edit_made_offline_keeps_its_place_in_the_tree(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    user.expects_disconnects = True
    await user.context.set_offline(True)
    await expect(user.page.get_by_text("You are offline. Write on")).to_be_visible()
    turn = user.turns.filter(has_text="/echo two")
    await turn.hover()
    await turn.get_by_role("button", name="Edit message").click()
    await user.page.get_by_role("textbox", name=EDITOR).fill("/echo two, offline")
    await user.page.keyboard.press("Enter")
    await user.send("/echo and after that")
    await expect(user.queued).to_have_count(2)
    assert await shown(user) == ["/echo one"]
    await user.context.set_offline(False)
    await expect(user.turns).to_have_count(3)
    await user.sees_replies(3)
    assert await shown(user) == ["/echo one", "/echo two, offline", "/echo and after that"]


async def test_an_edit_that_is_taken_back_shows_the_path_of_before(open_page: OpenPage) -> None:
    user = await open_page()
    await three_turns(user)
    user.expects_disconnects = True
    await user.context.set_offline(True)
    await expect(user.page.get_by_text("You are offline. Write on")).to_be_visible()
    await user.turns.nth(2).hover()
    await user.turns.nth(2).get_by_role("button", name="Edit message").click()
    await user.page.get_by_role("textbox", name=EDITOR).fill("/echo never mind")
    await user.page.keyboard.press("Enter")
    await expect(user.turns).to_have_count(2)
    await user.queued.get_by_role("button", name="Take back").click()
    await expect(user.turns).to_have_count(3)
    await user.context.set_offline(False)
    await user.connected()


async def test_the_last_message_is_edited_from_an_empty_field_by_the_keyboard_alone(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo tpyo")
    await user.sees_replies()
    await user.field.press("ArrowUp")
    editor = user.page.get_by_role("textbox", name=EDITOR)
    await expect(editor).to_be_focused()
    await expect(editor).to_have_value("/echo tpyo")
    await user.page.keyboard.press("Escape")
    await expect(editor).to_have_count(0)
    await expect(user.field).to_be_focused()
    await user.field.press("ArrowUp")
    await editor.fill("/echo typo")
    await user.page.keyboard.press("Enter")
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await user.sees_replies()
    await expect(user.field).to_be_focused()
    await user.page.keyboard.press("Alt+Shift+r")
    await expect(user.log.get_by_role("group", name="Versions of this reply")).to_contain_text("2/2")
    await user.sees_replies()
    await user.page.keyboard.press("Alt+Shift+ArrowLeft")
    await expect(user.log.get_by_role("group", name="Versions of this reply")).to_contain_text("1/2")


async def test_a_search_hit_on_another_branch_shows_that_branch(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo one")
    await user.sees_replies()
    await user.send("/echo the avocet sweeps its bill")
    await user.sees_replies(2)
    await edit(user, "avocet", "/echo something else")
    await user.page.get_by_role("searchbox").fill("avocet")
    await user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").first.click()
    await expect(user.turns.filter(has_text="avocet")).to_be_in_viewport()


async def test_branches_survive_export_and_import(open_page: OpenPage, tmp_path: Path) -> None:
    user = await open_page()
    await three_turns(user)
    await edit(user, "/echo two", "/echo elsewhere")
    exported = await user.get_json(f"/api/conversations/{await user.conversation_id()}/export?format=json")
    await user.page.goto(user.server + "/")
    await user.connected()
    async with user.page.expect_file_chooser() as chooser:
        await user.sidebar.get_by_role("button", name="Import a conversation").click()
    file = tmp_path / "tree.json"
    file.write_text(json.dumps(exported))
    await (await chooser.value).set_files(file)
    await expect(user.turns).to_have_count(2)
    await user.page.get_by_role("button", name="Previous version of the message").click()
    assert await shown(user) == ["/echo one", "/echo two", "/echo three"]


async def test_choosing_a_version_leaves_its_pager_where_it_is(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 640})
    await user.send("/words 300")
    await user.sees_replies()
    await user.send("/words 180")
    await user.sees_replies(2)
    await edit(user, "/words 180", "/words 200")
    await user.log.hover()
    await user.page.mouse.wheel(0, -90)  # where the shorter version would end above the foot of the page, it could not stay
    await user.waits_for_layout()
    pager = user.page.get_by_role("button", name="Previous version of the message")
    before = await pager.bounding_box()
    await pager.click()
    await user.page.get_by_role("button", name="Next version of the message").click()
    await user.waits_for_layout()
    after = await pager.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 4


# Scrolls until the bubble with this text stands so many pixels below the top of the log, and begins to edit it.
EDIT_AT = """([text, below]) => {
    const log = document.querySelector('.thread');
    const turn = [...document.querySelectorAll('.turn')].find((one) => one.textContent.includes(text));
    const top = turn.querySelector('.bubble').getBoundingClientRect().top;
    log.scrollTop += top - log.getBoundingClientRect().top - below;
    turn.querySelector('[aria-label="Edit message"]').click();
}"""
# How far the editor stands within the log, at its top and at its bottom; negative where it is cut off.
IN_SIGHT = """() => {
    const [log, editor] = ['.thread', '.message-editor'].map((one) => document.querySelector(one).getBoundingClientRect());
    return [editor.top - log.top, log.bottom - editor.bottom];
}"""


async def test_the_editor_is_whole_in_sight_wherever_its_message_stood(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1000, "height": 620})
    for text in ("/words 200", "/echo " + "a message of several lines that is cut off at the top of the view " * 4, "/words 200"):
        await user.send(text)
        await expect(user.log.locator(".turn.last").filter(has_text=text[:60]).get_by_role("button", name="Another reply")).to_be_visible()
    await user.log.hover()
    await user.page.mouse.wheel(0, -300)
    await user.waits_for_layout()
    for below in (-20, -60, 0, 460):
        await user.page.evaluate(EDIT_AT, ["of several lines", below])
        await expect(user.page.get_by_role("textbox", name=EDITOR)).to_be_focused()
        await user.waits_for_layout()
        top, bottom = await user.page.evaluate(IN_SIGHT)
        assert min(top, bottom) >= 4, f"at {below} px"
        await user.page.keyboard.press("Escape")


async def test_an_edit_that_is_sent_is_followed_to_the_end_of_its_reply(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for number in (200, 1):
        await user.send(f"/words {number}")
        await expect(
            user.log.locator(".turn.last").filter(has_text=str(number)).get_by_role("button", name="Another reply")
        ).to_be_visible()
    for text in ("/code python", "/slow 0.03", "/words 120", "/code python", "/slow 0.02"):
        await edit(user, "/", text, row=".turn.last")  # at once: what the rows do then was not done by the user
        await user.waits_for_layout()
        assert await user.log.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") <= 1, text
