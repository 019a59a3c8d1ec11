"""Lost connections: what is queued, what is shown, what is sent, and that nothing is sent twice."""

import re
import time
from contextlib import suppress
from uuid import uuid4

from playwright.async_api import Route, WebSocketRoute, expect
from playwright.async_api import TimeoutError as TimedOut

from tests.browser.conftest import OpenPage
from tests.browser.user import User


class Proxy:
    """Stands between page and server. While it is blocked there is no session and no socket; the page itself still loads."""

    def __init__(self) -> None:
        self.blocked = True

    @classmethod
    async def before(cls, user: User) -> "Proxy":
        proxy = cls()
        user.expects_disconnects = True
        await user.page.route("**/api/session", proxy._session)
        await user.page.route_web_socket("**/ws*", proxy._socket)
        return proxy

    async def _session(self, route: Route) -> None:
        if self.blocked:
            await route.abort()
        else:
            await route.continue_()

    async def _socket(self, route: WebSocketRoute) -> None:
        if self.blocked:
            await route.close()
        else:
            route.connect_to_server()


async def test_messages_written_offline_are_sent_once_in_order(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo zero")
    await user.sees_replies()
    user.expects_disconnects = True
    await user.context.set_offline(True)
    await expect(user.page.get_by_text("You are offline. Write on")).to_be_visible()
    for text in ("/echo one", "/echo two", "/echo three"):
        await user.send(text)
    await expect(user.queued).to_have_count(3)
    await expect(user.queued.nth(0)).to_contain_text("when connected")
    await user.queued.nth(1).get_by_role("button", name="Take back").click()
    await user.context.set_offline(False)
    await user.sees_replies(3)
    await expect(user.queued).to_have_count(0)
    texts = [text for role, text in await user.stored_texts() if role == "user"]
    assert texts == ["/echo zero", "/echo one", "/echo three"]


async def test_queued_messages_survive_a_reload_without_a_server(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    await Proxy.before(user)
    await user.page.reload()
    await user.send("/echo kept")
    await expect(user.queued).to_have_count(1)
    await user.page.reload()
    await expect(user.queued).to_have_count(1)
    fresh = await user.second_tab()
    # The tab that wrote it still lives: the other tab leaves it alone.
    await expect(fresh.queued).to_have_count(0)
    await user.page.close()
    await fresh.page.reload()
    await fresh.sees_replies()
    assert [text for role, text in await fresh.stored_texts() if role == "user"] == ["/echo kept"]
    # The second tab asked for a conversation that nobody but the first one knew yet.
    fresh.console_errors[:] = [one for one in fresh.console_errors if "404" not in one]


async def test_messages_queued_behind_a_reply_survive_a_reload(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 2")
    await expect(user.replies).to_contain_text("I leave")
    for text in ("/echo second", "/echo third"):
        await user.send(text)
    await expect(user.queued).to_have_count(2)
    await user.page.reload()
    await expect(user.replies).to_contain_text("I leave")
    await expect(user.queued).to_have_count(2)
    # What was sent off to wait is no draft any more, and a draft never hides Stop.
    await expect(user.field).to_have_value("")
    assert [text for role, text in await user.stored_texts() if role == "user"] == ["/slow 2"]
    await user.field.fill("half a thought")
    await user.page.get_by_role("button", name="Stop the reply").click()
    await expect(user.replies.first).to_contain_text("Stopped here.")
    await user.sees_replies(3)
    texts = [text for role, text in await user.stored_texts() if role == "user"]
    assert texts == ["/slow 2", "/echo second", "/echo third"]
    await expect(user.field).to_have_value("half a thought")


async def test_a_lost_connection_is_announced_with_a_countdown_and_a_button(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    proxy = await Proxy.before(user)
    await user.page.reload()
    await expect(user.page.get_by_text("Next try in")).to_be_visible()
    proxy.blocked = False
    with suppress(TimedOut):  # on a slow machine the countdown may be first, and the button is gone
        await user.page.get_by_role("button", name="Retry now").click(timeout=3_000)
    await user.connected()
    await expect(user.page.get_by_role("button", name="Retry now")).to_have_count(0)


async def test_a_short_interruption_is_not_announced(open_page: OpenPage) -> None:
    user = await open_page()
    user.expects_disconnects = True
    sockets: list[WebSocketRoute] = []

    async def through(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    await user.page.route_web_socket("**/ws*", through)
    await user.page.reload()
    await user.connected()
    await user.send("/slow 0.2")
    await expect(user.replies).to_contain_text("I leave 0.2")
    await sockets[-1].close(code=1012)
    await user.sees_replies()
    assert len(sockets) > 1
    await expect(user.page.get_by_role("button", name="Retry now")).to_have_count(0)
    whole = (await user.stored_texts())[1][1]
    shown = await user.replies.locator(".prose").inner_text()
    assert shown.split() == whole.split()


async def test_delivery_state_has_text(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.2")
    await expect(user.turns.first.get_by_text("Accepted: it will be answered")).to_be_attached()
    await user.sees_replies()
    await expect(user.turns.first.get_by_text("Answered", exact=True)).to_be_attached()


class BusyResponder:
    """Keeps the one responder busy: it has 32 deliveries in hand at once (conftest.py), and whoever comes then has to wait."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._conversations: list[str] = []

    async def add(self, count: int) -> None:
        for _ in range(count):
            self._conversations.append(str(uuid4()))
            frame = {"conversation_id": self._conversations[-1], "text": "/sleep 20"}
            assert (await self._user.context.request.post(f"{self._user.server}/api/messages", data=frame)).ok

    async def remove_last(self) -> None:
        await self._user.context.request.delete(f"{self._user.server}/api/conversations/{self._conversations.pop()}")

    async def remove_all(self) -> None:
        while self._conversations:
            await self.remove_last()


async def test_a_waiting_message_shows_its_position_and_moves_up(open_page: OpenPage) -> None:
    other = await open_page()
    await other.connected()
    others = BusyResponder(other)
    await others.add(34)
    user = await open_page()
    await user.send("/echo at last")
    await expect(user.replies).to_contain_text("Waiting in chat_queue, 3rd in line")
    await others.remove_last()
    await expect(user.replies).to_contain_text("Waiting in chat_queue, 2nd in line")
    await others.remove_all()
    await user.sees_replies()
    await expect(user.replies).to_contain_text("at last")


async def test_a_waiting_regenerate_is_still_known_after_a_reload_and_can_be_stopped(open_page: OpenPage) -> None:
    other = await open_page()
    await other.connected()
    others = BusyResponder(other)
    user = await open_page()
    await user.send("/echo once")
    await user.sees_replies()
    await others.add(32)
    await user.page.get_by_role("button", name="Another reply").click()
    await expect(user.replies).to_contain_text("next in line")
    await user.page.reload()
    await expect(user.replies).to_contain_text("Waiting in chat_queue")
    await user.page.get_by_role("button", name="Stop the reply").click()
    await expect(user.log.get_by_text("2/2")).to_be_visible()
    await expect(user.page.get_by_role("button", name="Stop the reply")).to_have_count(0)
    await others.remove_all()
    await user.send("/echo free again")
    await user.sees_replies(2)


async def test_stop_while_offline_is_kept_and_carried_out_on_return(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.5")
    await expect(user.replies).to_contain_text("I leave")
    user.expects_disconnects = True
    await user.context.set_offline(True)
    await expect(user.page.get_by_text("You are offline. Write on")).to_be_visible()
    await user.page.get_by_role("button", name="Stop the reply").click()
    await expect(user.log.get_by_text("Stops as soon as the connection is back")).to_be_visible()
    await expect(user.page.get_by_role("button", name="Stop the reply")).to_have_count(0)
    await user.context.set_offline(False)
    await expect(user.replies).to_contain_text("Stopped here.")
    await expect(user.log.get_by_text("Stops as soon as the connection is back")).to_have_count(0)


async def test_a_conversation_begun_offline_has_a_title_and_a_row_and_does_not_call_itself_empty(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    user.expects_disconnects = True
    await user.context.set_offline(True)
    await expect(user.page.get_by_text("You are offline. Write on")).to_be_visible()
    await user.send("An offline question about ropes")
    await expect(user.queued).to_have_count(1)
    await expect(user.page.get_by_text("Nothing has been said here yet")).to_have_count(0)
    await expect(user.sidebar.get_by_role("link", name="An offline question about ropes")).to_be_visible()
    await expect(user.page).to_have_title(re.compile("An offline question about ropes"))
    await user.queued.get_by_role("button", name="Take back").click()
    await expect(user.sidebar.get_by_role("link", name="An offline question about ropes")).to_have_count(0)
    await user.send("And one about knots")
    await user.context.set_offline(False)
    await user.sees_replies()


async def test_the_page_is_back_within_seconds_after_a_long_outage(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    proxy = await Proxy.before(user)
    await user.page.reload()
    await user.page.wait_for_timeout(12_000)  # long enough for the delays between attempts to reach their ceiling
    proxy.blocked = False
    begun = time.monotonic()
    await user.connected()
    back = time.monotonic() - begun
    print(f"\nback after {back:.1f} s")
    assert back < 8  # at most 5 s between attempts


async def test_the_word_about_the_missing_rest_stands_in_the_column(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/slow 0.5")
    await expect(user.replies).to_contain_text("I leave")
    user.expects_disconnects = True
    await user.context.set_offline(True)
    waiting = user.log.get_by_text("The rest comes when the connection is back")
    text = await user.replies.locator(".prose").bounding_box()
    word = await waiting.bounding_box()
    await user.context.set_offline(False)
    assert text
    assert word
    assert abs(word["x"] - text["x"]) < 1
    await user.page.get_by_role("button", name="Stop the reply").click()
