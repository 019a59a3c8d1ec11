"""Hostile and careless input over HTTP: text that no store takes, too much of it, invalid cursors and pages."""

from uuid import uuid4

import httpx
import pytest

from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, records, serving, upgrade

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
async def test_a_body_that_is_no_object_is_rejected_in_one_sentence(person: Person, body: bytes) -> None:
    answer = await person.post("/api/messages", content=body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert len(answer.json()["detail"]) < 300


async def test_a_body_beyond_the_limit_is_rejected_with_the_limit(person: Person) -> None:
    answer = await person.post("/api/messages", json={"text": "x" * 70_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "65536" in answer.json()["detail"]


async def test_characters_that_turn_hide_or_stack_others_are_kept_as_they_are(person: Person) -> None:
    text = "/echo \u202ereversed\u202c \u200bhidden\u2066\u2069 " + "e" + "\u0301" * 3_000
    said = await person.say(text)
    messages = await person.answered(said["conversation_id"])
    assert messages[0]["text"] == text
    assert messages[1]["text"] == text.removeprefix("/echo ")


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
        (
            "POST",
            "/api/messages",
            b'{"text":"hi","mood":1}',
            "mood is not known; what is known is id, conversation_id, text, parent_id and options.",
        ),
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
async def test_an_error_says_what_was_wrong_and_what_is_allowed(person: Person, method: str, path: str, body: bytes, said: str) -> None:
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
        rejected = [
            await person.post("/api/messages", json={"text": "hi"}),
            await person.patch(path, json={"title": "x"}),
            await person.delete(path),
            await person.put(path, json={}),
            await person.post("/api/session"),
        ]
        openai = await person.post("/v1/chat/completions", json={})
        read = await person.get("/api/conversations")
        async with person_at(served) as somebody_else:
            accepted = await somebody_else.say("/echo hi")

    assert spent == [200] * 4
    for answer in rejected:
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/problem+json")
        assert answer.json()["code"] == "rate_limited"
        assert 8 <= int(answer.headers["Retry-After"]) <= 10
    assert (openai.status_code, openai.headers["Content-Type"], "Retry-After" in openai.headers) == (429, "application/json", True)
    assert (openai.json()["error"]["type"], openai.json()["error"]["code"]) == ("rate_limit_error", "rate_limited")
    assert read.status_code == 200
    assert accepted["duplicate"] is False


async def test_who_shows_no_session_is_limited_by_address_whatever_key_is_made_up() -> None:
    async with (
        serving(rate_per_s=0.1, rate_burst=3, owners_per_address=1, trusted_proxies="127.0.0.0/8") as served,
        HttpClient(base_url=served.url) as nobody,
    ):

        async def statuses(headers: dict[str, str]) -> list[int]:
            paths = [("/v1/chat/completions", {"Authorization": f"Bearer sk-{uuid4()}"}), ("/api/messages", {}), ("/api/nothing", {})] * 2
            answers = [await nobody.post(path, json={}, headers=headers | own) for path, own in paths]
            nobody.cookies.clear()
            return [answer.status_code for answer in answers]

        behind_a_proxy = await statuses({"X-Forwarded-For": "10.0.0.9, 192.0.2.1", "Cookie": ""})
        another = await statuses({"X-Forwarded-For": "192.0.2.2", "Cookie": ""})
        direct = await statuses({"Cookie": ""})
        forged = await statuses({"X-Forwarded-For": "192.0.2.3, 192.0.2.1", "Cookie": ""})

    assert behind_a_proxy == another == direct == [400, 401, 404, 429, 429, 429]
    assert forged == [429] * 6


async def test_new_sessions_are_limited_by_address_however_they_are_made() -> None:
    async with serving(new_sessions_per_s=0.03) as served, HttpClient(base_url=served.url) as nobody:  # three at once
        answers = [await nobody.post("/api/session", headers={"Cookie": ""}) for _ in range(2)]
        nobody.cookies.clear()
        upgrades = [await upgrade(served), await upgrade(served)]
        refused = await nobody.post("/api/session")

    assert [answer.status_code for answer in answers] == [201, 201]
    assert upgrades == [101, 429]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.json()["detail"] == "Too many new owners a second, made by HTTP or by an upgrade, of one address; slow down."
    assert served.node.services.limits.refused["new_sessions", "429"] == 2


async def test_reads_are_limited_for_each_owner_and_address() -> None:
    async with serving(reads_per_s=0.2, owners_per_address=2) as served, person_at(served) as person, person_at(served) as other:
        ours = [(await person.get("/api/conversations")).status_code for _ in range(3)]
        theirs = [(await other.get("/api/conversations")).status_code for _ in range(2)]
        ready = (await person.get("/readyz")).status_code

    assert ours == [200, 200, 429], "two for each owner"
    assert theirs == [200, 429], "four for the address, the refused ones included"
    assert ready == 200


# --- cursors and pages ---


@pytest.mark.parametrize(
    ("limit", "takes"),
    [
        ("1000000000", "at most 200"),
        ("0", "at least 1"),
        ("-1", "at least 1"),
        ("1.5", "a whole number"),
        ("abc", "a whole number"),
        ("", "a whole number"),
        ("१", "a whole number"),
        ("9" * 5_000, "a smaller number"),
        (["1", "2"], "a whole number"),
    ],
)
async def test_a_page_has_its_limits(person: Person, limit: str | list[str], takes: str) -> None:
    for path in ("/api/conversations", "/api/search?q=x"):
        answer = await person.get(path, params={"limit": limit} | ({"q": "x"} if "q=" in path else {}))
        assert (answer.status_code, answer.json()["detail"]) == (400, f"limit takes {takes}.")


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/conversations", "what is known is limit, before, at_least and q."),
        ("/api/search?q=x", "what is known is q, limit, before, role, since and until."),
        ("/api/pipeline", "this address takes no query parameters."),
        ("/api/line", "this address takes no query parameters."),
    ],
)
async def test_a_query_parameter_that_is_not_known_is_named(person: Person, path: str, known: str) -> None:
    answer = await person.get(httpx.URL(path).copy_add_param("limmit\n", "5"))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert answer.json()["detail"].startswith("'limmit\\n' is not known")
    assert answer.json()["detail"].endswith(known)
    assert answer.json()["detail"].isprintable()


async def test_below_v1_unknown_query_parameters_are_ignored(person: Person) -> None:
    assert (await person.get("/v1/models?api-version=1")).status_code == 200


@pytest.mark.parametrize(
    "cursor", ["garbage", "99999999999999999999.0.00000000", "-5.0.00000000", "0.0.00000000", "1.0.zzzzzzzz", "x" * 9_000]
)
async def test_a_cursor_that_is_not_ones_own_is_rejected_at_once(served: Served, person: Person, cursor: str) -> None:
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])

    for query in ({"at_least": cursor}, {"before": cursor}):
        for path in ("/api/conversations", f"/api/conversations/{accepted['conversation_id']}/messages"):
            answer = await person.get(path, params=query, timeout=4)  # less than it would wait for a position of the future
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame"), answer.text


@pytest.mark.parametrize("after", ["999999999.0.{tag}", "-5.0.{tag}", "0.0.00000000"])
async def test_resuming_from_nowhere_starts_anew(served: Served, person: Person, after: str) -> None:
    projection = served.node.services.projection
    client = ChatClient(token=person.token)
    client.place.epoch = projection.epoch
    client.place.cursor = after.format(tag=projection.cursor(person.owner).rsplit(".", 1)[1])

    welcome = await client.open(served.url)
    await client.close()

    assert welcome["resumed"] is False


async def test_resuming_from_garbage_is_rejected_before_the_upgrade(served: Served, person: Person) -> None:
    for after in ("garbage", "1.0", "x" * 4_000, "1.0.zzzzzzzz"):
        assert await upgrade(served, f"/ws?epoch=e&after={after}", Authorization=f"Bearer {person.token}") == 400
