"""OpenAI's chat completions on the same queues: whole and streamed, for any key."""

from uuid import uuid4

import httpx

from tests.unit.api.conftest import Person, Served, person_at, serving
from tests.unit.api.openai_calls import COMPLETIONS, content_of, request_body, stream_of


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


async def test_a_history_longer_than_a_frame_is_taken(anybody: httpx.AsyncClient) -> None:
    history = [{"role": "user", "content": "x" * 8_000}, {"role": "assistant", "content": "y" * 8_000}] * 10

    answer = await anybody.post(COMPLETIONS, json={"model": "myna", "messages": [*history, {"role": "user", "content": "/echo hi"}]})

    assert answer.status_code == 200, answer.text


async def test_every_answer_has_a_request_id(anybody: httpx.AsyncClient) -> None:
    answers = [await anybody.get("/v1/models"), await anybody.get("/v1/nope"), await anybody.post(COMPLETIONS, json=request_body("hi"))]
    assert all(answer.headers["x-request-id"].startswith("req_") for answer in answers)
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


async def test_any_model_answers_under_its_own_name_unless_models_are_strict(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.post(COMPLETIONS, json=request_body("/echo hi", model="gpt-4o"))).json()["model"] == "gpt-4o"
    async with serving(openai_strict_models=True) as served, person_at(served) as person:
        answer = await person.post(COMPLETIONS, json=request_body("hi", model="gpt-4o"))
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["param"]) == (404, "model_not_found", "model")


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


async def test_retries_are_told_from_first_attempts(anybody: httpx.AsyncClient) -> None:
    statuses = []
    for attempt in range(3):
        headers = {"x-stainless-retry-count": str(attempt)}
        statuses.append((await anybody.post(COMPLETIONS, json=request_body("/play fail-twice"), headers=headers)).status_code)
    assert statuses == [503, 429, 200]
