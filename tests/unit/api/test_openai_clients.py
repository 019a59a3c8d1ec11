"""OpenAI's own client, unmodified, at `/v1`: text, streams, tools, structured output, errors and retries."""

import json
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from pydantic import BaseModel

from tests.unit.api.conftest import Served

TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncOpenAI]:
    """The client with only its base URL and key changed."""
    async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="sk-anything", max_retries=0) as one:
        yield one


def user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


async def test_text_and_usage(client: AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(model="gpt-4o", messages=user("/echo good morning"))
    assert completion.choices[0].message.content == "good morning"
    assert completion.model == "gpt-4o"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 4 + 2
    assert completion._request_id is not None


async def test_a_stream_of_text_with_usage(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="myna-fast", messages=user("/echo one two three four"), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "one two three four"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


async def test_an_agents_loop_calls_its_tool_and_ends(client: AsyncOpenAI) -> None:
    messages = user("What is the weather in Oslo, in celsius?")
    for _ in range(5):
        completion = await client.chat.completions.create(model="gpt-4o", messages=messages, tools=[TOOL])
        message = completion.choices[0].message
        messages.append(message.model_dump(exclude_none=True))  # type: ignore[arg-type]
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            assert call.type == "function"
            assert json.loads(call.function.arguments) == {"city": "Oslo", "unit": "celsius"}
            messages.append({"role": "tool", "tool_call_id": call.id, "content": '{"degrees": 12}'})
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]
    assert "12" in str(messages[-1].get("content"))


async def test_a_streamed_tool_call_is_put_together_by_the_client(client: AsyncOpenAI) -> None:
    async with client.chat.completions.stream(
        model="gpt-4o", messages=user("hello"), tools=[TOOL], tool_choice={"type": "function", "function": {"name": "get_weather"}}
    ) as stream:
        completion = await stream.get_final_completion()
    assert completion.choices[0].message.tool_calls
    (call,) = completion.choices[0].message.tool_calls
    assert set(json.loads(call.function.arguments)) == {"city", "unit"}
    assert completion.choices[0].finish_reason == "tool_calls"


class Step(BaseModel):
    """A step."""

    explanation: str
    minutes: int


class Plan(BaseModel):
    """What the client wants to be filled in."""

    title: str
    steps: list[Step]


async def test_structured_output_is_parsed_into_the_clients_model(client: AsyncOpenAI) -> None:
    completion = await client.chat.completions.parse(model="gpt-4o", messages=user("A plan for Sunday"), response_format=Plan)
    plan = completion.choices[0].message.parsed
    assert plan is not None
    assert plan.title
    assert all(step.minutes > 0 for step in plan.steps)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("rate_limited", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("overloaded", openai.InternalServerError),
        ("context_length", openai.BadRequestError),
    ],
)
async def test_failures_are_the_clients_own_errors(
    client: AsyncOpenAI, code: str, error: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(error) as caught:
        await client.chat.completions.create(model="gpt-4o", messages=user(f"/fail {code}"), stream=stream)
    assert caught.value.request_id is not None


@pytest.mark.parametrize("stream", [False, True])
async def test_the_client_retries_until_it_succeeds(client: AsyncOpenAI, stream: bool) -> None:
    patient = client.with_options(max_retries=3)
    answer = await patient.chat.completions.create(model="gpt-4o", messages=user("/play fail-twice"), stream=stream)
    if isinstance(answer, openai.AsyncStream):
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in answer])
    else:
        text = answer.choices[0].message.content or ""
    assert text == "Attempt 3 went well."


async def test_a_timeout_of_the_client_is_its_own_error(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.5).chat.completions.create(model="gpt-4o", messages=user("/sleep 20"))


async def test_a_failure_in_the_middle_of_a_stream_reaches_the_client(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="gpt-4o", messages=user("/play outage"), stream=True)
    with pytest.raises(openai.APIError, match="ends like this on purpose"):
        _ = [chunk async for chunk in stream]


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert "myna-fast" in [model.id async for model in client.models.list()]
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("gpt-4o")
