"""Search: hits in messages, replies and titles, and the way from a hit to where it was said."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Route, expect

from tests.browser.conftest import FakeBackend, OpenPage
from tests.services.processes import until

# Whether a word that the search found is marked where it stands, and in sight.
MARKED_IN_SIGHT = """word => [...(CSS.highlights.get('search-hit') ?? [])].some((range) => {
    const [log, place] = [document.querySelector('[role=log]').getBoundingClientRect(), range.getBoundingClientRect()];
    return range.toString() === word && place.height > 0 && place.top >= log.top && place.bottom <= log.bottom;
})"""


async def test_a_search_shows_marked_hits_and_jumps_to_the_message(open_page: OpenPage) -> None:
    user = await open_page()
    await user.start_conversation("/echo the cormorant dives at dawn")
    await user.start_conversation("/echo nothing of the kind")
    await user.page.get_by_role("searchbox").fill("cormorant")
    hits = user.sidebar.get_by_role("list", name="Found messages")
    await expect(hits.locator("mark").first).to_have_text("cormorant")
    await expect(hits.get_by_role("button").filter(has_text="you said")).to_have_count(1)
    await expect(hits.get_by_role("button").filter(has_text="Myna said")).to_have_count(1)
    await hits.get_by_role("button").first.click()
    await expect(user.turns.first).to_contain_text("cormorant dives")
    await user.page.get_by_role("searchbox").fill("zzzznothing")
    await expect(user.sidebar.get_by_text("Nothing was said about")).to_be_visible()


async def test_a_hit_far_back_in_a_long_conversation_is_read_and_shown(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page("/", server=fake_backend.url)
    await user.page.get_by_role("searchbox").fill("(4801)")
    await user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").first.click()
    await expect(user.turns.filter(has_text="(4801)")).to_be_in_viewport()


async def test_a_hit_in_a_reply_opens_the_conversation_at_its_message(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page("/", server=fake_backend.url)
    await user.page.get_by_role("searchbox").fill("reply number 4123")
    await user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").filter(has_text="Myna said").first.click()
    await expect(user.turns.filter(has_text="reply number 4123")).to_be_in_viewport()


async def test_a_hit_in_a_reply_of_the_real_backend_is_shown_and_marked(open_page: OpenPage) -> None:
    user = await open_page()
    lines = "\n\n".join(f"line {number}" for number in range(60))
    await user.start_conversation(f"/echo the plover runs before it flies\n\n{lines}\n\na godwit at the very end")
    for count in (301, 302, 303):
        await user.send(f"/words {count}")
        await expect(user.turns.filter(has_text=f"/words {count}").get_by_role("button", name="Another reply")).to_be_visible()
    await user.page.get_by_role("searchbox").fill("plover")
    await user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").filter(has_text="Myna said").click()
    await expect(user.turns.filter(has_text="the plover runs")).to_be_in_viewport()
    await expect(user.log.locator(".turn.highlighted")).to_contain_text("plover")
    # Far down in a reply of several screens, and in a message that was folded.
    await user.page.get_by_role("searchbox").fill("godwit")
    hits = user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").filter(has_text="godwit")
    for who in ("Myna said", "you said"):
        await hits.filter(has_text=who).click()
        await until(lambda: user.page.evaluate(MARKED_IN_SIGHT, "godwit"), 30, "the found word, marked and in sight")


async def test_the_search_finds_titles_also_of_conversations_that_were_not_loaded(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page("/", server=fake_backend.url)
    await user.connected()

    async def empty(route: Route) -> None:
        await route.fulfill(json={"items": [], "next": None})

    await user.page.route(re.compile(r"/api/conversations\?(?!.*q=)"), empty)
    await user.page.reload()
    await expect(user.sidebar.get_by_text("What you say is kept here.")).to_be_visible()
    await user.page.get_by_role("searchbox").fill("notes on the rec")
    await expect(user.sidebar.get_by_role("list", name="Found conversations").get_by_role("link")).to_have_text(["Notes on the recorder"])
    # A hit names its conversation, loaded or not.
    await user.page.get_by_role("searchbox").fill("reply number 4123")
    await expect(user.sidebar.get_by_role("list", name="Found messages").get_by_role("button").first).to_contain_text(
        "A very long conversation"
    )
    await user.page.keyboard.press("Control+k")
    await user.page.keyboard.type("why not two")
    await expect(user.page.get_by_role("option").filter(has_text="Why not two queues?")).to_be_visible()


async def test_the_search_can_be_narrowed_to_titles_or_to_one_side(open_page: OpenPage) -> None:
    user = await open_page()
    await user.start_conversation("/echo the dunlin feeds at low tide")
    await user.page.get_by_role("searchbox").fill("dunlin")
    hits = user.sidebar.get_by_role("list", name="Found messages").get_by_role("button")
    titles = user.sidebar.get_by_role("list", name="Found conversations").get_by_role("link")
    await expect(hits).to_have_count(2)
    await expect(titles).to_have_count(1)
    await user.page.get_by_role("radio", name="Myna").check()
    await expect(hits).to_have_count(1)
    await expect(hits).to_contain_text("Myna said")
    await expect(titles).to_have_count(0)
    await user.page.get_by_role("radio", name="You").check()
    await expect(hits).to_contain_text("you said")
    await user.page.get_by_role("radio", name="Titles").check()
    await expect(hits).to_have_count(0)
    await expect(titles).to_have_count(1)


async def test_the_search_can_be_narrowed_to_what_was_said_lately(open_page: OpenPage) -> None:
    user = await open_page()
    await user.start_conversation("/echo the dunlin feeds at low tide")
    await user.page.get_by_role("searchbox").fill("dunlin")
    hits = user.sidebar.get_by_role("list", name="Found messages").get_by_role("button")
    said = user.sidebar.get_by_role("combobox", name="Said")
    await expect(hits).to_have_count(2)
    await said.select_option("in the last day")
    await user.page.get_by_role("radio", name="You").check()
    await expect(hits).to_have_count(1)
    await user.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=9))
    await said.select_option("in the last week")
    await expect(hits).to_have_count(0)
    await said.select_option("in the last month")
    await expect(hits).to_have_count(1)
