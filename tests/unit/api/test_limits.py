"""What one address or one owner has too much of is refused, told why, counted, and there for others."""

import asyncio
import gc
import json
from pathlib import Path

from websockets.asyncio.client import connect

from myna import web
from myna.settings import Settings
from myna.web.limits import TABLE, Limits
from myna.web.server.request_stream import RequestStream
from myna.web.server.tcp_server import LimitedTCPServer
from myna.web.server.upgrade_stream import UpgradeStream
from myna.web.websocket.connection import Connection
from myna.web.websocket.transport import FrameTransport
from tests.services.processes import until
from tests.unit.api.conftest import person_at, serving
from tests.unit.api.raw_http import answer_to, put, tcp


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
