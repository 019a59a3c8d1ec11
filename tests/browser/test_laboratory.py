"""The laboratory: the ledger of promises, time travel over what this tab got, and traces as files."""

import json
import re
import threading
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import Browser, FileChooser, Locator, Page, Route, expect
from playwright.async_api import TimeoutError as NotInTime

from tests.browser.conftest import OpenPage
from tests.browser.test_access import findings
from tests.browser.user import User
from tests.unit.test_docs import site

DROP_ALL = """async () => {
  const { items } = await (await fetch('/api/dead-letters?limit=50')).json();
  await Promise.all(items.map(({ id }) => fetch(`/api/dead-letters/${id}`, { method: 'DELETE' })));
}"""


def ledger_of(user: User, whose: str = "this tab") -> Locator:
    return user.page.get_by_role("region", name=f"Ledger of {whose}")


async def number_in(ledger: Locator, name: str) -> int:
    term = ledger.locator("div").filter(has=ledger.page.get_by_text(name, exact=True))
    return int(await term.locator("dd").inner_text())


async def test_a_turn_is_counted_rewound_saved_and_opened_where_there_is_no_server(open_page: OpenPage, tmp_path: Path) -> None:
    user = await open_page()
    await user.send("/words 40")
    await user.sees_replies()
    await user.page.get_by_role("button", name="show the stages of this reply").click()
    await user.page.get_by_role("button", name="Replay this turn").click()

    moment = user.page.get_by_role("slider", name="Moment")
    then = user.page.get_by_role("region", name="The conversation at that moment")
    frame = user.page.get_by_role("region", name="The frame at that moment").locator("pre")
    await expect(then).to_contain_text("Nothing has been said yet.")
    await expect(moment).to_be_focused()
    await user.page.keyboard.press("ArrowRight")
    await expect(frame).to_contain_text('"message.send"')
    for _ in range(2):
        await user.page.get_by_role("button", name="One entry on").click()
    await expect(then).to_contain_text("/words 40")
    assert "entry 3 of" in (await moment.get_attribute("aria-valuetext") or "")
    counts = ledger_of(user, "the trace")
    assert (await number_in(counts, "accepted"), await number_in(counts, "open")) == (1, 1)

    await user.page.get_by_role("combobox", name="Playback speed").select_option("10")
    await user.page.get_by_role("button", name="Play", exact=True).click()
    await expect(then).to_contain_text("Whole, in")
    await expect(counts).to_contain_text("All kept")
    assert await findings(user) == []
    async with user.page.expect_download() as download:
        await user.page.get_by_role("button", name="Save the trace").click()
    saved = tmp_path / "trace.json"
    await (await download.value).save_as(saved)
    assert json.loads(saved.read_text())["schema"] == "myna.trace/1"

    await user.page.get_by_role("button", name="Back to now").press("Enter")
    await expect(user.page.get_by_role("button", name="Rewind")).to_be_focused()
    counts = ledger_of(user)
    await expect(counts).to_contain_text("All kept")
    assert await number_in(counts, "answered") == 1

    async def away(route: Route) -> None:
        await route.abort()

    user.expects_disconnects = True
    await user.page.route("**/api/**", away)
    await user.page.reload()
    await (await file_chooser(user.page)).set_files(saved)
    await moment.fill(await moment.get_attribute("max") or "")
    await expect(then).to_contain_text("Whole, in")
    await expect(ledger_of(user, "the trace")).to_contain_text("All kept")


async def file_chooser(page: Page) -> FileChooser:
    """What "Open a trace" opens. A note on the missing server moves the button once; a press that it parts in two is no click."""
    for _ in range(3):
        with suppress(NotInTime):
            async with page.expect_file_chooser(timeout=10_000) as chooser:
                await page.get_by_role("button", name="Open a trace").click()
            return await chooser.value
    raise AssertionError("no file was asked for")


async def test_the_picture_is_to_scale_and_every_box_opens(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    fewer, prefetch = user.page.get_by_role("button", name="Fewer prefetch"), user.page.get_by_role("spinbutton", name="prefetch")
    for _ in range(6):
        await fewer.press("Enter")  # halves it
    await expect(prefetch).to_have_value("1")
    await expect(fewer).to_be_focused()
    await user.page.get_by_label("Speed of their replies").select_option("normal")
    await user.page.get_by_role("button", name="Send 100").click()
    await expect(user.page.get_by_role("img", name=re.compile("waiting, .* yours"))).to_be_visible()
    await prefetch.fill("32")
    await prefetch.press("Enter")
    mine = user.page.get_by_role("img", name=re.compile(r"in work at responder-.*yours"))
    await expect(mine.first).to_be_visible()
    await expect(user.page.get_by_role("img", name=re.compile("The log reaches to .* this tab at"))).to_be_visible()
    await user.page.get_by_role("button", name="Look into chat_responses").press("Enter")
    drawer = user.page.get_by_role("dialog", name="Inside chat_responses")
    await expect(drawer.locator("pre", has_text='"offset"').first).to_be_visible()
    await drawer.get_by_text("tests/contract/test_broker_log.py").click()
    await expect(drawer.locator(".source-link[open] pre")).to_contain_text("async def test_")
    assert await findings(user) == []
    await user.page.keyboard.press("Escape")
    await expect(user.page.get_by_role("button", name="Look into chat_responses")).to_be_focused()
    for look in await user.page.get_by_role("button", name="Look into").all():
        await look.press("Enter")
        await expect(user.page.get_by_role("dialog").get_by_role("heading", level=3)).to_be_visible()
        assert await findings(user) == []
        await user.page.keyboard.press("Escape")
    counts = ledger_of(user)
    await expect(counts).to_contain_text("All kept")
    assert await number_in(counts, "answered") == 100


# What each experiment must have shown: the sentence that the page makes of the frames.
SHOWN = {
    "One publish, two places": r"back from the log after .*, and stayed in the queue .* whole after ([2-9]|\d\d)",
    "Kill it in the middle of a word": r"ended after part 7\. .* went on with part 8: \d+ parts, none twice",
    "Lose the connection": r"and resumed: \d+ parts in all, none missing",
    "Stand still": r"[1-9]\.\d+ s without a part, and then on: one attempt",
    "Publish it twice": r"came once, with one reply",
    "One at a time": r"All six are answered, and at most 1 of them was in work",
    "Poison": r"delivery_limit",
    "Without the database": r"answered in .* without the database",
    "Without the broker": r"accepted.*and answered once",
    "Everything at once": r"All 10 were answered, each once; \d+ were begun by one responder and ended by another",
}


async def test_the_experiments_show_what_they_promise(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    user.expects_disconnects = True
    await user.page.get_by_role("tab", name="Experiments").click()
    for name, shown in SHOWN.items():
        await user.page.get_by_role("list", name="Experiments").get_by_role("button", name=name).click()
        experiment = user.page.get_by_role("article", name=name)
        await expect(experiment.get_by_role("button", name="Do it")).to_be_disabled()
        await experiment.get_by_role("radio").first.check()
        await experiment.get_by_role("button", name="Do it").press("Enter")
        await expect(experiment.get_by_role("status")).to_contain_text(re.compile(shown), timeout=60_000)
        await expect(experiment.get_by_role("region", name="Why")).to_contain_text("guarded by")
        await expect(experiment.get_by_role("button", name="Do it again")).to_be_focused()
    assert await findings(user) == []
    await expect(ledger_of(user)).to_contain_text("All kept")
    await user.page.get_by_role("tab", name="Experiments").press("ArrowRight")
    await expect(user.page.get_by_role("button", name="End responder")).to_be_visible()
    second = user.page.get_by_role("listitem").filter(has=user.page.get_by_role("button", name="Duplicate socket"))
    await second.get_by_label("for seconds").fill("4")
    await second.get_by_role("button").press("Enter")
    await user.page.get_by_role("button", name="Send one through").click()
    said = user.page.get_by_role("tabpanel").get_by_role("status")
    await expect(said).to_contain_text(re.compile(r"The same \d+ events came on both sockets"))
    assert await findings(user) == []


async def test_a_dead_letter_is_mended_and_found_again_in_the_log(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    await user.page.evaluate(DROP_ALL)  # those of the tests before, whose owners are others
    await user.page.get_by_role("tab", name="Dead letters").click()
    await user.page.get_by_role("button", name="Make one: say /poison").click()
    letters = user.page.get_by_role("list", name="Dead letters")
    await letters.get_by_role("button", name="/poison").click()
    await expect(letters).to_contain_text("It was given out 6 times")
    await expect(letters.locator("pre").first).to_contain_text('"text": "/poison"')
    assert await findings(user) == []
    await letters.get_by_label("Its text").fill("/echo mended")
    await letters.get_by_role("button", name="Requeue with this text").click()
    await expect(user.page.get_by_role("tabpanel")).to_contain_text("reply.requested")
    await expect(user.page.get_by_role("tabpanel").get_by_role("status")).to_be_focused()

    await user.page.get_by_role("tab", name="The log").click()
    lines = user.page.get_by_role("list", name="Lines of the log")
    await user.page.get_by_label("Follow").check()
    await expect(lines).to_contain_text("“mended”")
    await user.page.get_by_role("button", name="Send one through").click()
    await expect(lines).to_contain_text("“/words 60”")
    await lines.get_by_text("“/words 60”").click()
    await expect(lines).to_contain_text("Published with routing key message")
    await lines.get_by_role("button", name="Only this reply").press("Enter")
    await expect(user.page.get_by_label("Reply", exact=True)).to_be_focused()
    await user.page.get_by_label("Reply", exact=True).fill("")
    await user.page.get_by_label("Type").select_option("reply.completed")
    await expect(lines.get_by_text("message.created")).to_have_count(0)
    await expect(lines.get_by_text("reply.completed").first).to_be_visible()
    assert await findings(user) == []


async def test_the_board_fills_the_page_and_the_example_opens_by_its_address(open_page: OpenPage) -> None:
    user = await open_page("/pipeline#board")
    board = user.page.get_by_role("region", name="Board")
    await expect(board).to_contain_text("waiting in chat_queue")
    size = await board.locator("dd").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 80, size  # of a page 800 px high: a tenth of its height
    assert await findings(user) == []
    await user.page.keyboard.press("Escape")
    await expect(board).to_have_count(0)
    await user.page.get_by_role("button", name="Wall board").press("Enter")
    await expect(board).to_be_focused()
    await user.page.keyboard.press("Escape")
    await expect(user.page.get_by_role("button", name="Wall board")).to_be_focused()
    await user.page.goto(user.server + "/pipeline#example")
    moment = user.page.get_by_role("slider", name="Moment")
    await moment.fill(await moment.get_attribute("max") or "")
    await expect(user.page.get_by_role("region", name="The conversation at that moment")).to_contain_text("Whole, in")
    await expect(ledger_of(user, "the trace")).to_contain_text("All kept")


async def test_the_documentation_plays_its_example_where_there_is_no_backend(browser: Browser, built_page: Path, tmp_path: Path) -> None:
    site.build(tmp_path)
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    threading.Thread(target=files.serve_forever, daemon=True).start()
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{files.server_port}/laboratory.html")
        await page.get_by_role("link", name="a recorded trace").click()
        moment = page.get_by_role("slider", name="Moment")
        await moment.fill(await moment.get_attribute("max") or "")
        await expect(page.get_by_role("region", name="The conversation at that moment")).to_contain_text("Whole, in")
    finally:
        await context.close()
        files.shutdown()
        files.server_close()
