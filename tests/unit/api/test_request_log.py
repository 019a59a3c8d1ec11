"""Every refusal can be found in the log by its id and is counted by code, and so is every socket that the node closes."""

from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import pytest
import structlog
from structlog.testing import LogCapture
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from myna.web import refusals
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, serving
from tests.unit.api.test_metrics import scrape

Line = MutableMapping[str, Any]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    """The lines of the log that are written while the test runs."""
    capture = LogCapture()
    logger = structlog.wrap_logger(None, processors=[structlog.contextvars.merge_contextvars, capture])
    monkeypatch.setattr(refusals, "log", logger)
    return capture.entries


def about(lines: list[Line], request_id: str) -> Line:
    """The one line with this id."""
    (line,) = [line for line in lines if line.get("request_id") == request_id]
    return line


async def test_the_line_about_a_problem_has_its_id(served: Served, person: Person, lines: list[Line]) -> None:
    answer = await person.get(f"/api/conversations/{uuid4()}/messages")

    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
    line = about(lines, answer.json()["request_id"])
    assert (line["event"], line["log_level"], line["code"], line["status"]) == ("http.error", "info", "not_found", 404)
    assert (line["method"], line["route"], line["address"]) == ("GET", "/api/conversations/<conversation_id>/messages", "127.0.0.1")


async def test_answers_that_are_no_problems_have_an_id_and_no_line(person: Person, lines: list[Line]) -> None:
    ids = {(await person.get("/api/conversations")).headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert lines == []


async def test_refused_access_is_a_warning_that_holds_no_token(served: Served, person: Person, lines: list[Line]) -> None:
    bad = person.token[::-1]
    async with HttpClient(base_url=served.url) as nobody:
        unknown = await nobody.get("/api/conversations", headers={"Authorization": f"Bearer {bad}"})
        foreign = await nobody.post("/api/session", headers={"Origin": "https://evil.example"})
    with pytest.raises(InvalidStatus) as upgrade:
        await connect(served.url.replace("http", "ws") + f"/ws?token={bad}", proxy=None)

    expected = [
        (unknown.headers, "http.error", "unauthorized", "/api/conversations"),
        (foreign.headers, "http.error", "forbidden", "/api/session"),
        (upgrade.value.response.headers, "upgrade.error", "unauthorized", "/ws"),
    ]
    for headers, event, code, route in expected:
        line = about(lines, headers["X-Request-Id"])
        assert (line["event"], line["log_level"], line["code"], line["route"]) == (event, "warning", code, route)
        assert line["address"] == "127.0.0.1"
    assert bad not in str(lines)


async def test_the_line_about_an_error_frame_has_its_id(served: Served, lines: list[Line]) -> None:
    client = ChatClient()
    await client.open(served.url)
    await client.put({"type": "nonsense"})
    error = await client.until(lambda frame: frame["type"] == "error")
    await client.close()

    line = about(lines, error["request_id"])
    assert (line["event"], line["code"], line["address"]) == ("frame.error", "invalid_frame", "127.0.0.1")


async def test_a_socket_that_the_node_closes_has_a_line_with_the_reason(served: Served, lines: list[Line]) -> None:
    async with connect(served.url.replace("http", "ws") + "/ws", proxy=None) as socket:
        await socket.recv()
        await socket.send(b"binary")
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    async def written() -> bool:
        return bool(lines)

    await until(written, 10, "the line")
    (line,) = lines
    assert (line["event"], line["code"], line["reason"]) == ("socket.closed", 1003, "Send text frames; this one was binary.")
    assert line["address"] == "127.0.0.1"


async def test_a_socket_that_its_client_closes_has_none(served: Served, lines: list[Line]) -> None:
    async with connect(served.url.replace("http", "ws") + "/ws", proxy=None) as socket:
        await socket.recv()

    async def gone() -> bool:
        return served.node.services.hub.count == 0

    await until(gone, 10, "the end of the socket")
    assert lines == []


async def test_refusals_and_closes_are_counted_by_code(frail: Served) -> None:
    async with HttpClient(base_url=frail.url) as nobody:
        await nobody.get("/api/conversations")
        await nobody.get("/api/conversations")
    async with connect(frail.url.replace("http", "ws") + "/ws", proxy=None) as socket:
        await socket.recv()
        await socket.send("no json")
        await socket.recv()
        await socket.send(b"binary")
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    async def counted() -> bool:
        samples, _ = await scrape(frail)
        return samples.get(("myna_sockets_closed_total", "1003")) == 1

    await until(counted, 10, "the count of the close")
    samples, _ = await scrape(frail)
    assert samples["myna_refusals_total", "unauthorized http"] == 2
    assert samples["myna_refusals_total", "invalid_frame frame"] == 1


async def test_a_flood_of_refusals_writes_no_flood_of_lines(monkeypatch: pytest.MonkeyPatch, lines: list[Line]) -> None:
    monkeypatch.setattr(refusals, "LINES_PER_S", 0.001)
    monkeypatch.setattr(refusals, "LINES_BURST", 3)
    async with serving() as node, HttpClient(base_url=node.url) as nobody:
        for _ in range(10):
            await nobody.get("/api/conversations")
        counts = node.node.services.limits.refusals
        assert len(lines) == 3
        assert counts.refused["http", "unauthorized"] == 10
        counts._lines._left = 1
        await nobody.get("/api/conversations")
        assert lines[-1]["lines_left_out"] == 7
