"""What people with bad intentions try by HTTP and at the door of the socket, and what they get."""

import json
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from backend.api import limiting
from backend.api.describing import openapi
from backend.sessions import COOKIE
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving

SQL = "'; DROP TABLE messages; --"
UNSTORABLE = {
    "an escaped NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\x00b"',
    "a lone surrogate": b'"\\ud800"',
    "a surrogate pair the wrong way round": b'"\\udc00\\ud800"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "no UTF-8": b'"\xff\xfe"',
    "a surrogate as UTF-8": b'"\xed\xa0\x80"',
}


async def upgrade(served: Served, path: str = "/ws", **headers: str) -> int:
    """The status of an upgrade: 101, or the refusal."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with connect(served.url.replace("http", "ws") + path, additional_headers=named, proxy=None):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def records(served: Served) -> int:
    """How much the log holds."""
    return served.node.rooms.timeline.reached.offset


# --- origins and credentials ---


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "{own}.evil.example", "https://{host}", "{own}/", "file://", ""])
async def test_an_upgrade_from_a_foreign_page_is_refused_before_any_session(served: Served, origin: str) -> None:
    host = served.url.removeprefix("http://")
    owners = len(served.node.rooms.timeline.window._owners)

    status = await upgrade(served, Origin=origin.format(own=served.url, host=host))

    if origin == "https://{host}":
        assert status == 101  # behind a proxy that ends TLS the page is https and we are not
    else:
        assert status == 403
    assert len(served.node.rooms.timeline.window._owners) == owners


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
    async with serving(secret_key="some other installation") as other, person_at(other) as foreigner:
        assert await upgrade(served, Authorization=f"Bearer {foreigner.token}") == 401


async def test_a_token_in_the_address_opens_nothing_and_is_not_logged(
    served: Served, person: Person, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as nobody:
        answer = await nobody.get("/api/conversations", params={"token": person.token})
    status = await upgrade(served, f"/ws?token={person.token}")

    assert (answer.status_code, status) == (401, 401)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "websockets"))]
    assert not any(person.token in line for line in [*ours, *capfd.readouterr()])


@pytest.mark.parametrize(
    ("path", "status"), [("/", 400), ("/nope", 400), ("/docs", 400), ("/api/session", 405), ("/api/nope", 404), ("/v1/nope", 404)]
)
async def test_an_upgrade_where_no_socket_is_is_refused(served: Served, path: str, status: int) -> None:
    assert await upgrade(served, path) == status


# --- other people's things ---


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
        assert (theirs.status_code, theirs.text) == (nobodys.status_code, nobodys.text) == (404, nobodys.text), (method, path)

    client = ChatClient(token=stranger.token)
    await client.open(served.url)
    await client.put({"type": "reply.stop", "conversation_id": conversation_id, "message_id": accepted["id"]})
    refusal = await client.until(lambda frame: frame["type"] == "error")
    sent = await client.send("/echo to my own of that name", conversation_id)
    await client.end_of(sent["id"])
    await client.close()

    assert refusal["code"] == "not_found"
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
async def test_what_only_the_server_says_can_not_be_said_to_it(served: Served, person: Person, forged: dict[str, str]) -> None:
    before = records(served)

    answer = await person.post("/api/messages", json={"text": "hi", **forged})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert next(iter(forged)) in answer.json()["detail"]
    assert records(served) == before


@pytest.mark.parametrize("id_", ["1", "../../x", "x" * 36, str(uuid4()) + "\n", "", None, 7])
async def test_an_id_that_is_no_uuid_is_refused(person: Person, id_: Any) -> None:
    for field in ("id", "conversation_id"):
        answer = await person.post("/api/messages", json={"text": "hi", field: id_})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
        assert field in answer.json()["detail"]


# --- hostile bytes ---


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE.keys())
async def test_text_that_can_not_be_stored_never_reaches_the_log(served: Served, person: Person, text: bytes) -> None:
    before = records(served)
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])
    at_rest = records(served)
    assert at_rest > before

    for method, path, body in [
        ("POST", "/api/messages", b'{"text":%s}'),
        ("PATCH", f"/api/conversations/{accepted['conversation_id']}", b'{"title":%s}'),
        ("POST", "/v1/chat/completions", b'{"model":"myna","messages":[{"role":"user","content":%s}]}'),
    ]:
        answer = await person.request(method, path, content=body % text)
        assert answer.status_code == 400, (path, answer.text)
    assert records(served) == at_rest


@pytest.mark.parametrize(
    "body", [b"", b"[" * 60_000, b"null", b"[]", b'{"text":NaN}', b'{"text":1e400}', b'\xef\xbb\xbf{"text":"hi"}', b"9" * 5_000]
)
async def test_a_body_that_is_no_object_is_refused_in_one_sentence(person: Person, body: bytes) -> None:
    answer = await person.post("/api/messages", content=body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert len(answer.json()["detail"]) < 300


async def test_a_body_beyond_the_limit_is_refused_and_says_the_limit(person: Person) -> None:
    answer = await person.post("/api/messages", json={"text": "x" * 70_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "65536" in answer.json()["detail"]


async def test_sql_in_every_field_is_text_like_any_other(person: Person) -> None:
    accepted = await person.say(f"/echo {SQL}")
    path = f"/api/conversations/{accepted['conversation_id']}"
    await person.answered(accepted["conversation_id"])

    assert (await person.patch(path, json={"title": SQL})).json()["title"] == SQL
    assert (await person.get("/api/search", params={"q": SQL})).status_code == 200
    for query in ({"before": SQL}, {"at_least": SQL}, {"limit": SQL}):
        assert (await person.get("/api/conversations", params=query)).status_code == 400
        assert (await person.get(f"{path}/messages", params=query)).status_code == 400
    assert (await person.get(f"/api/conversations/{SQL}/messages")).status_code == 404
    assert [item["text"] for item in await person.messages(accepted["conversation_id"])] == [f"/echo {SQL}", SQL]


async def test_line_breaks_and_escapes_change_no_header_and_no_log(person: Person, capfd: pytest.CaptureFixture[str]) -> None:
    hostile = "one\r\nSet-Cookie: x=1\r\n\x1b[31mFAKE\x1b[0m \x07two"
    accepted = await person.say(f"/echo {hostile}")
    await person.answered(accepted["conversation_id"])
    path = f"/api/conversations/{accepted['conversation_id']}"
    assert (await person.patch(path, json={"title": hostile})).status_code == 200

    async def renamed() -> bool:
        return bool((await person.get("/api/conversations")).json()["items"][0]["title"] == "one Set-Cookie: x=1 [31mFAKE [0m two")

    await until(renamed, 10, "the new title")
    answer = await person.get(f"{path}/export?format=markdown")

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].isprintable()
    assert (await person.messages(accepted["conversation_id"]))[0]["text"] == f"/echo {hostile}"  # kept as it was said
    assert "FAKE" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/api/messages", b"{", "This is no JSON (line 1, column 1)."),
        ("POST", "/api/messages", b"[]", "This takes an object."),
        ("POST", "/api/messages", b"{}", "text is missing."),
        ("POST", "/api/messages", b'{"text":7}', "text takes text."),
        ("POST", "/api/messages", b'{"text":"hi","id":"x"}', "id takes a UUID."),
        ("POST", "/api/messages", b'{"text":"hi","mood":1}', "mood is not known; what is known is id, conversation_id, text and options."),
        (
            "POST",
            "/api/messages",
            b'{"text":"hi","options":{"speed":1}}',
            "options.speed is not known to options; what is known is profile, seed and scenario.",
        ),
        ("POST", "/api/messages", b'{"text":"hi","options":{"seed":1.5}}', "options.seed takes a whole number."),
        (
            "POST",
            "/api/messages",
            b'{"text":"hi","options":{"seed":9223372036854775808}}',
            "options.seed takes at most 9223372036854775807.",
        ),
        ("POST", "/api/messages", b'{"text":"hi","options":7}', "options takes an object."),
        ("POST", "/v1/chat/completions", b'{"model":"myna"}', "messages is missing."),
        ("POST", "/v1/chat/completions", b'{"model":"myna","messages":[]}', "messages takes at least 1 item."),
        (
            "POST",
            "/v1/chat/completions",
            b'{"model":"myna","messages":[{"role":"user","content":7}]}',
            "messages.0.content takes text or a list.",
        ),
        (
            "POST",
            "/v1/chat/completions",
            b'{"model":"myna","messages":[{"role":"bird"}]}',
            "messages.0.role takes 'system', 'developer', 'user', 'assistant', 'tool' or 'function'.",
        ),
        (
            "POST",
            "/v1/chat/completions",
            b'{"model":"myna","messages":[{"role":"user","content":"hi"}],"metadata":{"a":1}}',
            "metadata.a takes text.",
        ),
    ],
)
async def test_a_refusal_says_what_was_wrong_and_what_is_allowed_in_our_words(
    person: Person, method: str, path: str, body: bytes, said: str
) -> None:
    answer = (await person.request(method, path, content=body)).json()

    assert (answer["error"]["message"] if "error" in answer else answer["detail"]) == said


@pytest.mark.parametrize("title", ["", "   ", "\n\t", "\x07", "x" * 201, "a\x00b"])
async def test_a_title_that_can_not_be_kept_is_an_invalid_text_and_says_what_is_allowed(person: Person, title: str) -> None:
    accepted = await person.say("/echo hi")

    answer = await person.patch(f"/api/conversations/{accepted['conversation_id']}", json={"title": title})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_text")
    assert "title takes 1 to 200 characters" in answer.json()["detail"]


async def test_a_title_is_one_line(person: Person) -> None:
    accepted = await person.say("/echo hi\tthere\x1b")
    conversation_id = accepted["conversation_id"]
    await person.answered(conversation_id)
    given = (await person.get("/api/conversations")).json()["items"][0]["title"]

    answer = await person.patch(f"/api/conversations/{conversation_id}", json={"title": " a\r\nb\t\tc\u2028d\x1be\x85f "})

    assert given == "/echo hi there"
    assert answer.json()["title"] == "a b c d e f"


async def test_an_answer_without_content_names_no_kind_of_content(person: Person) -> None:
    accepted = await person.say("/echo hi")

    answer = await person.delete(f"/api/conversations/{accepted['conversation_id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers


# --- too much of it ---


async def test_writes_by_http_are_limited_for_each_owner_as_frames_are_for_each_socket() -> None:
    async with serving(rate_per_s=0.1, rate_burst=5) as served, person_at(served) as person:
        conversation_id = (await person.say("/echo hi"))["conversation_id"]
        path = f"/api/conversations/{conversation_id}"
        await person.answered(conversation_id)
        spent = [(await person.patch(path, json={"title": "x"})).status_code for _ in range(4)]
        refused = [
            await person.post("/api/messages", json={"text": "hi"}),
            await person.patch(path, json={"title": "x"}),
            await person.delete(path),
            await person.put(path, json={}),
            await person.post("/api/session"),
        ]
        dialect = await person.post("/v1/chat/completions", json={})
        read = await person.get("/api/conversations")
        async with person_at(served) as somebody_else:
            accepted = await somebody_else.say("/echo hi")

    assert spent == [200] * 4
    for answer in refused:
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/problem+json")
        assert answer.json()["code"] == "rate_limited"
        assert 8 <= int(answer.headers["Retry-After"]) <= 10
    assert (dialect.status_code, dialect.headers["Content-Type"], "Retry-After" in dialect.headers) == (429, "application/json", True)
    assert (dialect.json()["error"]["type"], dialect.json()["error"]["code"]) == ("rate_limit_error", "rate_limited")
    assert read.status_code == 200
    assert accepted["duplicate"] is False


async def test_who_shows_no_session_is_limited_by_address_whatever_key_is_made_up() -> None:
    async with serving(rate_per_s=0.1, rate_burst=3) as served, httpx.AsyncClient(base_url=served.url, trust_env=False) as nobody:

        async def statuses(headers: dict[str, str]) -> list[int]:
            asked = [("/api/session", {}), ("/v1/chat/completions", {"Authorization": f"Bearer sk-{uuid4()}"}), ("/api/messages", {})] * 2
            answers = [await nobody.post(path, json={}, headers=headers | own) for path, own in asked]
            nobody.cookies.clear()
            return [answer.status_code for answer in answers]

        nobody.cookies.clear()
        behind_a_proxy = await statuses({"X-Forwarded-For": "10.0.0.9, 192.0.2.1", "Cookie": ""})
        another = await statuses({"X-Forwarded-For": "192.0.2.2", "Cookie": ""})
        direct = await statuses({"Cookie": ""})
        forged = await statuses({"X-Forwarded-For": "192.0.2.3, 192.0.2.1", "Cookie": ""})

    assert behind_a_proxy == another == direct == [201, 400, 401, 429, 429, 429]
    assert forged == [429] * 6


@pytest.mark.parametrize(
    ("peer", "counted"),
    [("10.0.0.2", "8.8.4.4"), ("127.0.0.1", "8.8.4.4"), ("", "8.8.4.4"), ("8.8.8.8", "8.8.8.8"), ("2a00::1", "2a00::1")],
)
async def test_only_a_proxy_beside_us_is_believed_where_a_request_comes_from(served: Served, peer: str, counted: str) -> None:
    headers = {"X-Forwarded-For": "1.1.1.1, 8.8.4.4"}
    async with served.node.app.test_request_context("/", headers=headers, scope_base={"client": (peer, 1)}):
        assert limiting.address() == counted


# --- cursors and pages ---


@pytest.mark.parametrize("limit", ["1000000000", "0", "-1", "1.5", "abc", "", "१", "9" * 5_000])
async def test_a_page_has_its_limits(person: Person, limit: str) -> None:
    for path in ("/api/conversations", "/api/search?q=x"):
        answer = await person.get(path, params={"limit": limit} | ({"q": "x"} if "q=" in path else {}))
        assert (answer.status_code, answer.json()["detail"]) == (400, "limit takes a whole number from 1 to 200.")


@pytest.mark.parametrize(
    "cursor", ["garbage", "99999999999999999999.0.00000000", "-5.0.00000000", "0.0.00000000", "1.0.zzzzzzzz", "x" * 9_000]
)
async def test_a_cursor_that_is_not_ones_own_is_refused_at_once(served: Served, person: Person, cursor: str) -> None:
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])

    for query in ({"at_least": cursor}, {"before": cursor}):
        for path in ("/api/conversations", f"/api/conversations/{accepted['conversation_id']}/messages"):
            answer = await person.get(path, params=query, timeout=4)  # less than it would wait for a position of the future
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame"), answer.text


@pytest.mark.parametrize("after", ["999999999.0.{tag}", "-5.0.{tag}", "0.0.00000000"])
async def test_resuming_from_nowhere_starts_anew(served: Served, person: Person, after: str) -> None:
    timeline = served.node.rooms.timeline
    client = ChatClient(token=person.token)
    client.epoch = timeline.epoch
    client.cursor = after.format(tag=timeline.cursor(person.owner).rsplit(".", 1)[1])

    welcome = await client.open(served.url)
    await client.close()

    assert welcome["resumed"] is False


async def test_resuming_from_garbage_is_refused_before_the_upgrade(served: Served, person: Person) -> None:
    for after in ("garbage", "1.0", "x" * 4_000, "1.0.zzzzzzzz"):
        assert await upgrade(served, f"/ws?epoch=e&after={after}", Authorization=f"Bearer {person.token}") == 400


# --- other pages, other methods ---


async def test_a_write_with_the_cookie_from_a_foreign_page_is_refused(served: Served, person: Person) -> None:
    accepted = await person.say("/echo hi")
    path = f"/api/conversations/{accepted['conversation_id']}"
    before = records(served)
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, headers={"Cookie": f"{COOKIE}={person.token}"}) as browser:
        for origin in ("https://evil.example", "null"):
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
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        evil = await person.options("/api/messages", headers={"Origin": "https://evil.example", **asked})
        read = await person.get("/api/conversations", headers={"Origin": "https://evil.example"})
        good = await person.options("/api/messages", headers={"Origin": "https://chat.example", **asked})
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
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://evil.example"}

    answer = await person.options("/api/messages", headers=asked)

    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/messages"), ("DELETE", "/api/conversations"), ("POST", "/api/search"), ("POST", "/docs"), ("TRACE", "/api/session")],
)
async def test_a_method_that_a_route_does_not_have_is_refused(person: Person, method: str, path: str) -> None:
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
        ("GET", "/api/session", {"POST", "OPTIONS"}),
        ("GET", "/api/messages", {"POST", "OPTIONS"}),
        ("POST", "/api/conversations", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/livez", {"GET", "HEAD", "OPTIONS"}),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(person: Person, method: str, path: str, allowed: set[str]) -> None:
    answer = await person.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert all(one in answer.json()["detail"] for one in {method, *allowed})


async def test_every_refusal_has_a_code_that_the_documents_explain(served: Served, person: Person) -> None:
    known = openapi()["x-error-codes"]
    foreign = {"Origin": "https://evil.example"}
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as browser:
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
        told = (answer.text + "".join(f"{name}: {value}" for name, value in answer.headers.items())).lower()
        for secret in ("hunter2", "10.0.0.7", "traceback", 'file "', "hypercorn", "quart", "werkzeug", "python"):
            assert secret not in told
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
