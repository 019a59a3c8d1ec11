"""A model elsewhere as the brain, tried against our own `/v1`: the pipeline talks to itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from myna.mock_ai.port import End, Failure, HistoryMessage, Part, Prompt, ReplyStep, Tool, ToolCall
from myna.mock_ai.tool_calls import read_tool_calls
from myna.node.brain import make_brain
from myna.openai_brain import OpenAIBrain
from myna.openai_brain.messages import messages
from myna.protocol.errors import StartupError
from myna.settings import Settings
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving

WEATHER = Tool(
    "get_weather", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}, "The weather of a city."
)


@pytest.fixture(scope="module")
async def upstream() -> AsyncIterator[Served]:
    """The server elsewhere: a node of ours."""
    async with serving(mock_profile="fast") as node:
        yield node


@asynccontextmanager
async def brain_at(url: str, **more: Any) -> AsyncIterator[OpenAIBrain]:
    """A brain whose server is there, and whose SDK tries only once."""
    brain = OpenAIBrain(model="gpt-4o", api_key="sk-upstream", base_url=f"{url}/v1", retries=0, **more)
    yield brain
    await brain.close()


@pytest.fixture
async def brain(upstream: Served) -> AsyncIterator[OpenAIBrain]:
    async with brain_at(upstream.url) as one:
        yield one


async def replied(brain: OpenAIBrain, prompt: Prompt) -> tuple[str, ReplyStep]:
    """The text of a reply, and its ending."""
    *parts, ending = [step async for step in brain.reply(prompt)]
    assert all(isinstance(part, Part) for part in parts)
    return "".join(part.text for part in parts if isinstance(part, Part)), ending


async def test_a_reply_comes_part_by_part(brain: OpenAIBrain) -> None:
    steps = [step async for step in brain.reply(Prompt("key", "/echo one two three four five six seven"))]
    assert len(steps) > 3
    assert "".join(step.text for step in steps if isinstance(step, Part)) == "one two three four five six seven"
    assert steps[-1] == End("stop", 0.0)


async def test_limits_are_passed_on(brain: OpenAIBrain) -> None:
    prompt = Prompt("key", "/echo one two three four", max_tokens=2)
    assert await replied(brain, prompt) == ("one two", End("length", 0.0))
    assert await replied(brain, Prompt("key", "/echo one two three", stop=("two",))) == ("one ", End("stop", 0.0))


async def test_the_model_is_told_the_conversation_so_far(brain: OpenAIBrain) -> None:
    history = (HistoryMessage("user", "first"), HistoryMessage("assistant", "One."), HistoryMessage("user", "second"))
    text, _ = await replied(brain, Prompt("key", "/play counting", history=history))
    assert text.startswith("Three.")


def test_a_message_stands_at_its_place_before_the_calls_that_it_led_to() -> None:
    call = ToolCall("call_1", "get_weather", '{"city": "Oslo"}')
    history = (HistoryMessage("system", "Be brief."), HistoryMessage("assistant", "", (call,)))
    prompt = Prompt("key", "And Oslo?", history=history, position=1, results=(HistoryMessage("tool", "12", tool_call_id="call_1"),))
    assert [one["role"] for one in messages(prompt)] == ["system", "user", "assistant", "tool"]
    assert messages(prompt)[2]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city": "Oslo"}'}


async def test_tool_calls_come_as_replies_carry_them(brain: OpenAIBrain) -> None:
    text, ending = await replied(brain, Prompt("key", "The weather in Oslo?", tools=(WEATHER,), tool_choice="get_weather"))
    (call,) = read_tool_calls(text)
    assert (call.name, call.arguments) == ("get_weather", '{"city": "Oslo"}')
    assert ending == End("stop", 0.0)


@pytest.mark.parametrize(
    ("said", "code", "retryable"),
    [
        ("/fail rate_limited", "rate_limited", True),
        ("/fail overloaded", "overloaded", True),
        ("/fail server_error", "server_error", True),
        ("/fail context_length", "context_length", False),
        ("/fail refused", "refused", False),
        ("/fail connection_reset", "server_error", True),
        ("/play connection-cut", "server_error", True),
        ("/play broken-event", "server_error", True),
        ("/play truncated", "server_error", True),
        ("/play outage", "server_error", True),
    ],
)
async def test_what_goes_wrong_there_is_a_failure_here(brain: OpenAIBrain, said: str, code: str, retryable: bool) -> None:
    _, ending = await replied(brain, Prompt("key", said))
    assert isinstance(ending, Failure)
    assert (ending.code, ending.retryable) == (code, retryable)


async def test_silence_and_an_absent_server_are_failures_too(upstream: Served) -> None:
    async with brain_at(upstream.url, timeout_s=0.3) as impatient, brain_at("http://127.0.0.1:9") as alone:
        endings = [(await replied(one, Prompt("key", "/sleep 20")))[1] for one in (impatient, alone)]
    assert [(end.code, end.retryable) for end in endings if isinstance(end, Failure)] == [("timeout", True), ("server_error", True)]


async def test_leaving_early_stops_the_model(upstream: Served, brain: OpenAIBrain) -> None:
    replies = upstream.node.services.projection.open_replies
    steps = brain.reply(Prompt("key", "/slow 0.2"))
    assert isinstance(await anext(steps), Part)
    assert len(replies) == 1
    await steps.aclose()  # type: ignore[attr-defined]

    async def stopped() -> bool:
        return not replies

    await until(stopped, 10, "the model to stop")


@pytest.fixture
async def chatter(upstream: Served) -> AsyncIterator[Person]:
    """Somebody at a node whose brain is the node elsewhere."""
    settings: dict[str, Any] = {"brain": "openai", "brain_url": f"{upstream.url}/v1", "brain_key": "sk-upstream", "brain_model": "gpt-4o"}
    async with serving(**settings) as node, person_at(node) as person:
        yield person


async def test_the_pipeline_talks_to_itself(chatter: Person) -> None:
    accepted = await chatter.say("/echo there and back again")
    items = await chatter.answered(accepted["conversation_id"])
    assert (items[-1]["status"], items[-1]["text"]) == ("complete", "there and back again")
    body = {"model": "m", "messages": [{"role": "user", "content": "/echo over /v1"}]}
    answers = await asyncio.gather(*(chatter.post("/v1/chat/completions", json=body) for _ in range(3)))
    assert [answer.json()["choices"][0]["message"]["content"] for answer in answers] == ["over /v1"] * 3


async def test_a_profile_is_refused_where_a_model_answers(chatter: Person) -> None:
    refused = await chatter.post("/api/messages", json={"text": "hi", "options": {"profile": "slow"}})
    assert (refused.status_code, refused.json()["detail"]) == (400, "There is no profile slow here: a model answers, and it has none.")


def test_a_model_has_to_be_named() -> None:
    with pytest.raises(StartupError, match="CHAT_BRAIN_MODEL"):
        make_brain(Settings(_env_file=None, brain="openai"))
