"""Lines that break: what waits, what is shown, what goes out, and that nothing is said twice."""

from contextlib import suppress
from uuid import uuid4

from playwright.async_api import Route, WebSocketRoute, expect
from playwright.async_api import TimeoutError as TimedOut

from tests.browser.conftest import OpenPage
from tests.browser.person import Person


class Gate:
    """Stands before the server. While it is shut there is no session and no socket; the page itself still loads."""

    def __init__(self) -> None:
        self.shut = True

    @classmethod
    async def before(cls, person: Person) -> "Gate":
        gate = cls()
        person.expects_cuts = True
        await person.page.route("**/api/session", gate._session)
        await person.page.route_web_socket("**/ws*", gate._socket)
        return gate

    async def _session(self, route: Route) -> None:
        if self.shut:
            await route.abort()
        else:
            await route.continue_()

    async def _socket(self, route: WebSocketRoute) -> None:
        if self.shut:
            await route.close()
        else:
            route.connect_to_server()


async def test_what_is_written_offline_goes_out_in_order_once(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/echo zero")
    await person.hears_the_end()
    person.expects_cuts = True
    await person.context.set_offline(True)
    await expect(person.page.get_by_text("You are offline. Write on")).to_be_visible()
    for text in ("/echo one", "/echo two", "/echo three"):
        await person.say(text)
    await expect(person.held).to_have_count(3)
    await expect(person.held.nth(0)).to_contain_text("when connected")
    await person.held.nth(1).get_by_role("button", name="Take back").click()
    await person.context.set_offline(False)
    await person.hears_the_end(3)
    await expect(person.held).to_have_count(0)
    said = [text for role, text in await person.stored_texts() if role == "user"]
    assert said == ["/echo zero", "/echo one", "/echo three"]


async def test_what_waits_survives_a_reload_without_a_server(open_page: OpenPage) -> None:
    person = await open_page()
    await person.connected()
    await Gate.before(person)
    await person.page.reload()
    await person.say("/echo kept")
    await expect(person.held).to_have_count(1)
    await person.page.reload()
    await expect(person.held).to_have_count(1)
    fresh = await person.second_tab()
    # The tab that wrote it still lives: the other tab leaves it alone.
    await expect(fresh.held).to_have_count(0)
    await person.page.close()
    await fresh.page.reload()
    await fresh.hears_the_end()
    assert [text for role, text in await fresh.stored_texts() if role == "user"] == ["/echo kept"]
    # The second tab asked for a conversation that nobody but the first one knew yet.
    fresh.complaints[:] = [one for one in fresh.complaints if "404" not in one]


async def test_what_waits_for_a_reply_still_waits_after_a_reload(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 2")
    await expect(person.replies).to_contain_text("I leave")
    for text in ("/echo second", "/echo third"):
        await person.say(text)
    await expect(person.held).to_have_count(2)
    await person.page.reload()
    await expect(person.replies).to_contain_text("I leave")
    await expect(person.held).to_have_count(2)
    # What was sent off to wait is no draft any more, and a draft never hides Stop.
    await expect(person.field).to_have_value("")
    assert [text for role, text in await person.stored_texts() if role == "user"] == ["/slow 2"]
    await person.field.fill("half a thought")
    await person.page.get_by_role("button", name="Stop the reply").click()
    await expect(person.replies.first).to_contain_text("Stopped here.")
    await person.hears_the_end(3)
    said = [text for role, text in await person.stored_texts() if role == "user"]
    assert said == ["/slow 2", "/echo second", "/echo third"]
    await expect(person.field).to_have_value("half a thought")


async def test_a_lost_line_is_announced_with_a_countdown_and_a_button(open_page: OpenPage) -> None:
    person = await open_page()
    await person.connected()
    gate = await Gate.before(person)
    await person.page.reload()
    await expect(person.page.get_by_text("Next try in")).to_be_visible()
    gate.shut = False
    with suppress(TimedOut):  # on a slow machine the countdown may be first, and the button is gone
        await person.page.get_by_role("button", name="Retry now").click(timeout=3_000)
    await person.connected()
    await expect(person.page.get_by_role("button", name="Retry now")).to_have_count(0)


async def test_a_blip_is_over_before_anybody_hears_of_it(open_page: OpenPage) -> None:
    person = await open_page()
    person.expects_cuts = True
    sockets: list[WebSocketRoute] = []

    async def through(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    await person.page.route_web_socket("**/ws*", through)
    await person.page.reload()
    await person.connected()
    await person.say("/slow 0.2")
    await expect(person.replies).to_contain_text("I leave 0.2")
    await sockets[-1].close(code=1012)
    await person.hears_the_end()
    assert len(sockets) > 1
    await expect(person.page.get_by_role("button", name="Retry now")).to_have_count(0)
    whole = (await person.stored_texts())[1][1]
    shown = await person.replies.locator(".prose").inner_text()
    assert shown.split() == whole.split()


async def test_delivery_is_told_in_words(open_page: OpenPage) -> None:
    person = await open_page()
    await person.say("/slow 0.2")
    await expect(person.turns.first.get_by_text("Accepted: it will be answered")).to_be_attached()
    await person.hears_the_end()
    await expect(person.turns.first.get_by_text("Answered", exact=True)).to_be_attached()


PLACES = ("Sockets", "Exchange", "chat_queue", "Responders", "chat_responses", "Relay", "Recorder", "Postgres", "chat_dead_letters")


async def test_the_pipeline_view_shows_a_message_going_through(open_page: OpenPage) -> None:
    person = await open_page("/pipeline")
    await person.connected()
    for name in PLACES:
        await expect(person.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    await expect(person.page.get_by_text("Embedded mode")).to_be_visible()
    await person.page.get_by_role("button", name="Send one through").click()
    diary = person.page.get_by_role("region", name="What just happened")
    await expect(diary).to_contain_text("a responder took it from the queue")
    await expect(diary).to_contain_text("the reply is whole")


async def test_no_name_in_the_picture_of_the_route_is_broken_at_any_width(open_page: OpenPage) -> None:
    person = await open_page("/pipeline")
    names = person.page.get_by_role("list", name="The route of a message").get_by_role("heading")
    await expect(names).to_have_count(len(PLACES))
    broken = "all => all.filter(one => one.offsetHeight > 1.9 * parseFloat(getComputedStyle(one).fontSize)).map(one => one.textContent)"
    for width in (360, 820, 1100, 1280, 1366, 1920):
        await person.page.set_viewport_size({"width": width, "height": 900})
        assert await names.evaluate_all(broken) == [], width


class Crowd:
    """Keeps the one responder busy: it has 32 deliveries in hand at once (CHAT_PREFETCH), and whoever comes then has to wait."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._talks: list[str] = []

    async def comes(self, count: int) -> None:
        for _ in range(count):
            self._talks.append(str(uuid4()))
            said = {"conversation_id": self._talks[-1], "text": "/sleep 20"}
            assert (await self._person.context.request.post(f"{self._person.server}/api/messages", data=said)).ok

    async def last_leaves(self) -> None:
        await self._person.context.request.delete(f"{self._person.server}/api/conversations/{self._talks.pop()}")

    async def leaves(self) -> None:
        while self._talks:
            await self.last_leaves()


async def test_a_message_in_line_says_its_own_place_and_moves_up(open_page: OpenPage) -> None:
    other = await open_page()
    await other.connected()
    crowd = Crowd(other)
    await crowd.comes(34)
    person = await open_page()
    await person.say("/echo at last")
    await expect(person.replies).to_contain_text("Waiting in chat_queue, 3rd in line")
    await crowd.last_leaves()
    await expect(person.replies).to_contain_text("Waiting in chat_queue, 2nd in line")
    await crowd.leaves()
    await person.hears_the_end()
    await expect(person.replies).to_contain_text("at last")


async def test_one_more_reply_that_waits_is_still_known_after_a_reload_and_can_be_stopped(open_page: OpenPage) -> None:
    other = await open_page()
    await other.connected()
    crowd = Crowd(other)
    person = await open_page()
    await person.say("/echo once")
    await person.hears_the_end()
    await crowd.comes(32)
    await person.page.get_by_role("button", name="Another reply").click()
    await expect(person.replies).to_contain_text("next in line")
    await person.page.reload()
    await expect(person.replies).to_contain_text("Waiting in chat_queue")
    await person.page.get_by_role("button", name="Stop the reply").click()
    await expect(person.log.get_by_text("2/2")).to_be_visible()
    await expect(person.page.get_by_role("button", name="Stop the reply")).to_have_count(0)
    await crowd.leaves()
    await person.say("/echo free again")
    await person.hears_the_end(2)
