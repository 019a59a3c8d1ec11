"""The documents say what the running program does: its routes, answers, frames, queues and codes."""

import ast
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest
from quart import Quart
from werkzeug.routing import Rule

import myna
from myna.mock_ai.failures import FAILURES
from myna.protocol import failures
from myna.protocol.errors import ChatError, Close
from myna.protocol.topology import DEAD_LETTERS, LOG, QUEUES, WORK_QUEUE
from myna.web.openai.schema import OpenAIError
from myna.web.openapi.asyncapi_document import asyncapi
from myna.web.openapi.openapi_document import openapi
from myna.web.problems import Problem
from tests.services.chat_client import ChatClient
from tests.unit.api.conftest import Person, Served, park, person_at, serving

BACKEND = Path(myna.__file__).parent
THE_PAGE = {"/", "/{path}"}  # everything that is no interface


def routes_of(app: Quart) -> list[tuple[str, Rule]]:
    """Every route of the app and its path as OpenAPI writes it."""
    return [(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), rule) for rule in app.url_map.iter_rules()]


def test_every_route_is_documented_and_every_documented_route_exists(served: Served) -> None:
    routes = [(path, rule) for path, rule in routes_of(served.node.app) if path not in THE_PAGE]
    sockets = {path for path, rule in routes if rule.websocket}
    served_now = {(method, path) for path, rule in routes if not rule.websocket for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}

    documented = {(method, path) for method, path, _ in operations(openapi(served.node.app))}

    assert documented == served_now
    channels = {channel["address"] for channel in asyncapi()["channels"].values()}
    assert channels == sockets | {queue.name for queue in QUEUES}


def resolved(schema: Any, schemas: dict[str, Any]) -> Any:
    """A schema with what its references name in their place."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return resolved(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
        return {key: resolved(value, schemas) for key, value in schema.items()}
    return [resolved(item, schemas) for item in schema] if isinstance(schema, list) else schema


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation, those last that delete or make others fail."""
    found = [(method.upper(), path, one) for path, methods in document["paths"].items() for method, one in methods.items()]
    return sorted(found, key=lambda one: (one[0] == "DELETE", one[1] == "/api/mock/failures"))


ADMIN = {"Authorization": "Bearer only operators know this one: 0123456789"}


@pytest.fixture
async def guarded() -> AsyncIterator[Served]:
    """A node whose operator's routes take the token."""
    async with serving(admin_token=ADMIN["Authorization"].removeprefix("Bearer ")) as node:
        yield node


def is_operators(operation: dict[str, Any]) -> bool:
    """Whether the route is for operators."""
    return {"operator": []} in operation["security"]


async def test_every_operation_answers_as_documented(guarded: Served) -> None:
    async with person_at(guarded) as person:
        await every_operation_answers_as_documented(guarded, person)


async def every_operation_answers_as_documented(served: Served, person: Person) -> None:
    conversation_id = (await person.say("/echo hi"))["conversation_id"]
    await person.answered(conversation_id)
    bodies: dict[str, Any] = {
        "create_message": {"text": "/echo ho"},
        "rename_conversation": {"title": "Greetings"},
        "complete_chat": {"model": "myna", "messages": [{"role": "user", "content": "/echo hi"}]},
        "queue_mock_failures": {"code": "overloaded"},
        "set_mock_rules": {"rules": [{"match": {"exact": "ping"}, "reply": "greeting"}], "scenarios": {"greeting": {"text": "pong"}}},
        "create_response": {"model": "myna", "input": "/echo hi"},
        **dict.fromkeys(
            ("import_conversation", "import_at_old_address"), (await person.get(f"/api/conversations/{conversation_id}/export")).json()
        ),
    }
    await park(served, b"no json", b"no json either", b"nor this")
    letters = [letter.id for letter in await served.broker.dead_letters()]
    document = openapi(served.node.app)

    for method, path, operation in operations(document):
        name = operation["operationId"]
        answer = await person.request(
            method,
            path.format(
                conversation_id=uuid4() if name.startswith("import_") else conversation_id,
                model="myna",
                letter=letters.pop() if "{letter}" in path else "",
            ),
            params={"q": "echo"} if path == "/api/search" else {},
            json=bodies.get(name),
            headers=ADMIN if is_operators(operation) else {},
        )
        assert answer.is_success, (name, answer.text)
        promised = operation["responses"][str(answer.status_code)].get("content", {})
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        assert media in (promised or [""]), name
        if schema := promised.get(media, {}).get("schema"):
            jsonschema.validate(answer.json(), resolved(schema, document["components"]["schemas"]))


async def test_errors_are_as_documented(guarded: Served) -> None:
    async with httpx.AsyncClient(base_url=guarded.url, trust_env=False) as nobody, person_at(guarded) as person:
        for method, path, operation in operations(openapi(guarded.node.app)):
            if operation["security"]:
                answer = await nobody.request(method, path.format(conversation_id="x", model="x", letter="x"), json={})
                assert answer.status_code == 401
                assert answer.headers["Content-Type"] in operation["responses"]["401"]["content"]
                (OpenAIError if path.startswith("/v1") else Problem).model_validate_json(answer.text)
        not_found = await person.get("/api/conversations/x/messages")
    assert Problem.model_validate_json(not_found.text).code == "not_found"


def check(frame: Mapping[str, Any], schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """The frame has every needed field, no other than documented, and each of the documented kind."""
    kinds: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
    assert set(schema["required"]) <= set(frame) <= set(schema["properties"]), frame
    for name, value in frame.items():
        described = schema["properties"][name]
        if "$ref" in described:
            check(value, schemas[described["$ref"].rsplit("/", 1)[1]], schemas)
        elif "anyOf" in described:
            assert isinstance(value, tuple(kinds[one["type"]] for one in described["anyOf"]))
        else:
            assert isinstance(value, kinds[described["type"]]), (name, value)
            assert value in described.get("enum", [value])


def test_the_queues_are_described_as_they_are_declared() -> None:
    channels = asyncapi()["channels"]

    for queue in QUEUES:
        described = channels[queue.name]
        assert described["bindings"]["amqp"]["queue"]["name"] == queue.name
        assert described["x-arguments"] == queue.arguments
        assert list(described["x-routing-keys"]) == [key.value for key in queue.keys]


async def test_what_travels_in_the_queues_is_as_documented(frail: Served) -> None:
    document = asyncapi()
    schemas = document["components"]["schemas"]
    kinds = {
        queue: {schemas[name]["properties"]["type"]["const"]: schemas[name] for name in named if name != "ManualMessage"}
        for queue, named in ((queue.name, document["channels"][queue.name]["messages"]) for queue in QUEUES)
    }
    async with person_at(frail) as person:
        conversation_id = (await person.say("/echo hi"))["conversation_id"]
        await person.say("/fail refused", conversation_id=conversation_id, options={"seed": 1})
        await person.answered(conversation_id, 2)
        await person.patch(f"/api/conversations/{conversation_id}", json={"title": "Greetings"})
        await person.delete(f"/api/conversations/{conversation_id}")

    seen: set[str] = set()
    for record in frail.broker.queues.log:
        for line in record.body.split(b"\n"):
            event = json.loads(line)
            jsonschema.validate(event, resolved(kinds[LOG][event["type"]], schemas))
            seen.add(event["type"])
    assert seen >= {"message.created", "reply.started", "reply.delta", "reply.completed", "reply.failed", "conversation.deleted"}
    assert kinds[WORK_QUEUE].keys() == kinds[DEAD_LETTERS].keys() == {"message.created", "reply.requested"} < kinds[LOG].keys()


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


def test_every_code_has_a_meaning(served: Served) -> None:
    def family(error: type[ChatError]) -> set[type[ChatError]]:
        return {error}.union(*(family(one) for one in error.__subclasses__()))

    document = asyncapi()
    known = {error.code for error in family(ChatError)} - {ChatError.code}
    assert {"forbidden", "bad_request", "method_not_allowed", "internal"} <= known
    codes = openapi(served.node.app)["x-error-codes"]
    assert codes.keys() == known
    assert all(codes.values())
    of_sockets = {"invalid_frame", "invalid_text", "conflict", "rate_limited", "busy", "not_found", "unavailable", "internal"}
    assert document["x-error-codes"].keys() == of_sockets
    assert document["x-close-codes"] == {str(int(code)): code.meaning for code in Close}


def test_every_close_code_that_is_documented_is_sent() -> None:
    source = "".join(path.read_text() for path in BACKEND.rglob("*.py") if path.name != "errors.py")

    assert [code.name for code in Close if f"Close.{code.name}" not in source] == []


def test_every_code_that_a_reply_can_fail_with_has_a_meaning() -> None:
    given = {node for path in BACKEND.rglob("*.py") for node in codes_in(ast.parse(path.read_text()))}

    assert {failure.code for failure in failures.OF_PIPELINE} | {"unknown_option"} <= given
    assert given | FAILURES.keys() == asyncapi()["x-failure-codes"].keys() == failures.MEANINGS.keys()


def codes_in(tree: ast.AST) -> Iterator[str]:
    """The codes that this source gives by name to failed replies, and to what a brain answers instead of one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Failure":
            code = node.args[0]
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
    document = openapi(served.node.app)
    for method, path, _ in operations(document):
        assert f"<b>{method}</b> {path}" in page
    for message in asyncapi()["components"]["messages"].values():
        assert f">{message['name']}<" in page
    for code in [*map(int, Close), *failures.MEANINGS, *document["x-error-codes"]]:
        assert page.count(f"<td><code>{code}</code>") == 1 + (code in failures.MEANINGS and code in document["x-error-codes"])
    assert "-9223372036854775808 to 9223372036854775807" in page  # seed: the last that is taken, not the first that is not
    targets = set(re.findall(r'href="#(\w+)"', page))
    assert targets <= set(re.findall(r'id="(\w+)"', page))


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_every_reference_in_a_document_leads_somewhere(served: Served, name: str) -> None:
    document = openapi(served.node.app) if name == "openapi" else asyncapi()

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
