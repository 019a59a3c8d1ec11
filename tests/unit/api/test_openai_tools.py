"""Tools are called and their results used, and structured output is JSON by its schema."""

import json

import httpx
import pytest

from tests.unit.api.openai_calls import COMPLETIONS, content_of, request_body, stream_of

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
