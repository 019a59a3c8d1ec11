"""For everybody: screen readers, keyboards, touch, small screens, quiet motion, both themes."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import FRONT, FakeBackend, OpenPage
from tests.browser.person import Person
from tests.services.processes import until

AXE = FRONT / "node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
THEMES = ("light", "dark")


async def findings(person: Person) -> list[str]:
    """What axe finds serious on the page as it stands. Injected through the debugger, which the page's policy does not bind."""
    await person.page.evaluate(Path(AXE).read_text())
    result: dict[str, Any] = await person.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", THEMES)
async def test_axe_finds_nothing_serious_on_any_view(open_page: OpenPage, theme: str) -> None:
    person = await open_page(color_scheme=theme)
    await person.connected()
    seen = {"first visit": await findings(person)}
    await person.say("/markdown")
    await person.hears_the_end()
    await person.page.get_by_role("button", name="show the way of this reply").click()
    seen["a conversation"] = await findings(person)
    await person.say("/fail timeout")
    await expect(person.replies.last).to_contain_text("The reply failed.")
    await person.field.press_sequentially("/")
    seen["a failure, and the commands"] = await findings(person)
    await person.field.fill("")
    await person.page.get_by_role("button", name="How the mock answers").click()
    seen["options"] = await findings(person)
    await person.page.keyboard.press("Control+k")
    seen["palette"] = await findings(person)
    await person.page.keyboard.press("Escape")
    await person.page.get_by_role("button", name="Keyboard shortcuts").click()
    seen["keys"] = await findings(person)
    await person.page.keyboard.press("Escape")
    await person.page.get_by_role("button", name="Menu of this conversation").click()
    seen["menu"] = await findings(person)
    await person.page.keyboard.press("Escape")
    await person.page.get_by_role("button", name=re.compile(r"^The pipeline\.")).click()
    await expect(person.page.get_by_role("heading", name="One queue in, one log out")).to_be_visible()
    seen["pipeline"] = await findings(person)
    assert {name: found for name, found in seen.items() if found} == {}


async def test_the_log_is_a_log_and_only_whole_replies_are_announced(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 0.1")
    await expect(person.log).to_have_attribute("aria-live", "off")
    await expect(person.replies).to_contain_text("I leave")
    announcer = person.page.get_by_test_id("announcer")
    await expect(announcer).to_have_attribute("aria-live", "polite")
    assert await announcer.inner_text() == ""
    await person.hears_the_end()
    await expect(announcer).to_contain_text("I leave 0.1 seconds")


async def test_focus_stays_where_it_is_while_a_reply_comes(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 0.05")
    await person.page.get_by_role("searchbox").focus()
    await person.hears_the_end()
    await expect(person.page.get_by_role("searchbox")).to_be_focused()


async def test_the_page_can_be_walked_by_keyboard_alone(open_page: OpenPage) -> None:
    person = await open_page()
    await person.connected()
    await person.page.keyboard.press("Control+Shift+o")
    await person.page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    await person.page.keyboard.press("Tab")
    await expect(person.page.get_by_role("link", name="Skip to the conversation")).to_be_focused()
    await person.page.keyboard.press("/")
    await expect(person.field).to_be_focused()
    await person.page.keyboard.type("/code python")
    await person.page.keyboard.press("Enter")
    await person.hears_the_end()
    await person.page.keyboard.press("Alt+Shift+c")
    await expect(person.page.get_by_text("The last code is copied.")).to_be_visible()
    await person.page.keyboard.press("Control+Shift+o")
    await expect(person.page).to_have_url(re.compile(r"/$"))
    await person.page.keyboard.press("Alt+ArrowDown")
    await expect(person.page).to_have_url(re.compile("/c/"))
    await person.page.keyboard.press("Control+k")
    await person.page.keyboard.type("pipeline")
    await person.page.keyboard.press("Enter")
    await expect(person.page).to_have_url(re.compile("/pipeline"))
    await person.page.keyboard.press("?")
    await expect(person.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await person.page.keyboard.press("Escape")
    await expect(person.page.get_by_role("dialog")).to_have_count(0)


async def test_the_palette_finds_a_conversation_by_what_was_said(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/echo a heron stands still")
    await person.hears_the_end()
    await person.page.keyboard.press("Control+Shift+o")
    await person.page.keyboard.press("Control+k")
    await person.page.keyboard.type("heron")
    await expect(person.page.get_by_role("option").filter(has_text="heron").first).to_be_visible()
    await person.page.keyboard.press("Enter")
    await expect(person.turns.first).to_contain_text("heron stands")


@pytest.mark.parametrize("theme", THEMES)
async def test_a_chosen_theme_stays_and_never_flashes_as_the_other(open_page: OpenPage, theme: str) -> None:
    person = await open_page(color_scheme="light" if theme == "dark" else "dark")
    while await person.page.locator("html").get_attribute("data-theme") != theme:
        await person.page.get_by_role("button", name=re.compile("^Theme")).click()
    chosen = await person.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    await person.page.reload(wait_until="commit")
    await person.page.wait_for_selector("html[data-theme]", state="attached")
    assert await person.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == chosen


async def test_nothing_moves_for_those_who_asked_for_quiet(open_page: OpenPage) -> None:
    person = await open_page(reduced_motion="reduce")
    await person.say("/slow 0.1")
    await expect(person.replies).to_contain_text("I leave")
    running = await person.page.evaluate("document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 0).length")
    assert running == 0
    await person.hears_the_end()


async def small(person: Person, targets: Locator) -> list[str]:
    """The visible targets that a finger would miss."""
    missed = []
    for target in await targets.all():
        box = await target.bounding_box()
        if box and await target.is_visible() and (box["width"] < 43.5 or box["height"] < 43.5):
            missed.append(f"{await target.get_attribute('aria-label')} {box['width']:.0f} by {box['height']:.0f}")
    return missed


async def test_on_a_phone_the_side_is_a_drawer_and_targets_fit_a_finger(open_page: OpenPage) -> None:
    person = await open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await expect(person.side).to_be_hidden()
    await person.say("/list")
    await person.hears_the_end()
    assert await small(person, person.page.get_by_role("main").get_by_role("button")) == []
    await person.page.get_by_role("button", name="Conversations").tap()
    await expect(person.side).to_be_visible()
    await expect(person.side.get_by_role("link", name="/list")).to_be_visible()
    await person.page.keyboard.press("Escape")
    await expect(person.side).to_be_hidden()
    field = await person.field.bounding_box()
    assert field
    assert field["y"] + field["height"] < 844


@pytest.mark.parametrize("path", ["/", "/pipeline"])
async def test_nothing_is_cut_off_at_320_px_or_at_200_percent(open_page: OpenPage, path: str) -> None:
    person = await open_page(path, viewport={"width": 320, "height": 600})
    await expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    assert await person.page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_long_conversation_keeps_its_place_when_older_pages_come(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    person = await open_page(fake_backend.address("long conversation"), server=fake_backend.url)
    await expect(person.turns.last).to_be_visible()
    await person.log.evaluate("log => { log.scrollTop = 1500 }")
    await person.sees_the_log_at_rest()
    anchor = person.turns.filter(has_text=re.compile(r"\(\d+\)")).nth(2)
    text = (await anchor.inner_text()).split("\n")[1]
    marked = person.page.locator("article", has_text=text).first
    before = await marked.bounding_box()
    height = await person.log.evaluate("log => log.scrollHeight")
    await person.log.evaluate("log => { log.scrollTop -= 400 }")

    async def grown() -> bool:
        return int(await person.log.evaluate("log => log.scrollHeight")) > int(height) + 500

    await until(grown, 30, "an older page")
    await person.sees_the_log_at_rest()
    after = await marked.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"] - 400) < 40
