"""What the bird says, as it is read: Markdown, code, direction, scrolling, and texts that mean harm."""

from playwright.async_api import Request, expect

from tests.browser.conftest import FakeBackend, OpenPage

QUICK_MS = 5_000  # a hostile conversation opens in well under a second on an idle machine


async def test_code_has_its_language_a_copy_button_and_colours(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/code python")
    await person.hears_the_end()
    block = person.log.locator(".code").first
    await expect(block.locator(".code-head")).to_contain_text("python")
    await expect(block.locator(".hljs-keyword").first).to_be_visible()
    await block.get_by_role("button", name="Copy code").click()
    await expect(block.get_by_role("button", name="Copied")).to_be_visible()
    copied = await person.page.evaluate("navigator.clipboard.readText()")
    assert copied == (await block.locator("pre").inner_text()).rstrip("\n")


async def test_a_reply_is_copied_as_markdown(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/table 3")
    await person.hears_the_end()
    await person.page.get_by_role("button", name="Copy reply as Markdown").click()
    await expect(person.page.get_by_role("button", name="Copied")).to_be_visible()
    assert await person.page.evaluate("navigator.clipboard.readText()") == (await person.stored_texts())[1][1]


async def test_all_of_markdown_is_drawn_and_nothing_is_wider_than_the_page(open_page: OpenPage) -> None:
    person = await open_page(viewport={"width": 320, "height": 640})
    await person.say("/markdown")
    await person.hears_the_end()
    assert await person.page.evaluate("document.documentElement.scrollWidth") == 320
    thread = "document.querySelector('.thread')"
    assert await person.page.evaluate(f"{thread}.scrollWidth <= {thread}.clientWidth")


async def test_harmful_texts_are_inert_and_quick(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    person = await open_page("/", server=fake_backend.url)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    person.page.on("request", note)
    await person.page.evaluate(
        """() => {
            window.longest = 0;
            new PerformanceObserver((list) => {
                for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
            }).observe({ entryTypes: ['longtask'] });
        }"""
    )
    await person.side.get_by_role("link", name="Hostile").click()
    await expect(person.turns.last).to_be_visible()
    for _ in range(12):
        await person.log.evaluate("log => { log.scrollTop -= 1200 }")
        await person.sees_the_log_at_rest()
    longest = await person.page.evaluate("window.longest")
    print(f"\nlongest task with hostile texts: {longest:.0f} ms")
    assert longest < QUICK_MS
    assert await person.page.title() == "Hostile · Myna"
    assert await person.page.locator(".prose :is(script, img, iframe)").count() == 0
    assert await person.page.locator(".prose a:not([href^=http]):not([href^=mailto])").count() == 0
    assert [url for url in asked if not url.startswith(fake_backend.url)] == []


async def test_hebrew_and_arabic_read_from_right_to_left_and_code_does_not(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("שלום עולם")
    bubble = person.turns.first.locator(".bubble")
    await expect(bubble).to_have_css("direction", "rtl")
    await person.hears_the_end()
    await person.say("/rtl")
    await person.hears_the_end(2)
    directions = await person.replies.nth(1).locator("p, li").evaluate_all("all => all.map((one) => getComputedStyle(one).direction)")
    assert "rtl" in directions


async def test_the_reader_who_scrolls_up_is_left_in_peace_and_told_what_came(open_page: OpenPage) -> None:
    person = await open_page(viewport={"width": 1280, "height": 500})
    await person.say("/long 12")
    await person.hears_the_end()
    await person.say("/slow 0.1")
    await expect(person.turns).not_to_have_count(0)
    await person.log.hover()
    await person.page.mouse.wheel(0, -900)
    await expect(person.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    before = await person.log.evaluate("log => log.scrollTop")
    await person.page.wait_for_timeout(1_000)  # ten more parts come meanwhile, below what is drawn: nothing on the page tells of them
    assert abs(await person.log.evaluate("log => log.scrollTop") - before) < 2
    await person.page.get_by_role("button", name="Jump to latest").click()
    await expect(person.page.get_by_role("button", name="Jump to latest")).to_have_count(0)
    await expect(person.replies.last).to_be_in_viewport()
    for _ in range(5):  # and from now on the end stays in sight
        await person.page.wait_for_timeout(150)  # a part or two; after the last part nothing more would come to wait for
        assert await person.log.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") < 60


async def test_a_selection_outlives_the_parts_that_come_after_it(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/long 6")
    first = person.replies.locator(".prose-block").first
    await expect(person.replies.locator(".prose-block").nth(1)).to_be_visible()
    chosen = await first.evaluate("one => { getSelection().selectAllChildren(one); return getSelection().toString() }")
    await person.hears_the_end()
    assert chosen
    assert await person.page.evaluate("getSelection().toString()") == chosen
