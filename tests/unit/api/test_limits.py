"""What one address or one owner has too much of is refused, told why, counted, and there for others."""

import asyncio
import gc
import json
import socket
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from myna import web
from myna.settings import Settings
from myna.web.limits import TABLE, Limits
from myna.web.server import tcp_server
from myna.web.server.pace import LONG_PAUSE_S, PAUSE_S, Pace
from myna.web.server.request_stream import PACED_BYTES, RequestStream
from myna.web.server.requests import IMPORT_LIMIT
from myna.web.server.tcp_server import LimitedTCPServer
from myna.web.server.upgrade_stream import UpgradeStream
from myna.web.websocket.connection import Connection
from myna.web.websocket.transport import FrameTransport
from tests.services.processes import until
from tests.unit.api.conftest import Served, person_at, serving


async def answer_to(served: Served, sent: bytes, source: str = "127.0.0.1") -> bytes:
    """What comes back until the server ends the connection."""
    reader, writer = await tcp(served, source)
    writer.write(sent)
    answer = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(30):
            answer = await reader.read()
    writer.close()
    return answer


async def tcp(served: Served, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = served.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port), local_addr=(source, 0))


def put(token: str, size: int, *, sent: int) -> bytes:
    head = (
        f"PUT /api/conversations/{uuid4()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + b" " * sent


async def test_a_connection_too_many_is_told_so_and_another_address_connects() -> None:
    async with serving(max_connections_per_address=2) as served:
        kept = [await tcp(served, "127.0.0.3") for _ in range(2)]
        await asyncio.sleep(0.1)

        answer = await answer_to(served, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "127.0.0.3")
        other = await answer_to(served, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for _, writer in kept:
            writer.close()

        assert answer.startswith(b"HTTP/1.1 429 Too Many Requests")
        assert json.loads(answer.partition(b"\r\n\r\n")[2]).items() >= {"status": 429, "code": "rate_limited"}.items()
        assert b"request_id" in answer
        assert other.startswith(b"HTTP/1.1 200")
        assert served.node.services.limits.refused["connections", "429"] == 1

        async def given_back() -> bool:
            return served.node.services.limits.open_connections == 0

        await until(given_back, 30, "no connection counted")


async def test_a_proxys_connections_are_not_one_clients() -> None:
    async with serving(max_connections_per_address=1, trusted_proxies="127.0.0.1/32") as served, person_at(served) as person:
        kept = [await tcp(served) for _ in range(3)]
        assert (await person.get("/livez")).status_code == 200
        for _, writer in kept:
            writer.close()


async def test_a_socket_too_many_of_an_owner_is_closed_as_overloaded_and_the_others_stay() -> None:
    async with serving(max_sockets_per_owner=2, max_sockets_per_address=3) as served, person_at(served) as person:
        url, headers = served.url.replace("http", "ws") + "/ws", {"Authorization": f"Bearer {person.token}"}
        owners = [await connect(url, additional_headers=headers, proxy=None) for _ in range(2)]
        third = await connect(url, additional_headers=headers, proxy=None)
        fresh = await connect(url, proxy=None)
        fourth = await connect(url, proxy=None)
        for refused, scope in ((third, "owner"), (fourth, "address")):
            await asyncio.wait_for(refused.wait_closed(), 30)
            assert (refused.close_code, scope in (refused.close_reason or "")) == (1013, True)
        for socket in (*owners, fresh):
            await socket.send('{"type":"ping"}')
            await socket.close()
        limits = served.node.services.limits

        async def given_back() -> bool:
            return limits.sockets_of_owner[person.owner] == 0 and limits.sockets_of_address["127.0.0.1/32"] == 0

        await until(given_back, 30, "no socket counted")
    assert limits.refused == {("sockets_of_owner", "1013"): 1, ("sockets_of_address", "1013"): 1}


async def test_a_node_takes_as_many_sockets_as_it_says_and_not_one_more() -> None:
    async with serving(max_sockets=2) as served:
        sockets = [await connect(served.url.replace("http", "ws") + "/ws", proxy=None) for _ in range(3)]
        await asyncio.wait_for(sockets[2].wait_closed(), 30)
        for socket in sockets[:2]:
            await socket.send('{"type":"ping"}')
            await socket.close()
    assert [socket.close_code for socket in sockets] == [1000, 1000, 1013]
    assert served.node.services.limits.refused == {("sockets", "1013"): 1}


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


async def test_requests_in_flight_are_bounded_for_each_owner() -> None:
    async with serving(max_requests_per_owner=1, max_transfers_per_address=1) as served, person_at(served) as person:
        _, writer = await tcp(served, "127.0.0.3")
        writer.write(put(person.token, 9, sent=8))
        limits = served.node.services.limits

        async def held() -> bool:
            return limits.requests_of_owner[person.owner] == 1

        await until(held, 30, "the request counted")
        refused = await person.get("/api/conversations")
        transfer = await answer_to(served, put(person.token, 9, sent=8), "127.0.0.3")
        writer.close()

        async def given_back() -> bool:
            return limits.requests_of_owner[person.owner] == 0

        await until(given_back, 30, "the request given back")
        again = await person.get("/api/conversations")
    assert (refused.status_code, refused.json()["code"], again.status_code) == (429, "rate_limited", 200)
    assert transfer.startswith(b"HTTP/1.1 429")


async def test_a_client_that_reads_nothing_of_an_answer_is_cut_off() -> None:
    async with serving(unread_s=0.3) as served:
        _, writer = await tcp(served)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        limits = served.node.services.limits

        async def cut() -> bool:
            return limits.refused["unread_time", "closed, or 4408"] >= 1 and limits.open_connections == 0

        await until(cut, 60, "the connection cut")
        writer.close()


async def test_what_is_too_often_is_refused_before_the_application_has_it_told_when_to_come_back_and_cut_off() -> None:
    async with serving(reads_per_s=0.1, owners_per_address=2, allowed_origins="https://chat.example") as served:
        request = "GET {} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://chat.example\r\nAuthorization: Bearer sk-1\r\n\r\n"
        answers = [await answer_to(served, request.format(path).encode() * 40) for path in ("/v1/models", "/api/conversations")]

    assert [answer.count(b"HTTP/1.1 200") for answer in answers] == [1, 0]
    for refused in answers:
        answer = refused[refused.index(b"HTTP/1.1 429") :]
        head, _, body = answer.lower().partition(b"\r\n\r\n")
        assert head.startswith(b"http/1.1 429")
        assert b'"code":"rate_limited"' in body
        for header in (b"retry-after: ", b"x-request-id: req_", b"connection: close", b"access-control-allow-origin: https://chat.example"):
            assert header in head
        assert answer.count(b"HTTP/1.1 429") == 1
    assert b'"error":{' in answers[0]
    assert b"application/problem+json" in answers[1]


async def test_an_address_that_goes_on_after_many_refusals_is_refused_its_connections_and_others_are_not() -> None:
    async with serving(reads_per_s=0.1, owners_per_address=1, refusals_per_s=2) as served:
        request = b"GET /api/conversations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answers = [await answer_to(served, request, "127.0.0.3") for _ in range(40)]
        limits = served.node.services.limits
        other = await answer_to(served, request)

        async def calm() -> bool:
            return limits.refusals.wait_s("127.0.0.3/32") == 0

        await until(calm, 30, "the address taken again")
        health = await answer_to(served, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "127.0.0.3")
    assert answers[-1].startswith(b"HTTP/1.1 429")
    assert b"Too many connections" in answers[-1]
    assert limits.refused["refusals", "429"] >= 1
    assert other.startswith(b"HTTP/1.1 401")
    assert health.startswith(b"HTTP/1.1 200")


async def test_refusals_are_metrics() -> None:
    async with serving(reads_per_s=0.1) as served, person_at(served) as person:
        statuses = [(await person.get("/api/conversations")).status_code for _ in range(2)]
        metrics = (await person.get("/metrics")).text
    assert statuses == [200, 429]
    assert 'myna_limited_total{answer="429",limit="reads_of_owner"} 1.0' in metrics


def test_every_limit_of_the_table_is_a_setting() -> None:
    settings = {part for limit in TABLE.values() for part in limit.setting.split(" × ")}
    assert settings <= Settings.model_fields.keys()


def test_every_limit_of_the_table_is_counted_and_its_setting_read_somewhere() -> None:
    source = "".join(path.read_text() for path in Path(web.__file__).parent.rglob("*.py"))
    settings = {part for limit in TABLE.values() for part in limit.setting.split(" × ")}
    assert [name for name in TABLE if source.count(f'"{name}"') < 2] == []
    assert [name for name in settings if f"settings.{name}" not in source] == []


def test_however_few_descriptors_there_are_one_address_leaves_half_to_the_others() -> None:
    limits = Limits(Settings(_env_file=None, max_connections_per_address=10**9))
    assert limits.connections.most <= limits.most_connections // 2


async def test_a_connection_that_has_ended_leaves_nothing_to_the_garbage_collector() -> None:
    """Thousands of them would keep 30 KB each until its next full round, which is rare and holds everybody up."""

    def left() -> int:
        kinds = (FrameTransport, LimitedTCPServer, RequestStream, UpgradeStream, Connection)
        return sum(type(one) in kinds for one in gc.get_objects())

    async with serving(heartbeat_s=1) as served:
        gc.collect()
        gc.disable()
        before = left()  # of other tests' nodes
        try:
            for _ in range(5):
                async with connect(served.url.replace("http", "ws") + "/ws", proxy=None) as socket:
                    await socket.recv()
                await answer_to(served, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

            async def nothing() -> bool:
                return left() <= before

            await until(nothing, 30, "every connection freed")
        finally:
            gc.enable()


async def test_of_an_upgrade_nothing_stays_in_memory_but_its_transport_and_its_connection() -> None:
    def upgrades() -> int:
        return sum(type(one) in (UpgradeStream, LimitedTCPServer) for one in gc.get_objects())

    async with serving() as served:
        gc.collect()
        before = upgrades()  # of other tests' nodes
        sockets = [await connect(served.url.replace("http", "ws") + "/ws", proxy=None) for _ in range(3)]

        async def none_left() -> bool:
            gc.collect()
            return upgrades() <= before

        await until(none_left, 30, "every upgrade freed")
        for socket in sockets:
            await socket.send('{"type":"ping"}')
            while '"pong"' not in str(await socket.recv()):
                pass
            await socket.close()
