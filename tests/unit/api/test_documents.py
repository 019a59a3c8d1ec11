"""The documents say what the running program does: its routes, its answers, its frames, its codes."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from quart import Quart
from werkzeug.routing import Rule

import myna
from myna.mock_ai import commands
from myna.protocol.errors import FAILURES, ChatError, Close
from myna.web.openapi.documents import CLOSES, asyncapi, openapi
from myna.web.openapi.models import DialectError, Problem
from myna.web.openapi.operations import OPERATIONS
from tests.services.chat_client import ChatClient
from tests.unit.api.conftest import Person, Served

BACKEND = Path(myna.__file__).parent
THE_PAGE = {"/", "/{path}"}  # everything that is no interface


def routes_of(app: Quart) -> list[tuple[str, Rule]]:
    """Every route of the app and its path as OpenAPI writes it."""
    return [(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), rule) for rule in app.url_map.iter_rules()]


def test_every_route_is_documented_and_every_documented_route_exists(served: Served) -> None:
    routes = [(path, rule) for path, rule in routes_of(served.node.app) if path not in THE_PAGE]
    sockets = {path for path, rule in routes if rule.websocket}
    served_now = {(method, path) for path, rule in routes if not rule.websocket for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}

    documented = {(method.upper(), path) for path, methods in openapi()["paths"].items() for method in methods}

    assert documented == served_now
    assert {channel["address"] for channel in asyncapi()["channels"].values()} == sockets


async def test_every_operation_answers_as_documented(served: Served, person: Person) -> None:
    conversation_id = (await person.say("/echo hi"))["conversation_id"]
    await person.answered(conversation_id)
    bodies: dict[str, Any] = {
        "post_api_messages": {"text": "/echo ho"},
        "patch_api_conversations_one": {"title": "Greetings"},
        "post_v1_chat_completions": {"model": "myna", "messages": [{"role": "user", "content": "/echo hi"}]},
        "put_api_conversations_one": (await person.get(f"/api/conversations/{conversation_id}/export?format=json")).json(),
    }
    queries = {"/api/search": {"q": "echo"}, "/api/conversations/{conversation_id}/export": {"format": "json"}}
    ids = {path: {method: one["operationId"] for method, one in methods.items()} for path, methods in openapi()["paths"].items()}

    for operation in sorted(OPERATIONS, key=lambda operation: operation.method == "DELETE"):
        name = ids[operation.path][operation.method.lower()]
        answer = await person.request(
            operation.method,
            operation.path.format(conversation_id=uuid4() if operation.method == "PUT" else conversation_id, model="myna"),
            params=queries.get(operation.path, {}),
            json=bodies.get(name),
        )
        assert answer.status_code in operation.answers, (name, answer.text)
        promised = operation.answers[answer.status_code]
        assert promised.media == () or answer.headers["Content-Type"].startswith(tuple(promised.media))
        if promised.model is not None:
            promised.model.model_validate_json(answer.text)


async def test_refusals_are_as_documented(served: Served, person: Person) -> None:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as nobody:
        for operation in OPERATIONS:
            if operation.who != "anyone":
                answer = await nobody.request(operation.method, operation.path.format(conversation_id="x", model="x"), json={})
                model = DialectError if operation.who == "key" else Problem
                assert answer.status_code == 401
                model.model_validate_json(answer.text)
    not_found = await person.get("/api/conversations/x/messages")
    assert Problem.model_validate_json(not_found.text).code == "not_found"


def check(frame: Mapping[str, Any], schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """The frame has every needed field, no other than documented, and each of the documented kind."""
    kinds: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    assert set(schema["required"]) <= set(frame) <= set(schema["properties"]), frame
    for name, value in frame.items():
        told = schema["properties"][name]
        if "$ref" in told:
            check(value, schemas[told["$ref"].rsplit("/", 1)[1]], schemas)
        elif "anyOf" in told:
            assert isinstance(value, tuple(kinds[one["type"]] for one in told["anyOf"]))
        else:
            assert isinstance(value, kinds[told["type"]]), (name, value)
            assert value in told.get("enum", [value])


async def test_every_frame_that_the_server_sends_is_as_documented(served: Served, person: Person) -> None:
    document = asyncapi()
    schemas = document["components"]["schemas"]
    sent = [ref["$ref"].rsplit("/", 1)[1] for ref in document["operations"]["toClient"]["messages"]]
    by_type = {schemas[name]["properties"]["type"]["const"]: schemas[name] for name in sent}
    client = ChatClient()  # no token: its welcome has one
    await client.open(served.url)
    try:
        whole, failed = await client.send("/echo hi"), await client.send("/fail refused")
        await client.end_of(whole["id"])
        await client.end_of(failed["id"])
        await client.put({"type": "ping", "nonce": 7})
        await client.put({"type": "nonsense", "id": whole["id"]})
        path = f"/api/conversations/{whole['conversation_id']}"
        await client.http(served.url, "PATCH", path, {"title": "Greetings"})
        await client.http(served.url, "DELETE", path)
        await client.until(lambda frame: frame["type"] == "conversation.deleted")
        await client.until(lambda frame: frame["type"] == "error")
    finally:
        await client.close()

    for frame in [client.welcome, *client.frames]:
        check(frame, by_type[frame["type"]], schemas)
    seen = {"welcome", *(frame["type"] for frame in client.frames)}
    assert seen == set(by_type) - {"server.draining"}


def test_every_code_has_a_meaning() -> None:
    def family(error: type[ChatError]) -> set[type[ChatError]]:
        return {error}.union(*(family(one) for one in error.__subclasses__()))

    document = asyncapi()
    known = {error.code for error in family(ChatError)} - {ChatError.code}
    assert {"forbidden", "bad_request", "method_not_allowed", "internal"} <= known
    assert openapi()["x-error-codes"].keys() == known
    assert all(openapi()["x-error-codes"].values())
    of_sockets = {"invalid_frame", "invalid_text", "conflict", "rate_limited", "busy", "not_found", "unavailable"}
    assert document["x-error-codes"].keys() == of_sockets
    assert set(CLOSES) == set(Close)


def test_every_close_code_that_is_documented_is_sent() -> None:
    source = "".join(path.read_text() for path in BACKEND.rglob("*.py") if path.name != "describing.py")

    assert [code.name for code in Close if f"Close.{code.name}" not in source] == []


def test_every_code_that_a_reply_can_fail_with_has_a_meaning() -> None:
    given = {node for path in BACKEND.rglob("*.py") for node in codes_in(ast.parse(path.read_text()))}

    assert {"abandoned", "delivery_limit", "conversation_deleted", "unknown_option"} <= given
    assert given | commands.FAILURES.keys() == asyncapi()["x-failure-codes"].keys() == FAILURES.keys()


def codes_in(tree: ast.AST) -> Iterator[str]:
    """The codes that this source gives to failed replies and refusals of a brain by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"failed": 1, "Failure": 0}.get(called)
            codes = node.args[place : place + 1] if place is not None else []
            codes += [given.value for given in node.keywords if called == "ExportedError" and given.arg == "code"]
            for code in codes:
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield code.value


async def test_the_page_of_it_shows_everything_and_needs_nothing_from_elsewhere(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as nobody:
        answer = await nobody.get("/docs")
    page = answer.text

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", page)
    assert "url(" not in page
    for operation in OPERATIONS:
        assert f"<b>{operation.method}</b> {operation.path}" in page
    for message in asyncapi()["components"]["messages"].values():
        assert f">{message['name']}<" in page
    for code in [*map(int, Close), *FAILURES, *openapi()["x-error-codes"]]:
        assert page.count(f"<td><code>{code}</code>") == 1 + (code in FAILURES and code in openapi()["x-error-codes"])
    assert "-9223372036854775808 to 9223372036854775807" in page  # seed: the last that is taken, not the first that is not
    targets = set(re.findall(r'href="#(\w+)"', page))
    assert targets <= set(re.findall(r'id="(\w+)"', page))


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_every_reference_in_a_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [ref for value in part.values() for ref in references(value)]
        return [ref for value in part for ref in references(value)] if isinstance(part, list) else []

    found = references(document)
    assert found
    for ref in found:
        place: Any = document
        for step in ref.removeprefix("#/").split("/"):
            assert step in place, ref
            place = place[step]
