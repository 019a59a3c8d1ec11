"""OpenAI's own client at `/v1/responses`: text, streams, tools, structured output, failures."""

import json
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import FunctionToolParam, Response, ResponseInputParam
from pydantic import BaseModel

from tests.unit.api.conftest import Served

TOOL: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "strict": True,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
}


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncOpenAI]:
    """The client with only its base URL and key changed."""
    async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="sk-anything", max_retries=0) as one:
        yield one


async def test_text_with_instructions_and_usage(client: AsyncOpenAI) -> None:
    response = await client.responses.create(model="gpt-4o", instructions="Be brief.", input="/echo good morning")
    assert (response.output_text, response.status, response.model) == ("good morning", "completed", "gpt-4o")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3 + 4, 2)


async def test_a_stream_is_numbered_events_that_add_up_to_the_response(client: AsyncOpenAI) -> None:
    events = [event async for event in await client.responses.create(model="myna-fast", input="/echo one two three four", stream=True)]
    assert [event.type for event in events[:4]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "one two three four"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "one two three four"


async def test_it_says_what_a_chat_completion_with_the_same_seeding_says(client: AsyncOpenAI) -> None:
    response = await client.responses.create(model="myna-fast", input="Why do bridges hum?")
    again = await client.responses.create(model="myna-fast", input=[{"role": "user", "content": "Why do bridges hum?"}])
    completion = await client.chat.completions.create(model="myna-fast", messages=[{"role": "user", "content": "Why do bridges hum?"}])
    assert response.output_text == again.output_text == completion.choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
async def test_an_agents_loop_calls_its_tool_and_ends(client: AsyncOpenAI, stream: bool) -> None:
    conversation: ResponseInputParam = [{"role": "user", "content": "What is the weather in Oslo?"}]
    turns = 0
    while turns < 4:
        turns += 1
        if stream:
            async with client.responses.stream(model="gpt-4o", input=conversation, tools=[TOOL]) as events:
                response: Response = await events.get_final_response()
        else:
            response = await client.responses.create(model="gpt-4o", input=conversation, tools=[TOOL])
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        for call in calls:
            assert json.loads(call.arguments) == {"city": "Oslo"}
            conversation.append({"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments})
            conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": "12 degrees"})
    assert turns == 2
    assert "12 degrees" in response.output_text


class Person(BaseModel):
    """What the client wants to be filled in."""

    name: str
    age: int


async def test_structured_output_is_parsed_into_the_clients_model(client: AsyncOpenAI) -> None:
    response = await client.responses.parse(model="gpt-4o", input="A person", text_format=Person)
    assert response.output_parsed is not None
    assert response.output_parsed.name


async def test_a_token_limit_makes_it_incomplete(client: AsyncOpenAI) -> None:
    response = await client.responses.create(model="gpt-4o", input="/echo one two three", max_output_tokens=2)
    assert (response.status, response.output_text) == ("incomplete", "one two")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


async def test_failures_before_and_after_the_first_part(client: AsyncOpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError):
            await client.responses.create(model="gpt-4o", input="/fail rate_limited", stream=stream)
    events = [event async for event in await client.responses.create(model="gpt-4o", input="/play outage", stream=True)]
    assert events[-1].type == "response.failed"
    assert events[-1].response.error is not None
    assert events[-1].response.error.message.startswith("The scenario called outage")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "hi", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "hi", "tools": [{"type": "web_search"}]}, "tools"),
        ({"input": []}, "input"),
        ({"input": [{"role": "assistant", "content": "hi"}]}, "input"),
    ],
)
async def test_what_is_not_supported_is_named(client: AsyncOpenAI, body: dict[str, object], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.responses.create(model="gpt-4o", extra_body=body)
    assert str(caught.value.param).startswith(param)
