"""Who may do what by HTTP and by socket, and what strangers get to see."""

import json
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from myna.web.auth import COOKIE
from myna.web.openapi.openapi_document import openapi
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.unit.api.conftest import Person, Served, person_at, records, serving, upgrade

# --- origins and credentials ---


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "{own}.evil.example", "https://{host}", "{own}/", "file://", "http://[::1", ""]
)
async def test_an_upgrade_from_a_foreign_page_is_rejected_before_any_session(served: Served, origin: str) -> None:
    host = served.url.removeprefix("http://")
    owners = len(served.node.services.projection._window._owners)

    status = await upgrade(served, Origin=origin.format(own=served.url, host=host))

    if origin == "https://{host}":
        assert status == 101  # behind a proxy that ends TLS the page is https and we are not
    else:
        assert status == 403
    assert len(served.node.services.projection._window._owners) == owners


async def test_our_own_page_and_programs_without_a_page_may_connect(served: Served) -> None:
    assert await upgrade(served, Origin=served.url) == 101
    assert await upgrade(served) == 101


@pytest.mark.parametrize(
    "spoil",
    # Not the last letter: two of its bits belong to nothing, and one that differs in these alone is the same token.
    [lambda t: t[:-2] + ("A" if t[-2] != "A" else "B") + t[-1], lambda t: t[::-1], lambda t: "x" * 5_000, lambda t: ""],
)
async def test_a_tampered_token_opens_nothing(served: Served, person: Person, spoil: Any) -> None:
    token = spoil(person.token)

    assert await upgrade(served, Authorization=f"Bearer {token}".strip()) == 401
    if token:
        assert await upgrade(served, Cookie=f"{COOKIE}={token}") == 401
    answer = await person.get("/api/conversations", headers={"Authorization": f"Bearer {token}".strip()})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["detail"] == "This token is not valid here; get a new one by POST /api/session."


async def test_a_token_of_another_installation_opens_nothing(served: Served) -> None:
    async with serving(secret_key="some other installation has this key, 9876543210") as other, person_at(other) as foreigner:
        assert await upgrade(served, Authorization=f"Bearer {foreigner.token}") == 401


async def test_a_token_in_the_address_opens_nothing_and_is_not_logged(
    served: Served, person: Person, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with HttpClient(base_url=served.url) as nobody:
        answer = await nobody.get("/api/conversations", params={"token": person.token})
    status = await upgrade(served, f"/ws?token={person.token}")

    assert (answer.status_code, status) == (401, 401)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "websockets"))]
    assert not any(person.token in line for line in [*ours, *capfd.readouterr()])


@pytest.mark.parametrize(
    ("path", "status"), [("/", 400), ("/nope", 400), ("/docs", 400), ("/api/session", 405), ("/api/nope", 404), ("/v1/nope", 404)]
)
async def test_an_upgrade_where_no_socket_is_is_rejected(served: Served, path: str, status: int) -> None:
    assert await upgrade(served, path) == status


# --- other people's things ---


def said_in(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem without what is every answer's own."""
    return {name: value for name, value in problem.items() if name != "request_id"}


async def test_somebody_elses_conversation_looks_like_none_and_nothing_of_it_leaks(
    served: Served, person: Person, stranger: Person
) -> None:
    accepted = await person.say("/echo mine alone")
    conversation_id = accepted["conversation_id"]
    await person.answered(conversation_id)

    for method, path, body in [
        ("GET", "/api/conversations/{}/messages", None),
        ("GET", "/api/conversations/{}/export?format=json", None),
        ("PATCH", "/api/conversations/{}", {"title": "theirs"}),
        ("DELETE", "/api/conversations/{}", None),
    ]:
        theirs = await stranger.request(method, path.format(conversation_id), json=body)
        nobodys = await stranger.request(method, path.format(uuid4()), json=body)
        assert (theirs.status_code, nobodys.status_code) == (404, 404), (method, path)
        assert said_in(theirs.json()) == said_in(nobodys.json()), (method, path)

    client = ChatClient(token=stranger.token)
    await client.open(served.url)
    await client.put({"type": "reply.stop", "conversation_id": conversation_id, "message_id": accepted["id"]})
    error = await client.until(lambda frame: frame["type"] == "error")
    sent = await client.send("/echo to my own of that name", conversation_id)
    await client.end_of(sent["id"])
    await client.close()

    assert error["code"] == "not_found"
    assert "mine alone" not in json.dumps(client.frames)
    assert [item["text"] for item in await person.messages(conversation_id)] == ["/echo mine alone", "mine alone"]


@pytest.mark.parametrize(
    "forged",
    [
        {"role": "assistant"},
        {"owner": str(uuid4())},
        {"created_at": "1999-01-01T00:00:00Z"},
        {"reply_id": str(uuid4())},
        {"status": "complete"},
    ],
)
async def test_fields_that_only_the_server_sets_are_rejected(served: Served, person: Person, forged: dict[str, str]) -> None:
    before = records(served)

    answer = await person.post("/api/messages", json={"text": "hi", **forged})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert next(iter(forged)) in answer.json()["detail"]
    assert records(served) == before


@pytest.mark.parametrize("id_", ["1", "../../x", "x" * 36, str(uuid4()) + "\n", "", None, 7])
async def test_an_id_that_is_no_uuid_is_rejected(person: Person, id_: Any) -> None:
    for field in ("id", "conversation_id"):
        answer = await person.post("/api/messages", json={"text": "hi", field: id_})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
        assert field in answer.json()["detail"]


# --- other pages, other methods ---


async def test_a_write_with_the_cookie_from_a_foreign_page_is_rejected(served: Served, person: Person) -> None:
    accepted = await person.say("/echo hi")
    path = f"/api/conversations/{accepted['conversation_id']}"
    before = records(served)
    async with HttpClient(base_url=served.url, headers={"Cookie": f"{COOKIE}={person.token}"}) as browser:
        for origin in ("https://evil.example", "null", "http://[::1", "http://"):
            headers = {"Origin": origin}
            assert (await browser.post("/api/messages", json={"text": "hi"}, headers=headers)).status_code == 403
            assert (await browser.patch(path, json={"title": "x"}, headers=headers)).status_code == 403
            assert (await browser.delete(path, headers=headers)).status_code == 403
            assert (await browser.post("/api/session", headers=headers)).status_code == 403
            assert (await browser.post("/v1/chat/completions", json={}, headers=headers)).status_code == 401
        assert (await browser.patch(path, json={"title": "x"}, headers={"Origin": served.url})).status_code == 200
    assert records(served) > before


async def test_only_allowed_pages_get_answers_across_origins() -> None:
    async with serving(allowed_origins=["https://chat.example"]) as served, person_at(served) as person:
        preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        evil = await person.options("/api/messages", headers={"Origin": "https://evil.example", **preflight})
        read = await person.get("/api/conversations", headers={"Origin": "https://evil.example"})
        good = await person.options("/api/messages", headers={"Origin": "https://chat.example", **preflight})
        status = await upgrade(served, Origin="https://chat.example")
        own, nobody, foreign = (
            await upgrade(served, Origin=served.url),
            await upgrade(served),
            await upgrade(served, Origin="https://evil.example"),
        )

    assert (own, nobody, foreign) == (101, 101, 403)
    assert "Access-Control-Allow-Origin" not in evil.headers
    assert "Access-Control-Allow-Origin" not in read.headers
    assert good.headers["Access-Control-Allow-Origin"] == "https://chat.example"
    assert status == 101


async def test_with_no_allowed_pages_there_is_no_answer_across_origins(person: Person) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Origin": "https://evil.example"}

    answer = await person.options("/api/messages", headers=preflight)

    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/messages"), ("DELETE", "/api/conversations"), ("POST", "/api/search"), ("POST", "/docs"), ("TRACE", "/api/session")],
)
async def test_a_method_that_a_route_does_not_have_is_rejected(person: Person, method: str, path: str) -> None:
    answer = await person.request(method, path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/nope", "/api", "/api/conversations/a/b", "/v1/nope", "/livez/nope", "/docs/nope"])
async def test_where_there_is_nothing_there_is_nothing_by_any_method(person: Person, method: str, path: str) -> None:
    answer = await person.request(method, path)

    assert answer.status_code == 404, answer.text
    assert (answer.json()["error"] if path.startswith("/v1") else answer.json())["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/session", {"POST", "DELETE", "OPTIONS"}),
        ("GET", "/api/messages", {"POST", "OPTIONS"}),
        ("POST", "/api/conversations", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/livez", {"GET", "HEAD", "OPTIONS"}),
    ],
)
async def test_a_wrong_method_is_given_the_right_ones(person: Person, method: str, path: str, allowed: set[str]) -> None:
    answer = await person.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert all(one in answer.json()["detail"] for one in {method, *allowed})


async def test_every_error_has_a_code_that_the_documents_explain(served: Served, person: Person) -> None:
    known = openapi(served.node.app)["x-error-codes"]
    foreign = {"Origin": "https://evil.example"}
    async with HttpClient(base_url=served.url) as browser:
        answers = [
            await browser.post("/api/session", headers=foreign),
            await browser.get("/api/conversations"),
            await browser.get("/ws"),
            await person.get("/api/session"),
            await person.get("/api/nope"),
            await person.post("/api/messages", content=b"x" * 70_000),
            await person.post("/api/messages", content=b"x"),
        ]

    codes = [answer.json()["code"] for answer in answers]
    assert codes == ["forbidden", "unauthorized", "bad_request", "method_not_allowed", "not_found", "too_large", "invalid_frame"]
    assert set(codes) <= set(known)
    assert [answer.status_code for answer in answers] == [403, 401, 400, 405, 404, 413, 400]


async def test_reading_changes_nothing(served: Served, person: Person) -> None:
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])
    before = records(served)
    for path in ("", f"/{accepted['conversation_id']}/messages", f"/{accepted['conversation_id']}/export?format=json"):
        assert (await person.get(f"/api/conversations{path}")).status_code == 200
    assert records(served) == before


# --- what errors tell ---


async def test_errors_tell_no_version_no_trace_and_no_address_of_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = "The database is away: no answer from postgresql://myna:hunter2@10.0.0.7/myna."

    async def break_down(*_: object, **__: object) -> None:
        raise RuntimeError(trouble)

    async with serving(front_dir=tmp_path) as frail, person_at(frail) as person:
        monkeypatch.setattr(frail.store, "conversations", break_down)
        fault = await person.get("/api/conversations")
        frail.store.lose()
        frail.store.trouble = trouble
        answers = [fault, await person.get("/api/search?q=x"), await person.get("/nowhere/at/all"), await person.get("/api/nothing")]
        answers += [await person.get("/readyz"), await person.post("/api/messages", content=b"{")]
        frail.store.recover()

    assert [answer.status_code for answer in answers] == [500, 503, 404, 404, 503, 400]
    for answer in answers:
        visible = (answer.text + "".join(f"{name}: {value}" for name, value in answer.headers.items())).lower()
        for secret in ("hunter2", "10.0.0.7", "traceback", 'file "', "hypercorn", "quart", "werkzeug", "python"):
            assert secret not in visible
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
