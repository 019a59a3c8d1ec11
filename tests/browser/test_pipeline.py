"""The pipeline view: live numbers, one message watched on its way, and what it shows when the backend is away."""

import re

from playwright.async_api import Route, expect

from tests.browser.conftest import FakeBackend, OpenPage

PLACES = ("Sockets", "Exchange", "chat_queue", "Responders", "chat_responses", "Relay", "Hub", "Recorder", "Postgres", "chat_dead_letters")


async def test_the_pipeline_view_shows_a_message_going_through(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    for name in PLACES:
        await expect(user.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    await expect(user.page.get_by_text("Embedded mode")).to_be_visible()
    await user.page.get_by_role("button", name="Send one through").click()
    diary = user.page.get_by_role("region", name="What just happened")
    await expect(diary).to_contain_text("a responder took it from the queue")
    await expect(diary).to_contain_text("the reply is whole")


async def test_no_name_in_the_diagram_is_broken_and_no_number_leaves_its_box_at_any_width(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    names = user.page.get_by_role("list", name="The route of a message").get_by_role("heading")
    await expect(names).to_have_count(len(PLACES))
    broken = "all => all.filter(one => one.offsetHeight > 1.9 * parseFloat(getComputedStyle(one).fontSize)).map(one => one.textContent)"
    numbers = user.page.locator(".box dl > div")
    await expect(numbers.first).to_be_visible()
    wide = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    for width in (360, 820, 1100, 1280, 1366, 1920):
        await user.page.set_viewport_size({"width": width, "height": 900})
        assert await names.evaluate_all(broken) == [], width
        assert await numbers.evaluate_all(wide) == [], width


async def test_the_event_log_stays_in_place_while_a_message_goes_through(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    heading = user.page.get_by_role("heading", name="What just happened")
    await expect(heading).to_be_visible()
    await user.page.wait_for_timeout(1_500)  # the first numbers
    tops = set()
    await user.page.get_by_role("button", name="Send one through").click()
    for _ in range(30):
        box = await heading.bounding_box()
        assert box
        tops.add(round(box["y"]))
        await user.page.wait_for_timeout(100)  # as long as the message takes; the place is looked at meanwhile
    assert max(tops) - min(tops) <= 4


async def test_without_a_backend_the_view_marks_it_and_claims_nothing(open_page: OpenPage, fake_backend: FakeBackend) -> None:
    user = await open_page("/pipeline", server=fake_backend.url)
    await user.connected()
    user.expects_disconnects = True

    async def away(route: Route) -> None:
        await route.abort()

    await user.page.route("**/api/pipeline", away)
    await user.page.route("**/api/session", away)
    await user.page.reload()
    diagram = user.page.get_by_role("list", name="The route of a message")
    await expect(user.page.get_by_text("The backend does not answer")).to_be_visible()
    await expect(diagram).not_to_contain_text("quorum")
    await expect(diagram).not_to_contain_text("stream:")
    await expect(diagram).to_have_class(re.compile("unreachable"))


async def test_the_pipeline_button_leads_back_into_the_page_where_it_was_opened_directly(open_page: OpenPage) -> None:
    user = await open_page("/pipeline")
    await user.connected()
    await user.page.get_by_role("button", name=re.compile(r"^Pipeline\b")).click()
    await expect(user.page).to_have_url(user.server + "/")
    await expect(user.field).to_be_visible()
