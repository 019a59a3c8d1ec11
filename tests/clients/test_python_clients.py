"""Text, streams, tools, structured output, retries, time-outs and cancellation: the same for each client library."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import cast

import pytest

from tests.clients.adapters import ADAPTERS, Adapter, Agents, Fills, Texts
from tests.clients.conftest import Mock

RETRY_AFTER_S = 1.0  # of 429 and 503, as the node answers them
TIMEOUT_S = 1.0  # enough for a request to get to the node on a busy machine
WAIT_S = 20.0  # for what takes some milliseconds on an idle machine


def those(able: Callable[[Adapter], bool]) -> pytest.MarkDecorator:
    """One test for each client of which this is true."""
    return pytest.mark.parametrize("client", [pytest.param(one, id=name) for name, one in ADAPTERS.items() if able(one)])


every_client = those(lambda one: True)
those_with_text = those(lambda one: isinstance(one, Texts))
those_with_tools = those(lambda one: isinstance(one, Agents))
those_that_retry = those(lambda one: one.retries)
those_with_forms = pytest.mark.parametrize(
    ("client", "form"),
    [pytest.param(one, form, id=f"{name}-{form}") for name, one in ADAPTERS.items() if isinstance(one, Fills) for form in one.formats],
)


async def until_first_is(mock: Mock, status: str) -> None:
    """Wait until the journal's first reply has got this far."""
    async with asyncio.timeout(WAIT_S):
        while [one["status"] for one in await mock.journal()][:1] != [status]:  # noqa: ASYNC110 (it happens in another process)
            await asyncio.sleep(0.05)


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status that an error, or what it was raised for, tells of."""
    while error is not None:
        if isinstance(status := getattr(error, "status_code", None), int):
            return status
        error = error.__cause__ or error.__context__
    return None


@those_with_text
async def test_a_question_gets_its_answer(client: Texts, mock: Mock) -> None:
    assert await client.text(mock, "/echo good morning") == "good morning"
    assert len(await mock.journal()) == 1


@those_with_text
async def test_a_stream_has_the_whole_answer_in_parts(client: Texts, mock: Mock) -> None:
    parts = [part async for part in client.stream(mock, "/play letter-by-letter") if part]
    assert len(parts) > 5
    assert "".join(parts) == await client.text(mock, "/play letter-by-letter")


@those_with_tools
async def test_an_agent_calls_its_tool_once_and_ends_with_what_it_said(client: Agents, mock: Mock) -> None:
    answer = await client.agent(mock, "What is the weather in Oslo, in celsius?")
    assert "12" in answer
    assert len(await mock.journal()) == 2


@those_with_forms
async def test_structured_output_is_what_the_clients_model_asks_for(client: Fills, form: str, mock: Mock) -> None:
    plan = await client.fill(mock, "A plan for Sunday", form)
    assert plan.title
    assert plan.steps
    assert all(step.minutes > 0 for step in plan.steps)
    assert len(await mock.journal()) == 1


@pytest.mark.parametrize("code", ["rate_limited", "server_error", "overloaded"])
@those_that_retry
async def test_a_failure_that_passes_is_retried_and_retry_after_is_kept(client: Adapter, code: str, mock: Mock) -> None:
    await mock.fails_next(code)
    began = time.monotonic()
    assert await client.call(replace(mock, retries=2), "Why do bridges hum?")
    assert [one["status"] for one in await mock.journal()] == ["failed", "complete"]
    if code != "server_error":
        assert time.monotonic() - began >= RETRY_AFTER_S


@pytest.mark.parametrize(("code", "status"), [("context_length", 400), ("rate_limited", 429), ("server_error", 500), ("overloaded", 503)])
@every_client
async def test_without_retries_a_failure_is_an_error_with_its_status(client: Adapter, code: str, status: int, mock: Mock) -> None:
    await mock.fails_next(code)
    with pytest.raises(Exception) as caught:
        await client.call(mock, "Why do bridges hum?")
    assert status_of(caught.value) == status
    assert len(await mock.journal()) == 1


@every_client
async def test_a_client_that_times_out_stops_the_reply(client: Adapter, mock: Mock) -> None:
    with pytest.raises(Exception, match=r"(?i)timeout|timed out"):
        await client.call(replace(mock, timeout_s=TIMEOUT_S), "/sleep 30")
    await until_first_is(mock, "stopped")


@every_client
async def test_a_call_that_is_cancelled_stops_the_reply(client: Adapter, mock: Mock) -> None:
    call = asyncio.create_task(client.call(mock, "/sleep 30"))
    await until_first_is(mock, "streaming")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until_first_is(mock, "stopped")


@those_with_text
async def test_a_stream_that_is_cancelled_stops_the_reply(client: Texts, mock: Mock) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async with aclosing(cast("AsyncGenerator[str]", client.stream(mock, "/play stall"))) as parts:
            async for part in parts:
                if part:
                    begun.set()

    call = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), WAIT_S)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until_first_is(mock, "stopped")
