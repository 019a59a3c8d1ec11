"""The conformance kit: our own node keeps every rule, and a server with a defect is caught by the rule that it breaks."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from myna.cli.conform import command
from myna.client.connection import Connection
from myna.client.events import Frame
from myna.client.http import Answer, Http
from myna.conform import RULES, Rule, run
from tests.unit.api.conftest import Served, serving


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.section}: {rule.check.__name__}")
async def test_our_own_node_keeps_the_rule(node: Served, rule: Rule) -> None:
    assert [did async for _, did in run(node.url, [rule])] == [""]


# What a server with a defect would send instead of a frame: name → the rule that finds it, and the defect.
FRAME_DEFECTS: dict[str, tuple[str, Callable[[Frame], Frame | None]]] = {
    "no token": ("welcome_comes_first", lambda frame: {name: frame[name] for name in frame if name != "token"}),
    "a seventh delta before the sixth": (
        "the_deltas_are_the_text", lambda frame: frame | {"index": 1 - frame["index"]} if frame.get("index") in (0, 1) else frame,
    ),
    "a lost delta": ("the_deltas_are_the_text", lambda frame: None if frame.get("index") == 0 else frame),
    "a text that is cut": (
        "the_deltas_are_the_text", lambda frame: frame | {"text": frame["text"][:-1]} if frame["type"] == "reply.completed" else frame,
    ),
    "a time without milliseconds": (
        "a_message_is_accepted_created_and_answered", lambda frame: frame | {"at": "2026-01-01T00:00:00Z"} if "at" in frame else frame,
    ),
    "no event of the message": (
        "a_message_is_accepted_created_and_answered", lambda frame: None if frame["type"] == "message.created" else frame,
    ),
    "duplicates that are not said": (
        "the_id_is_an_idempotency_key", lambda frame: frame | {"duplicate": False} if "duplicate" in frame else frame,
    ),
    "another code": (
        "another_text_under_the_same_id_is_a_conflict", lambda frame: frame | {"code": "busy"} if frame["type"] == "error" else frame,
    ),
    "a resumption that is none": (
        "a_cursor_gives_exactly_what_was_missed", lambda frame: frame | {"resumed": False} if "resumed" in frame else frame,
    ),
    "a gap after resuming": ("a_reply_goes_on_over_a_lost_connection", lambda frame: None if frame.get("index") == 0 else frame),
    "garbage that resumes": ("what_is_no_cursor_is_not_resumed", lambda frame: frame | {"resumed": True} if "resumed" in frame else frame),
    "no parent": ("messages_form_a_tree", lambda frame: frame | {"code": "busy"} if frame["type"] == "error" else frame),
}  # fmt: skip
ANSWER_DEFECTS: dict[str, tuple[str, Callable[[Answer], Answer]]] = {
    "a cookie that scripts can read": (
        "a_session_is_made_and_found_again", lambda answer: answer._replace(headers=answer.headers | {"set-cookie": "chat_session=x"}),
    ),
    "errors as plain JSON": (
        "without_a_credential_there_is_401", lambda answer: answer._replace(headers=answer.headers | {"content-type": "application/json"}),
    ),
    "everything is well": ("without_a_credential_there_is_401", lambda answer: answer._replace(status=200)),
    "pages that end at once": (
        "lists_come_in_pages", lambda answer: answer._replace(body=json.dumps(answer.json | {"next": None}).encode()),
    ),
    "a list that is no list": ("lists_come_in_pages", lambda answer: answer._replace(body=b"[]")),
    "no end of the stream": (
        "a_stream_is_the_same_text", lambda answer: answer._replace(body=answer.body.replace(b"[DONE]", b"")),
    ),
}  # fmt: skip


async def broken_by(node: Served, name: str) -> str:
    rules = [rule for rule in RULES if rule.check.__name__ == name]
    (did,) = [did async for _, did in run(node.url, rules)]
    return did


@pytest.mark.parametrize("defect", FRAME_DEFECTS)
async def test_a_defect_on_the_socket_is_caught(node: Served, monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    name, tamper = FRAME_DEFECTS[defect]
    receive, opened = Connection.receive, Connection.__init__

    async def lie(connection: Connection) -> Frame:
        while (frame := tamper(await receive(connection))) is None:
            pass
        return frame

    def begin(connection: Connection, socket: Any, welcome: Frame) -> None:
        opened(connection, socket, tamper(welcome) or {})

    monkeypatch.setattr(Connection, "receive", lie)
    monkeypatch.setattr(Connection, "__init__", begin)
    assert await broken_by(node, name)


@pytest.mark.parametrize("defect", ANSWER_DEFECTS)
async def test_a_defect_over_http_is_caught(node: Served, monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    name, tamper = ANSWER_DEFECTS[defect]
    request = Http.request

    async def lie(http: Http, *arguments: Any) -> Answer:
        return tamper(await request(http, *arguments))

    monkeypatch.setattr(Http, "request", lie)
    assert await broken_by(node, name)


async def test_a_server_that_says_nothing_is_broken_and_not_waited_for(node: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("myna.conform.server.WITHIN_S", 0.2)
    receive = Connection.receive

    async def silence(connection: Connection) -> Frame:
        await receive(connection)
        return await asyncio.Future()

    monkeypatch.setattr(Connection, "receive", silence)
    did = await broken_by(node, "the_deltas_are_the_text")
    assert did.startswith("message.accepted did not come within")


def miscounting(receive: Callable[[Connection], Awaitable[Frame]]) -> Callable[[Connection], Awaitable[Frame]]:
    async def received(connection: Connection) -> Frame:
        frame = await receive(connection)
        return frame | {"index": 3} if frame.get("index") == 0 else frame

    return received


async def test_the_command_says_in_words_what_holds_and_what_does_not(node: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def conform(url: str) -> Result:
        return CliRunner().invoke(command, [url, "--rule", "joined by an index"])

    good = await asyncio.to_thread(conform, node.url)
    monkeypatch.setattr(Connection, "receive", miscounting(Connection.receive))
    bad = await asyncio.to_thread(conform, node.url)
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert good.output.endswith("1 of 1 rules hold.\n")
    assert "broken  socket  The deltas of a reply" in bad.output
    assert "↳ index 3 came where 0 was due" in bad.output
