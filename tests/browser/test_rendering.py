"""Replies as they are rendered: Markdown, code, direction, scrolling, hostile texts."""

from playwright.async_api import Request, expect

from tests.browser.conftest import FakeBackend, OpenPage

QUICK_MS = 5_000  # a hostile conversation opens in well under a second on an idle machine


async def test_code_has_its_language_a_copy_button_and_colours(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/code python")
    await user.sees_replies()
    block = user.log.locator(".code").first
    await expect(block.locator(".code-head")).to_contain_text("python")
    await expect(block.locator(".hljs-keyword").first).to_be_visible()
    await block.get_by_role("button", name="Copy code").click()
    await expect(block.get_by_role("button", name="Copied")).to_be_visible()
    copied = await user.page.evaluate("navigator.clipboard.readText()")
    assert copied == (await block.locator("pre").inner_text()).rstrip("\n")


async def test_a_reply_is_copied_as_markdown(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/table 3")
    await user.sees_replies()
    await user.page.get_by_role("button", name="Copy reply as Markdown").click()
    await expect(user.page.get_by_role("button", name="Copied")).to_be_visible()
    assert await user.page.evaluate("navigator.clipboard.readText()") == (await user.stored_texts())[1][1]


async def test_all_of_markdown_is_rendered_within_the_page_width(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 320, "height": 640})
    await user.send("/markdown")
    await user.sees_replies()
    assert await user.page.evaluate("document.documentElement.scrollWidth") == 320
    thread = "document.querySelector('.thread')"
    assert await user.page.evaluate(f"{thread}.scrollWidth <= {thread}.clientWidth")


async def test_hostile_texts_are_inert_and_fast(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page("/", server=fake_backend.url)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    user.page.on("request", note)
    await user.page.evaluate(
        """() => {
            window.longest = 0;
            new PerformanceObserver((list) => {
                for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
            }).observe({ entryTypes: ['longtask'] });
        }"""
    )
    await user.sidebar.get_by_role("link", name="Hostile").click()
    await expect(user.turns.last).to_be_visible()
    for _ in range(12):
        await user.log.evaluate("log => { log.scrollTop -= 1200 }")
        await user.waits_for_layout()
    longest = await user.page.evaluate("window.longest")
    print(f"\nlongest task with hostile texts: {longest:.0f} ms")
    assert longest < QUICK_MS
    assert await user.page.title() == "Hostile · Myna"
    assert await user.page.locator(".prose :is(script, img, iframe)").count() == 0
    assert await user.page.locator(".prose a:not([href^=http]):not([href^=mailto])").count() == 0
    assert [url for url in asked if not url.startswith(fake_backend.url)] == []


async def test_hebrew_and_arabic_read_from_right_to_left_and_code_does_not(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("שלום עולם")
    bubble = user.turns.first.locator(".bubble")
    await expect(bubble).to_have_css("direction", "rtl")
    await user.sees_replies()
    await user.send("/rtl")
    await user.sees_replies(2)
    directions = await user.replies.nth(1).locator("p, li").evaluate_all("all => all.map((one) => getComputedStyle(one).direction)")
    assert "rtl" in directions


async def test_a_user_who_scrolls_up_stays_there_and_sees_a_count(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 500})
    await user.send("/long 12")
    await user.sees_replies()
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
    for _ in range(5):  # and from now on the end stays in sight
        await user.page.wait_for_timeout(150)  # a part or two; after the last part nothing more would come to wait for
        assert await user.log.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") < 60


async def test_a_selection_outlives_the_parts_that_come_after_it(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/long 6")
    first = user.replies.locator(".prose-block").first
    await expect(user.replies.locator(".prose-block").nth(1)).to_be_visible()
    chosen = await first.evaluate("one => { getSelection().selectAllChildren(one); return getSelection().toString() }")
    await user.sees_replies()
    assert chosen
    assert await user.page.evaluate("getSelection().toString()") == chosen
