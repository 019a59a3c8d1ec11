"""Accessibility: screen readers, keyboard, touch, small screens, reduced motion, both themes."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import FRONT, FakeBackend, OpenPage
from tests.browser.user import User
from tests.services.processes import until

AXE = FRONT / "node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
THEMES = ("light", "dark")


async def findings(user: User) -> list[str]:
    """What axe finds serious on the page as it stands. Injected through the debugger, which the page's policy does not bind."""
    await user.page.evaluate(Path(AXE).read_text())
    result: dict[str, Any] = await user.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", THEMES)
async def test_axe_finds_nothing_serious_on_any_view(open_page: OpenPage, theme: str) -> None:
    user = await open_page(color_scheme=theme)
    await user.connected()
    seen = {"first visit": await findings(user)}
    await user.send("/markdown")
    await user.sees_replies()
    await user.page.get_by_role("button", name="show the stages of this reply").click()
    seen["a conversation"] = await findings(user)
    await user.send("/fail overloaded")
    await expect(user.replies.last).to_contain_text("The reply failed.")
    await user.field.press_sequentially("/")
    seen["a failure, and the commands"] = await findings(user)
    await user.field.fill("")
    await user.page.get_by_role("button", name="How the mock answers").click()
    seen["options"] = await findings(user)
    await user.page.keyboard.press("Control+k")
    seen["palette"] = await findings(user)
    await user.page.keyboard.press("Escape")
    await user.page.get_by_role("button", name="Keyboard shortcuts").click()
    seen["keys"] = await findings(user)
    await user.page.keyboard.press("Escape")
    await user.page.get_by_role("button", name="Menu of this conversation").click()
    seen["menu"] = await findings(user)
    await user.page.keyboard.press("Escape")
    await user.page.keyboard.press("Shift+Escape")
    await user.page.keyboard.press("ArrowUp")
    await expect(user.page.get_by_role("textbox", name="Edit the message")).to_be_focused()
    seen["the editor of a message"] = await findings(user)
    await user.page.keyboard.press("Escape")
    await user.page.keyboard.press("Control+Comma")
    await user.page.get_by_role("button", name="Forget me…").click()
    seen["settings"] = await findings(user)
    await user.page.get_by_role("button", name="Delete conversations…").click()
    await user.page.get_by_role("checkbox", name="shown").check()
    seen["several to be deleted"] = await findings(user)
    await user.page.keyboard.press("Escape")
    await user.page.get_by_role("searchbox").fill("overloaded")
    await expect(user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").first).to_be_visible()
    seen["a search"] = await findings(user)
    await user.page.keyboard.press("Escape")
    async with user.page.expect_download():
        await user.page.keyboard.press("Alt+Shift+W")
    seen["a shared conversation"] = await findings(user)
    await user.page.get_by_role("button", name=re.compile(r"^Pipeline\b")).click()
    await expect(user.page.get_by_role("heading", name="One queue in, one log out")).to_be_visible()
    seen["pipeline"] = await findings(user)
    assert {name: found for name, found in seen.items() if found} == {}


async def test_the_log_is_a_log_and_only_finished_replies_are_announced(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.1")
    await expect(user.log).to_have_attribute("aria-live", "off")
    await expect(user.replies).to_contain_text("I leave")
    announcer = user.page.get_by_test_id("announcer")
    await expect(announcer).to_have_attribute("aria-live", "polite")
    assert await announcer.inner_text() == ""
    await user.sees_replies()
    await expect(announcer).to_contain_text("I leave 0.1 seconds")


async def test_focus_stays_where_it_is_while_a_reply_comes(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.05")
    await user.page.get_by_role("searchbox").focus()
    await user.sees_replies()
    await expect(user.page.get_by_role("searchbox")).to_be_focused()


async def test_the_page_can_be_walked_by_keyboard_alone(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    await user.page.keyboard.press("Control+Shift+o")
    await user.page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    await user.page.keyboard.press("Tab")
    await expect(user.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await user.page.keyboard.press("Enter")
    await expect(user.page.get_by_role("main")).to_be_focused()
    assert user.page.url == f"{user.server}/"
    await user.page.keyboard.press("/")
    await expect(user.field).to_be_focused()
    await user.page.keyboard.type("/code python")
    await user.page.keyboard.press("Enter")
    await user.sees_replies()
    await user.page.keyboard.press("Alt+Shift+c")
    await expect(user.page.get_by_text("The last code is copied.")).to_be_visible()
    await user.page.keyboard.press("Control+Shift+o")
    await expect(user.page).to_have_url(re.compile(r"/$"))
    await user.page.keyboard.press("Alt+ArrowDown")
    await expect(user.page).to_have_url(re.compile("/c/"))
    await user.page.keyboard.press("Control+k")
    await user.page.keyboard.type("pipeline")
    await user.page.keyboard.press("Enter")
    await expect(user.page).to_have_url(re.compile("/pipeline"))
    await user.page.keyboard.press("?")
    await expect(user.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await user.page.keyboard.press("Escape")
    await expect(user.page.get_by_role("dialog")).to_have_count(0)


async def test_every_action_of_the_menu_shows_the_keys_that_do_it(open_page: OpenPage) -> None:
    user = await open_page()
    page = user.page
    await user.send("/echo a heron")
    await user.sees_replies()
    await page.get_by_role("button", name="Menu of this conversation").click()
    actions = user.page.locator(".menu:popover-open button")
    keys = {(await one.inner_text()).split("\n")[0].strip(): await one.locator("kbd").all_inner_texts() for one in await actions.all()}
    assert [name for name, shown in keys.items() if not shown] == []
    await page.keyboard.press("Escape")
    await page.keyboard.press(keys["Rename"][0])
    await page.get_by_role("textbox", name="Title of the conversation").fill("Herons")
    await page.keyboard.press("Enter")
    await expect(user.sidebar.get_by_role("link", name="Herons")).to_be_visible()
    await page.keyboard.press("+".join(keys["Pin"]))
    await expect(user.sidebar.get_by_role("heading", name="Pinned")).to_be_visible()
    for name, suffix in (("Export as Markdown", ".md"), ("Export as JSON", ".json"), ("Share as a web page", ".html")):
        async with page.expect_download() as download:
            await page.keyboard.press("+".join(keys[name]))
        assert (await download.value).suggested_filename.endswith(suffix)
    await page.keyboard.press("Control+Shift+Backspace")  # shown with the sign of its last key
    await expect(user.sidebar.get_by_role("link", name="Herons")).to_have_count(0)
    await page.keyboard.press("Alt+Shift+Z")
    await expect(user.sidebar.get_by_role("link", name="Herons")).to_be_visible()


async def test_the_palette_names_the_keys_of_every_action_and_renames_too(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo a heron")
    await user.sees_replies()
    await user.page.keyboard.press("Control+k")
    for group in ("This conversation", "Actions"):
        options = user.page.get_by_role("group", name=group).get_by_role("option")
        assert await options.count() > 5
        assert [await one.inner_text() for one in await options.all() if await one.locator("kbd").count() == 0] == []
    await user.page.keyboard.type("rename")
    await user.page.keyboard.press("Enter")
    await expect(user.page.get_by_role("textbox", name="Title of the conversation")).to_be_focused()


async def test_an_edit_and_the_deletion_of_several_by_keyboard_alone(open_page: OpenPage) -> None:
    user = await open_page()
    press, type_text = user.page.keyboard.press, user.page.keyboard.type
    await user.connected()
    await press("Shift+Escape")
    await type_text("/echo one")
    await press("Enter")
    await user.sees_replies()
    await press("ArrowUp")
    await type_text(" and a half")
    await press("Enter")
    await expect(user.log.locator(".message").get_by_text("2/2")).to_be_visible()
    await user.sees_replies()
    await expect(user.field).to_be_focused()
    await press("Alt+Shift+ArrowUp")
    await expect(user.log.locator(".message").get_by_text("1/2")).to_be_visible()
    await press("Alt+Shift+R")
    await expect(user.log.locator(".reply").get_by_text("2/2")).to_be_visible()
    await user.sees_replies()
    await press("Alt+Shift+X")
    await expect(user.page.get_by_role("region", name="Stages of this reply")).to_be_visible()
    await press("Alt+Shift+Backspace")
    dialog = user.page.get_by_role("dialog", name="Delete conversations")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("checkbox", name="shown").focus()
    await press("Space")
    await press("Shift+Tab")
    await expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    for _ in range(4):
        await press("Tab")
    await expect(dialog.get_by_role("button", name="Delete 1")).to_be_focused()
    await press("Enter")
    await expect(user.sidebar.get_by_role("link", name="one")).to_have_count(0)
    await press("Alt+Shift+Z")
    await expect(user.sidebar.get_by_role("link", name="one")).to_have_count(1)
    await press("Control+Comma")
    settings = user.page.get_by_role("dialog", name="Settings")
    await settings.get_by_role("radio", name="As the system").focus()
    await press("ArrowDown")
    await expect(settings.get_by_role("radio", name="Light")).to_be_checked()
    await press("Escape")
    await expect(settings).to_have_count(0)


async def test_the_palette_finds_a_conversation_by_its_text(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo a heron stands still")
    await user.sees_replies()
    await user.page.keyboard.press("Control+Shift+o")
    await user.page.keyboard.press("Control+k")
    await user.page.keyboard.type("heron")
    await expect(user.page.get_by_role("option").filter(has_text="heron").first).to_be_visible()
    await user.page.keyboard.press("Enter")
    await expect(user.turns.first).to_contain_text("heron stands")


@pytest.mark.parametrize("theme", THEMES)
async def test_a_chosen_theme_stays_and_never_flashes_as_the_other(open_page: OpenPage, theme: str) -> None:
    user = await open_page(color_scheme="light" if theme == "dark" else "dark")
    while await user.page.locator("html").get_attribute("data-theme") != theme:
        await user.page.get_by_role("button", name=re.compile("^Theme")).click()
    chosen = await user.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    await user.page.reload(wait_until="commit")
    await user.page.wait_for_selector("html[data-theme]", state="attached")
    assert await user.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == chosen


async def test_nothing_moves_with_reduced_motion(open_page: OpenPage) -> None:
    user = await open_page(reduced_motion="reduce")
    await user.send("/slow 0.1")
    await expect(user.replies).to_contain_text("I leave")
    running = await user.page.evaluate("document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 0).length")
    assert running == 0
    await user.sees_replies()


async def small(user: User, targets: Locator) -> list[str]:
    """The visible targets that a finger would miss."""
    missed = []
    for target in await targets.all():
        box = await target.bounding_box()
        if box and await target.is_visible() and (box["width"] < 43.5 or box["height"] < 43.5):
            missed.append(f"{await target.get_attribute('aria-label')} {box['width']:.0f} by {box['height']:.0f}")
    return missed


async def test_on_a_phone_the_sidebar_is_a_drawer_and_targets_fit_a_finger(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await expect(user.sidebar).to_be_hidden()
    await user.send("/list")
    await user.sees_replies()
    assert await small(user, user.page.get_by_role("main").get_by_role("button")) == []
    await user.page.get_by_role("button", name="Conversations").tap()
    await expect(user.sidebar).to_be_visible()
    await expect(user.sidebar.get_by_role("link", name="List")).to_be_visible()
    await user.page.keyboard.press("Escape")
    await expect(user.sidebar).to_be_hidden()
    field = await user.field.bounding_box()
    assert field
    assert field["y"] + field["height"] < 844


@pytest.mark.parametrize("path", ["/", "/pipeline"])
async def test_nothing_is_cut_off_at_320_px_or_at_200_percent(open_page: OpenPage, path: str) -> None:
    user = await open_page(path, viewport={"width": 320, "height": 600})
    await expect(user.page.get_by_role("heading", level=1)).to_be_visible()
    assert await user.page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_long_conversation_keeps_its_place_when_older_pages_come(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page(fake_backend.address("long conversation"), server=fake_backend.url)
    await expect(user.turns.last).to_be_visible()
    await user.log.hover()
    await user.page.mouse.wheel(0, -10)  # only a user's own input stops the page from following the end
    await user.log.evaluate("log => { log.scrollTop = 1500 }")
    await user.waits_for_layout()
    anchor = user.turns.filter(has_text=re.compile(r"\(\d+\)")).nth(2)
    marked = user.page.locator(f'[data-message="{await anchor.get_attribute("data-message")}"]')
    before = await marked.bounding_box()
    height = await user.log.evaluate("log => log.scrollHeight")
    await user.log.evaluate("log => { log.scrollTop -= 400 }")

    async def grown() -> bool:
        return int(await user.log.evaluate("log => log.scrollHeight")) > int(height) + 500

    await until(grown, 30, "an older page")
    await user.waits_for_layout()
    after = await marked.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"] - 400) < 40
