"""DELETE /api/session forgets an owner: conversations, sockets on every node, tokens, cookie."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from myna.web.auth import COOKIE
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, upgrade


async def test_everything_of_an_owner_is_gone_and_other_owners_keep_theirs(served: Served, person: Person, stranger: Person) -> None:
    mine = [(await person.say(f"/echo {number}"))["conversation_id"] for number in range(60)]
    theirs = (await stranger.say("/echo theirs"))["conversation_id"]

    answer = await person.delete("/api/session")

    assert answer.status_code == 204
    assert all(served.node.services.projection.is_deleted(person.owner, one) for one in mine)
    assert [item["id"] for item in (await stranger.get("/api/conversations")).json()["items"]] == [theirs]
    again = await person.get("/api/conversations")
    assert (again.status_code, again.json()["code"]) == (401, "unauthorized")
    assert await upgrade(served, Authorization=f"Bearer {person.token}") == 401


async def test_its_sockets_are_told_and_take_nothing_more(frail: Served) -> None:
    async with person_at(frail) as person:
        url = frail.url.replace("http", "ws") + "/ws"
        async with connect(url, additional_headers={"Authorization": f"Bearer {person.token}"}, proxy=None) as socket:
            await socket.recv()
            await person.delete("/api/session")
            await socket.send('{"type": "message.send", "id": "too late"}')
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
    assert closed.value.rcvd == Close(4401, "This session has ended; begin a new one.")


async def test_a_reply_that_runs_is_stopped_and_what_waits_is_refused(frail: Served) -> None:
    client = ChatClient()
    await client.open(frail.url)
    running = await client.send(f"/echo {'word ' * 200}", profile="slow")
    await client.until(lambda frame: frame["type"] == "reply.delta")
    await client.send("/echo never", running["conversation_id"])
    await client.http(frail.url, "DELETE", "/api/session")
    projection = frail.node.services.projection

    async def nothing_open() -> bool:
        return not projection.open_replies and frail.node.services.submissions.turns.waiting_count == 0

    await until(nothing_open, 10, "the end of the replies")
    await client.close()


async def test_the_browser_forgets_its_cookie_and_gets_another_owner(frail: Served) -> None:
    async with HttpClient(base_url=frail.url) as browser:
        first = (await browser.post("/api/session")).json()
        same = await browser.post("/api/session")
        forgotten = await browser.delete("/api/session", headers={"Origin": frail.url})
        second = await browser.post("/api/session")

    assert (same.status_code, same.json()) == (200, first)
    assert "Max-Age=0" in forgotten.headers["Set-Cookie"]
    assert second.status_code == 201
    assert second.json()["owner"] != first["owner"]


async def test_another_sites_page_can_make_nobody_be_forgotten(served: Served, person: Person) -> None:
    headers = {"Cookie": f"{COOKIE}={person.token}", "Origin": "https://evil.example"}
    async with HttpClient(base_url=served.url, headers=headers) as evil:
        assert (await evil.delete("/api/session")).status_code == 403
    assert (await person.get("/api/conversations")).status_code == 200


async def test_who_has_no_session_has_nothing_to_forget(served: Served) -> None:
    async with HttpClient(base_url=served.url) as nobody:
        assert (await nobody.delete("/api/session")).status_code == 401


async def test_an_outage_ends_no_session(frail: Served) -> None:
    async with person_at(frail) as person:
        await person.answered((await person.say("/echo hi"))["conversation_id"])
        frail.broker.lose()
        refused = await person.delete("/api/session")
        frail.broker.recover()
        assert refused.status_code == 503

        async def forgotten() -> bool:
            return (await person.delete("/api/session")).status_code == 204

        await until(forgotten, 30, "the end of the outage")
