"""Replies as they are rendered: Markdown, code, direction, scrolling, hostile texts."""

import re

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
    assert await user.replies.locator('ol[start="7"]').evaluate("list => getComputedStyle(list).listStyleType") == "decimal"
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


async def test_a_selection_outlives_the_parts_that_come_after_it(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/long 6")
    first = user.replies.locator(".prose-block").first
    await expect(user.replies.locator(".prose-block").nth(1)).to_be_visible()
    chosen = await first.evaluate("one => { getSelection().selectAllChildren(one); return getSelection().toString() }")
    await user.sees_replies()
    assert chosen
    assert await user.page.evaluate("getSelection().toString()") == chosen


QUOTED_CODE = """/echo > Look:
>
> ```python
> def quoted(): return "quoted"
> ```

- first

  ```python
  def listed(): return "listed"
  ```
- second"""


async def test_code_in_quotes_and_lists_keeps_its_language_and_colours(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send(QUOTED_CODE)
    await user.sees_replies()
    blocks = user.replies.locator(".code")
    await expect(blocks).to_have_count(2)
    for place, keeper in ((0, "blockquote"), (1, "li")):
        await expect(blocks.nth(place).locator(".code-head")).to_contain_text("python")
        await expect(blocks.nth(place).locator(".hljs-keyword").first).to_have_text("def")
        assert await blocks.nth(place).evaluate("(one, keeper) => one.closest(keeper) !== null", keeper)


async def test_reference_links_and_footnotes_are_resolved(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send(
        "/echo Read [the guide][guide] first.\n\nThen this one.[^1]\n\n[guide]: https://example.org/guide\n[^1]: A footnote of its own."
    )
    await user.sees_replies()
    await expect(user.replies.get_by_role("link", name="the guide")).to_have_attribute("href", "https://example.org/guide")
    await expect(user.replies.locator(".prose")).to_contain_text("A footnote of its own.")
    await expect(user.replies.locator(".prose")).not_to_contain_text("[^1]")
    await expect(user.replies.locator(".prose")).not_to_contain_text("[guide]")
    # Its link leads there and back, and nowhere in the page's history.
    pages = await user.page.evaluate("history.length")
    await user.replies.get_by_role("link", name="1", exact=True).click()
    await expect(user.replies.get_by_role("listitem")).to_be_focused()
    await user.replies.get_by_role("link", name="Back to reference 1").click()
    await expect(user.replies.get_by_role("link", name="1", exact=True)).to_be_focused()
    assert await user.page.evaluate("history.length") == pages


async def test_a_fence_within_a_fence_is_one_block(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo ````markdown\n```python\ninner\n```\n````\n\nafter")
    await user.sees_replies()
    await expect(user.replies.locator(".code")).to_have_count(1)
    await expect(user.replies.locator(".code pre")).to_contain_text("```python")


async def test_headings_of_each_level_have_their_own_size(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo # One\n\n## Two\n\n### Three\n\ntext")
    await user.sees_replies()
    sizes = await user.replies.get_by_role("heading").evaluate_all("all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    assert len(sizes) == 3
    assert sizes[0] > sizes[1] > sizes[2]


async def test_a_right_to_left_list_has_its_markers_on_the_right_also_where_an_item_begins_with_code(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/rtl")
    await user.sees_replies()
    listed = user.replies.locator("ul").first
    await expect(listed).to_have_css("direction", "rtl")
    looks = await listed.evaluate(
        """list => {
            const start = Math.round(parseFloat(getComputedStyle(list).paddingRight));
            const edge = list.getBoundingClientRect().right;
            const lookOf = (one) => [getComputedStyle(one).direction, Math.round(edge - one.getBoundingClientRect().right)];
            return { start, ends: [...list.querySelectorAll('li')].map(lookOf) };
        }"""
    )
    assert looks["start"] > 10  # the markers stand within the column
    assert {tuple(one) for one in looks["ends"]} == {("rtl", looks["start"])}


async def test_print_gives_the_whole_conversation_without_the_controls(open_page: OpenPage) -> None:
    user = await open_page(viewport={"width": 1280, "height": 700})
    for count in range(301, 309):
        await user.send(f"/words {count}")
        last = user.turns.filter(has_text=f"/words {count}")
        await expect(last.get_by_role("button", name="Another reply")).to_be_visible()
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", await user.page.pdf(format="A4"))
    assert len(pages) >= 5  # 2,400 words
    assert await user.turns.count() < 8  # the rows in sight, and some around them
    # At once: the browser takes its picture right after the event.
    rows = "dispatchEvent(new Event('beforeprint')); document.querySelectorAll('[role=log] article').length"
    assert await user.page.evaluate(rows) == 8
    await user.page.emulate_media(media="print")
    await expect(user.sidebar).to_be_hidden()
    await expect(user.field).to_be_hidden()
    await user.page.evaluate("dispatchEvent(new Event('afterprint'))")
    await user.page.emulate_media(media="screen")
    await expect(user.field).to_be_visible()
