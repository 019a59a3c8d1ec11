"""OpenAI's chat API on the same queues: whole and streamed, for any key, with OpenAI's errors."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from myna.core import hub
from myna.web.openai import awaited_reply
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving

COMPLETIONS = "/v1/chat/completions"


def request_body(text: str, **more: Any) -> dict[str, Any]:
    """A request's body."""
    return {"model": "myna-instant", "messages": [{"role": "user", "content": text}], **more}


async def stream_of(client: httpx.AsyncClient, body: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """All events of a streamed answer (without the last, DONE), and its comments."""
    events, comments = [], []
    async with client.stream("POST", COMPLETIONS, json={**body, "stream": True}) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                comments.append(line)
            elif line:
                events.append(line.removeprefix("data: "))
    return [event if event == "[DONE]" else json.loads(event) for event in events], comments


@pytest.fixture
async def anybody(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that is not one of ours."""
    headers = {"Authorization": "Bearer sk-whatever"}
    async with HttpClient(base_url=served.url, headers=headers, timeout=60) as client:
        yield client


async def test_the_last_user_message_is_answered_in_one_piece(anybody: httpx.AsyncClient) -> None:
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "no, not this"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": [{"type": "text", "text": "/echo two"}, {"type": "text", "text": "lines"}]},
    ]
    answer = (await anybody.post(COMPLETIONS, json={"model": "myna", "messages": history, "temperature": 0.3})).json()

    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "myna"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"].split() == ["two", "lines"]
    assert choice["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}


async def test_a_stream_is_the_whole_answer_in_parts(anybody: httpx.AsyncClient) -> None:
    body = request_body("/echo one two three four five six", model="myna-fast", stream_options={"include_usage": True})

    events, _ = await stream_of(anybody, body)

    *chunks, last, usage, done = events
    assert done == "[DONE]"
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert len(chunks) > 2
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == "one two three four five six"
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 6)
    assert len({event["id"] for event in events[:-1]}) == 1
    assert {event["object"] for event in events[:-1]} == {"chat.completion.chunk"}


async def test_the_same_question_with_the_same_seed_gets_the_same_answer_part_by_part(anybody: httpx.AsyncClient) -> None:
    async def parts(seed: int) -> list[str]:
        events, _ = await stream_of(anybody, request_body("Why do bridges hum in the wind?", model="myna-fast", seed=seed))
        return [event["choices"][0]["delta"].get("content", "") for event in events[:-1]]

    first = await parts(7)
    assert len(first) > 10
    assert await parts(7) == first
    assert await parts(8) != first


async def test_a_stream_has_usage_only_where_it_was_requested(anybody: httpx.AsyncClient) -> None:
    events, _ = await stream_of(anybody, request_body("/echo hi"))

    assert all("usage" not in event and len(event["choices"]) == 1 for event in events[:-1])


async def test_with_our_token_it_is_a_message_of_ones_own_conversation(person: Person) -> None:
    conversation_id = str(uuid4())
    for text in ("/echo first", "/echo second"):
        answer = await person.post(COMPLETIONS, json=request_body(text, metadata={"conversation_id": conversation_id}))
        assert answer.status_code == 200

    items = await person.answered(conversation_id, 2)
    assert [item["text"].strip() for item in items] == ["/echo first", "first", "/echo second", "second"]


async def test_every_key_is_an_owner_of_its_own_and_the_same_key_the_same_owner(served: Served, person: Person) -> None:
    before = len(served.node.services.projection._window._owners)
    for _ in range(2):
        for key in ("sk-one", "sk-two"):
            answer = await person.post(COMPLETIONS, json=request_body("/echo hi"), headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200

    assert len(served.node.services.projection._window._owners) == before + 2
    assert (await person.get("/api/conversations")).json()["items"] == []


async def test_there_is_a_model_for_each_profile(anybody: httpx.AsyncClient) -> None:
    models = (await anybody.get("/v1/models")).json()

    assert models["object"] == "list"
    names = [model["id"] for model in models["data"]]
    assert names[0] == "myna"
    assert {"myna-instant", "myna-slow", "myna-flaky"} < set(names)


async def test_one_model_is_shown_as_in_the_list_and_an_unknown_one_is_not_found(anybody: httpx.AsyncClient) -> None:
    listed = (await anybody.get("/v1/models")).json()["data"]
    shown = [(await anybody.get(f"/v1/models/{model['id']}")).json() for model in listed]
    unknown = await anybody.get("/v1/models/gpt-4o")

    assert shown == listed
    assert unknown.status_code == 404
    error = unknown.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "model_not_found", "model")
    assert "gpt-4o" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nope", 404),
        ("POST", "/v1/embeddings", 404),
        ("GET", "/v1", 404),
        ("GET", COMPLETIONS, 405),
        ("POST", "/v1/models", 405),
    ],
)
async def test_a_wrong_address_or_method_ends_in_openais_error_object(
    anybody: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await anybody.request(method, path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic abc"}])
async def test_without_a_key_there_is_no_answer_and_the_cookie_is_none(served: Served, headers: dict[str, str]) -> None:
    async with HttpClient(base_url=served.url, timeout=60) as client:
        await client.post("/api/session")  # sets the cookie
        answer = await client.post(COMPLETIONS, json=request_body("hi"), headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (request_body("hi", model=7), 400, "invalid_value", "model"),
        (request_body("hi", stream="yes"), 400, "invalid_value", "stream"),
        (request_body("hi", n=2), 400, "invalid_value", "n"),
        (request_body("hi", seed=2**63), 400, "invalid_value", "seed"),
        (request_body("hi", metadata={"conversation_id": "mine"}), 400, "invalid_value", "metadata"),
        (request_body(""), 400, "invalid_text", "messages"),
        (request_body("hi", max_tokens=0), 400, "invalid_value", "max_tokens"),
        (request_body("hi", tools=[{"type": "retrieval"}]), 400, "invalid_value", "tools.0.type"),
        (request_body("hi", tools=[], tool_choice={"type": "function", "function": {"name": "f"}}), 400, "invalid_value", "tool_choice"),
        (request_body("hi", functions=[{"name": "f"}]), 400, "invalid_value", "functions"),
        (request_body("hi", logprobs=True), 400, "invalid_value", "logprobs"),
        (request_body("a\x00b"), 400, "invalid_text", "messages"),
        ({"model": "myna", "messages": []}, 400, "invalid_value", "messages"),
        ({"model": "myna", "messages": [{"role": "assistant", "content": "hi"}]}, 400, "invalid_value", "messages"),
        ({"model": "myna", "messages": [{"role": "bird", "content": "hi"}]}, 400, "invalid_value", "messages.0.role"),
        (request_body("hi", padding="x" * 1_100_000), 413, "too_large", None),
    ],
)
async def test_an_error_is_openais_error_object(
    anybody: httpx.AsyncClient, body: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    answer = await anybody.post(COMPLETIONS, json=body)

    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    assert error["message"]


async def test_the_error_for_a_body_too_long_names_the_limit(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post(COMPLETIONS, json=request_body("hi", padding="x" * 1_100_000))

    assert answer.json()["error"]["message"] == "A body holds at most 1048576 bytes here."


async def test_a_history_longer_than_a_frame_is_taken(anybody: httpx.AsyncClient) -> None:
    history = [{"role": "user", "content": "x" * 8_000}, {"role": "assistant", "content": "y" * 8_000}] * 10

    answer = await anybody.post(COMPLETIONS, json={"model": "myna", "messages": [*history, {"role": "user", "content": "/echo hi"}]})

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("code", "status", "told", "waits"),
    [
        ("rate_limited", 429, "rate_limit_exceeded", True),
        ("overloaded", 503, "overloaded", True),
        ("server_error", 500, "server_error", False),
        ("context_length", 400, "context_length_exceeded", False),
        ("refused", 400, "refused", False),
    ],
)
async def test_a_failure_before_the_first_part_is_a_status_streamed_requests_too(
    anybody: httpx.AsyncClient, code: str, status: int, told: str, waits: bool, stream: bool
) -> None:
    answer = await anybody.post(COMPLETIONS, json=request_body(f"/fail {code}", stream=stream))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, told)
    assert answer.headers.get("Retry-After") == ("1" if waits else None)


async def test_a_failure_after_the_first_part_ends_the_stream_with_an_error(anybody: httpx.AsyncClient) -> None:
    events, _ = await stream_of(anybody, request_body("/play outage"))

    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events[:-1]).startswith("So far")
    assert events[-1]["error"]["code"] == "overloaded"
    assert "[DONE]" not in events


async def test_every_answer_has_a_request_id(anybody: httpx.AsyncClient) -> None:
    answers = [await anybody.get("/v1/models"), await anybody.get("/v1/nope"), await anybody.post(COMPLETIONS, json=request_body("hi"))]
    assert all(answer.headers["x-request-id"].startswith("req_") for answer in answers)
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


async def test_any_model_answers_under_its_own_name_unless_models_are_strict(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.post(COMPLETIONS, json=request_body("/echo hi", model="gpt-4o"))).json()["model"] == "gpt-4o"
    async with serving(openai_strict_models=True) as served, person_at(served) as person:
        answer = await person.post(COMPLETIONS, json=request_body("hi", model="gpt-4o"))
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["param"]) == (404, "model_not_found", "model")


async def content_of(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post(COMPLETIONS, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


async def test_the_same_request_gets_the_same_reply_and_the_conversation_decides_too(anybody: httpx.AsyncClient, person: Person) -> None:
    body = request_body("Go on.", model="myna-fast")
    longer = {**body, "messages": [{"role": "user", "content": "Salt?"}, {"role": "assistant", "content": "Yes."}, *body["messages"]]}
    assert await content_of(anybody, body) == await content_of(person, body)
    assert await content_of(anybody, body) != await content_of(anybody, longer)
    assert await content_of(anybody, {**body, "seed": 1}) != await content_of(anybody, {**body, "seed": 2})


async def test_stop_and_token_limits_end_the_reply(anybody: httpx.AsyncClient) -> None:
    limited = (await anybody.post(COMPLETIONS, json=request_body("/echo one two three four", max_tokens=2))).json()
    assert (limited["choices"][0]["message"]["content"], limited["choices"][0]["finish_reason"]) == ("one two", "length")
    assert limited["usage"]["completion_tokens"] == 2
    stopped = (await anybody.post(COMPLETIONS, json=request_body("/echo one two three four", stop=["three", "tw"]))).json()
    assert (stopped["choices"][0]["message"]["content"], stopped["choices"][0]["finish_reason"]) == ("one ", "stop")


async def test_long_prompts_and_images_are_taken(anybody: httpx.AsyncClient) -> None:
    text = "word " * 60_000
    assert (await content_of(anybody, request_body(f"/echo {text}"))).startswith("word word")
    parts = [{"type": "text", "text": "/echo see"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    assert (
        await content_of(anybody, request_body("", messages=[{"role": "user", "content": parts}]))
        == "see\n[image: https://example.org/a.png]"
    )


WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}


async def test_a_tool_is_called_whole_and_streamed_and_its_result_ends_the_loop(anybody: httpx.AsyncClient) -> None:
    body = request_body("What is the weather in Oslo?", model="myna-fast", tools=[WEATHER])
    choice = (await anybody.post(COMPLETIONS, json=body)).json()["choices"][0]
    (call,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert (call["type"], call["function"]) == ("function", {"name": "get_weather", "arguments": '{"city": "Oslo"}'})

    events, _ = await stream_of(anybody, body)
    deltas = [event["choices"][0]["delta"] for event in events[:-1]]
    pieces = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert pieces[0]["id"] == call["id"]
    assert "".join(piece["function"]["arguments"] for piece in pieces) == call["function"]["arguments"]
    assert events[-2]["choices"][0]["finish_reason"] == "tool_calls"

    messages = [*body["messages"], choice["message"], {"role": "tool", "tool_call_id": call["id"], "content": "12 degrees"}]
    after = (await anybody.post(COMPLETIONS, json={**body, "messages": messages})).json()["choices"][0]
    assert after["finish_reason"] == "stop"
    assert "12 degrees" in after["message"]["content"]


async def test_with_tools_a_reply_in_words_streams_as_ever(anybody: httpx.AsyncClient) -> None:
    events, _ = await stream_of(anybody, request_body("/echo one two three four five", model="myna-fast", tools=[WEATHER]))
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events[:-1]) == "one two three four five"
    assert len(events) > 4


async def test_structured_output_is_json_by_the_schema(anybody: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    assert set(json.loads(await content_of(anybody, request_body("A person", response_format=wanted)))) == {"name"}
    assert isinstance(json.loads(await content_of(anybody, request_body("A person", response_format={"type": "json_object"}))), dict)


@pytest.mark.parametrize("role", ["system", "user"])
async def test_a_json_object_follows_the_schema_that_a_message_spells_out(anybody: httpx.AsyncClient, role: str) -> None:
    schema = {"properties": {"age": {"type": "integer"}}, "required": ["age"], "type": "object", "additionalProperties": False}
    messages = [
        {"role": role, "content": f"Answer {{so}}, as JSON by this schema:\n{json.dumps(schema)}\nNo more."},
        {"role": "user", "content": "x"},
    ]
    body = request_body("", messages=messages, response_format={"type": "json_object"})
    assert set(json.loads(await content_of(anybody, body))) == {"age"}
    body["messages"][0]["content"] = "Answer as {JSON} or {}."
    assert set(json.loads(await content_of(anybody, body))) == {"answer"}


async def test_a_schema_in_words_is_followed_where_the_message_asks_for_a_block_of_json(anybody: httpx.AsyncClient) -> None:
    schema = {"properties": {"age": {"type": "integer"}}, "required": ["age"], "type": "object", "additionalProperties": False}
    messages = [{"role": "system", "content": f"Keep to {json.dumps(schema)}"}, {"role": "user", "content": "Answer in a ```json block."}]
    block = await content_of(anybody, request_body("", messages=messages))
    assert set(json.loads(block.removeprefix("```json").removesuffix("```"))) == {"age"}
    messages[1]["content"] = "Answer."
    assert not (await content_of(anybody, request_body("", messages=messages))).startswith(("{", "```"))


async def test_retries_are_told_from_first_attempts(anybody: httpx.AsyncClient) -> None:
    statuses = []
    for attempt in range(3):
        headers = {"x-stainless-retry-count": str(attempt)}
        statuses.append((await anybody.post(COMPLETIONS, json=request_body("/play fail-twice"), headers=headers)).status_code)
    assert statuses == [503, 429, 200]


async def test_hanging_up_stops_the_reply(person: Person) -> None:
    conversation_id = str(uuid4())
    body = request_body(f"/echo {'word ' * 200}", model="myna-slow", stream=True, metadata={"conversation_id": conversation_id})
    async with person.stream("POST", COMPLETIONS, json=body) as answer:
        async for line in answer.aiter_lines():
            if "word" in line:
                break

    _, reply = await person.answered(conversation_id)
    assert (reply["status"], reply["finish_reason"]) == ("stopped", "stopped")


async def test_hanging_up_on_a_whole_answer_stops_it_too(person: Person) -> None:
    conversation_id = str(uuid4())
    body = request_body(f"/echo {'word ' * 200}", model="myna-slow", metadata={"conversation_id": conversation_id})
    with pytest.raises(httpx.ReadTimeout):
        await person.post(COMPLETIONS, json=body, timeout=1)

    assert [item["status"] for item in await person.answered(conversation_id)] == ["complete", "stopped"]


async def test_hanging_up_while_it_waits_for_its_turn_withdraws_it(person: Person) -> None:
    first = await person.say(f"/echo {'word ' * 200}", options={"profile": "slow"})
    body = request_body("/echo hi", metadata={"conversation_id": first["conversation_id"]})
    with pytest.raises(httpx.ReadTimeout):
        await person.post(COMPLETIONS, json=body, timeout=1)

    async def withdrawn() -> bool:
        return "stopped" in [item["status"] for item in await person.messages(first["conversation_id"])]

    await until(withdrawn, 30, "the withdrawal")
    client = ChatClient(token=person.token)
    await client.open(str(person.base_url).rstrip("/"))
    await client.put({"type": "reply.stop", "conversation_id": first["conversation_id"], "message_id": first["id"]})
    items = await person.answered(first["conversation_id"], 2)
    await client.close()

    assert [item["status"] for item in items if item["role"] == "assistant"] == ["stopped", "stopped"]
    assert items[-1]["text"] == ""


async def test_silence_is_kept_alive_by_comments(anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited_reply, "KEEP_ALIVE_S", 0.2)

    events, comments = await stream_of(anybody, request_body("/slow 1", stop=["between"]))

    assert len(comments) >= 3
    assert events[-1] == "[DONE]"


async def test_a_listener_that_was_overrun_goes_on_where_it_was(
    served: Served, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = served.node.services.hub.overflows
    monkeypatch.setattr(hub, "MAILBOX_BYTES", 1)  # no mailbox takes a second frame
    words = " ".join(map(str, range(200)))

    events, _ = await stream_of(anybody, request_body(f"/echo {words}", model="myna-fast"))

    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events[:-1]) == words
    assert served.node.services.hub.overflows > before


async def test_an_answer_longer_than_the_sockets_timeout_is_sent_to_its_end() -> None:
    async with serving(heartbeat_s=1) as served, person_at(served) as person:  # a socket that sends nothing for 3 s is cut off
        events, comments = await stream_of(person, request_body(f"/echo {'word ' * 30}", model="myna-slow"))

    assert not comments
    assert events[-1] == "[DONE]"


async def test_no_mailbox_stays_attached_after_the_answer(served: Served, anybody: httpx.AsyncClient) -> None:
    await stream_of(anybody, request_body("/echo hi"))
    await anybody.post(COMPLETIONS, json=request_body("/fail refused"))

    async def nobody() -> bool:
        return served.node.services.hub.count == 0

    await until(nobody, 10, "an empty hub")


async def test_each_key_has_a_rate_of_its_own_and_a_load_tester_has_none() -> None:
    async def statuses(served: Served, *keys: str) -> list[int]:
        async with HttpClient(base_url=served.url, timeout=60) as client:
            sent = [client.post(COMPLETIONS, json=request_body("/echo hi"), headers={"Authorization": f"Bearer {key}"}) for key in keys]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    async with serving(rate_per_s=0.1, rate_burst=5) as node:
        assert sorted(await statuses(node, *["sk-one"] * 8)) == [200] * 5 + [429] * 3
        assert await statuses(node, *["sk-two"] * 5) == [200] * 5
    async with serving(rate_per_s=0.1, rate_burst=5, unlimited_networks="127.0.0.0/8") as node:
        assert await statuses(node, *["sk-one"] * 30) == [200] * 30
