"""What bodies and answers may take, of an address, an owner and the node, and in what time."""

import asyncio
import json
import socket
from uuid import uuid4

import pytest

from myna.web.server import tcp_server
from myna.web.server.pace import LONG_PAUSE_S, PAUSE_S, Pace
from myna.web.server.request_stream import PACED_BYTES
from myna.web.server.requests import IMPORT_LIMIT
from tests.services.processes import until
from tests.unit.api.conftest import person_at, serving
from tests.unit.api.raw_http import answer_to, put, tcp


async def test_bytes_of_bodies_are_bounded_for_each_address_and_given_back() -> None:
    async with serving(body_bytes_per_address=1_000_000) as served, person_at(served) as person:
        _, writer = await tcp(served, "127.0.0.3")
        writer.write(put(person.token, 900_001, sent=900_000))
        limits = served.node.services.limits

        async def held() -> bool:
            return limits.bodies_of_address["127.0.0.3/32"] == 900_001

        await until(held, 30, "the body's bytes counted")
        refused = await answer_to(served, put(person.token, 200_001, sent=200_000), "127.0.0.3")
        elsewhere = await person.put(f"/api/conversations/{uuid4()}", content=b" " * 200_000)
        writer.close()

        async def given_back() -> bool:
            return limits.body_bytes == 0

        await until(given_back, 30, "no byte counted")
    assert refused.startswith(b"HTTP/1.1 429")
    assert b"request_id" in refused
    assert b"Too many bytes of bodies in flight, both ways, of one address" in refused
    assert elsewhere.status_code == 400


async def test_a_body_that_could_not_come_to_its_end_is_refused_before_it_is_sent() -> None:
    async with serving(body_bytes_per_address=100_000) as served, person_at(served) as person:
        _, writer = await tcp(served, "127.0.0.3")
        writer.write(put(person.token, 90_000, sent=0))
        limits = served.node.services.limits

        async def held() -> bool:
            return limits.bodies_of_address["127.0.0.3/32"] == 90_000

        await until(held, 30, "the announced bytes counted")
        refused = await answer_to(served, put(person.token, 20_000, sent=0), "127.0.0.3")
        writer.close()
    assert refused.startswith(b"HTTP/1.1 429")


async def test_headers_and_bodies_have_a_time_to_come_in_and_those_that_are_late_are_counted() -> None:
    async with serving(header_s=1.5, body_s=0.2) as served, person_at(served) as person:
        late_body = await answer_to(served, put(person.token, 9, sent=8), "127.0.0.3")
        late_header = await answer_to(served, b"GET /livez HTTP/1.1\r\nHost: loc", "127.0.0.4")
        limits = served.node.services.limits

        async def nothing_held() -> bool:
            return limits.body_bytes == 0

        await until(nothing_held, 30, "no byte counted")
    assert late_body.startswith(b"HTTP/1.1 408")
    problem = json.loads(late_body.partition(b"\r\n\r\n")[2])
    assert (problem["status"], problem["code"]) == (408, "bad_request")
    assert "CHAT_BODY_S" in problem["detail"]
    assert late_header == b""
    assert limits.refused == {("body_time", "408"): 1, ("header_time", "closed"): 1}


async def test_imports_of_one_address_are_bounded_as_they_stay_in_memory() -> None:
    async with serving(import_bytes_per_s=1024 * 1024) as served, person_at(served) as person:
        taken = [await tcp(served, "127.0.0.3") for _ in range(2)]
        for _, writer in taken:
            writer.write(put(person.token, IMPORT_LIMIT, sent=0))
        limits = served.node.services.limits

        async def held() -> bool:
            return limits.bodies_of_address["127.0.0.3/32"] == 2 * IMPORT_LIMIT

        await until(held, 30, "the announced bytes counted")
        refused = await answer_to(served, put(person.token, IMPORT_LIMIT, sent=0), "127.0.0.3")
        elsewhere = await person.put(f"/api/conversations/{uuid4()}", content=b" " * 200_000)
        for _, writer in taken:
            writer.close()
    assert refused.startswith(b"HTTP/1.1 429")
    assert b"Too many bytes of imports a second, of one address" in refused
    assert b"retry-after: " in refused
    assert limits.refused["imports_of_address", "429"] == 1
    assert elsewhere.status_code == 400


async def test_bytes_of_bodies_are_bounded_for_each_owner_wherever_they_come_from() -> None:
    async with serving(body_bytes_per_owner=1_000_000) as served, person_at(served) as person, person_at(served) as stranger:
        _, writer = await tcp(served, "127.0.0.3")
        writer.write(put(person.token, 900_001, sent=900_000))
        limits = served.node.services.limits

        async def held() -> bool:
            return limits.bodies_of_owner[person.owner] == 900_001

        await until(held, 30, "the body's bytes counted")
        refused = await answer_to(served, put(person.token, 200_001, sent=200_000), "127.0.0.4")
        elsewhere = await stranger.put(f"/api/conversations/{uuid4()}", content=b" " * 200_000)
        writer.close()

        async def given_back() -> bool:
            return limits.body_bytes == limits.bodies_of_owner[person.owner] == limits.bodies_of_address["127.0.0.3/32"] == 0

        await until(given_back, 30, "no byte counted")
    assert refused.startswith(b"HTTP/1.1 429")
    assert b"Too many bytes of bodies in flight, both ways, of one owner" in refused
    assert elsewhere.status_code == 400


async def test_what_an_answer_is_made_of_counts_until_it_has_been_read() -> None:
    async with serving(body_bytes_per_owner=20_000) as served, person_at(served) as person:
        said = await person.say("x" * 8_000)
        await person.answered(said["conversation_id"])
        path = f"/api/conversations/{said['conversation_id']}"
        assert (await person.get(f"{path}/export")).status_code == 200
        for _ in range(2):
            await person.say("x" * 8_000, conversation_id=said["conversation_id"])

        async def stored() -> bool:
            return len(served.store.stored) == 6

        await until(stored, 30, "three messages and their replies")
        refused = await person.get(f"{path}/export")
        page = await person.get(f"{path}/messages?limit=1")
        assert served.node.services.limits.body_bytes == 0
    assert (refused.status_code, refused.json()["code"], page.status_code) == (429, "rate_limited", 200)


async def test_a_body_of_very_many_very_small_parts_is_refused_and_one_of_larger_parts_is_taken() -> None:
    async with serving() as served, person_at(served) as person:
        head = f"PUT /api/conversations/{uuid4()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {person.token}\r\n"
        chunked = head.encode() + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

        small = await answer_to(served, chunked + b"1\r\n \r\n" * 2_000)
        large = await answer_to(served, chunked + (b"40\r\n" + b" " * 64 + b"\r\n") * 2_000 + b"0\r\n\r\n")
        limits = served.node.services.limits

        async def given_back() -> bool:
            return limits.body_bytes == 0

        await until(given_back, 30, "no byte counted")
    assert b"The parts of this body are too small: send at least 64 bytes at once." in small
    assert (small.split()[1], large.split()[1]) == (b"400", b"400")
    assert b"This is no JSON" in large


async def test_a_client_that_goes_on_sending_a_refused_body_is_not_reset_and_can_read_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_server, "LINGER_S", 60)

    def send_all_and_read(host: str, port: str, sent: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=60) as one:
            one.sendall(sent)
            return one.recv(65_536)

    async with serving() as served, person_at(served) as person:
        (host, port), size = served.url.removeprefix("http://").split(":"), 2 * IMPORT_LIMIT
        answer = await asyncio.to_thread(send_all_and_read, host, port, put(person.token, size, sent=size))
    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_body_goes_on_at_its_addresss_pace_as_it_comes_and_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    paced = list[tuple[str | None, float]]()

    async def begin(_: Pace, address: str | None, longest_pause_s: float = PAUSE_S, descriptor: int | None = None) -> bool:
        paced.append((address, longest_pause_s))
        return True

    monkeypatch.setattr(Pace, "begin", begin)
    async with serving() as served, person_at(served) as person:
        paced.clear()
        await person.put(f"/api/conversations/{uuid4()}", content=b" " * 10 * PACED_BYTES)
        sent = paced.copy()
        paced.clear()
        page = await person.get("/openapi.json")
        answered = paced.copy()
        paced.clear()
        await person.get("/api/search?q=x")
    # Beside the connection's and the request's own turns. What arrives together is not cut into pieces.
    assert 5 <= sent.count(("127.0.0.1/32", LONG_PAUSE_S)) <= 10
    assert len(page.content) >= PACED_BYTES
    assert answered.count(("127.0.0.1/32", LONG_PAUSE_S)) == 1
    assert paced.count(("127.0.0.1/32", LONG_PAUSE_S)) == 1  # a search is known to cost much
