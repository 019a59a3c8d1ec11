"""What goes wrong in the bytes that a client of `/v1` gets: cut off, reset, unreadable, without an end; drawn by the seed."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.unit.api.conftest import Served, serving

# 1,000 calls give the same, and take some 20 s.
CALLS, AT_ONCE = 300, 200
PROFILE = """
profiles:
  worst:
    first_after_s: 0
    failures: {rate_limited: 0.1, overloaded: 0.1, server_error: 0.1, connection_cut: 0.15, connection_reset: 0.1,
               broken_event: 0.15, truncated: 0.15}
"""


async def raw(served: Served, body: dict[str, Any], path: str = "/v1/chat/completions") -> tuple[bytes, bytes, str]:
    """The status line, the body as far as it came, and how the connection ended: whole, cut or reset."""
    url = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer sk-wire\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Connection: close\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    answer, end = b"", ""
    try:
        while piece := await reader.read(65_536):
            answer += piece
    except ConnectionResetError:
        end = "reset"
    finally:
        writer.close()
    status, _, rest = answer.partition(b"\r\n")
    headers, _, content = rest.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in headers.lower():
        whole = content.endswith(b"0\r\n\r\n")
        content = b"".join(re.findall(rb"(?:^|\r\n)[0-9a-f]+\r\n((?:data|event|:).*?\n\n)", content, re.DOTALL))
    else:
        length = re.search(rb"content-length: (\d+)", headers.lower())
        whole = length is not None and len(content) == int(length[1])
    return status, content, end or ("whole" if whole else "cut")


def played(name: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": f"/play {name}"}], **more}


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="sk-anything", max_retries=0) as one:
        yield one


def user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("name", "end", "last"),
    [
        ("connection-cut", "cut", b"about to"),
        ("broken-event", "whole", b'data: {"id":"broken","object":\n\n'),
        ("truncated", "whole", b"no"),
    ],
)
async def test_a_stream_ends_as_the_scenario_says_after_what_was_said(served: Served, name: str, end: str, last: bytes) -> None:
    status, content, ended = await raw(served, played(name, stream=True))

    assert (status, ended) == (b"HTTP/1.1 200 ", end)
    assert content.startswith(b"data: {")
    assert b"[DONE]" not in content
    assert b'"finish_reason":"stop"' not in content
    assert last in content[-250:]


@pytest.mark.parametrize(("name", "end"), [("connection-cut", "cut"), ("broken-event", "whole"), ("truncated", "whole")])
async def test_an_answer_in_one_piece_ends_in_the_middle(served: Served, name: str, end: str) -> None:
    status, content, ended = await raw(served, played(name))

    assert (status, ended) == (b"HTTP/1.1 200 ", end)
    assert content.startswith(b'{"id":')
    with pytest.raises(json.JSONDecodeError):
        json.loads(content)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_reset_comes_before_the_first_byte(served: Served, stream: bool) -> None:
    assert await raw(served, played("connection-reset", stream=stream)) == (b"", b"", "reset")


async def test_the_responses_api_fails_on_the_wire_as_well(served: Served) -> None:
    status, content, ended = await raw(served, {"model": "gpt-4o", "input": "/play broken-event", "stream": True}, "/v1/responses")

    assert (status, ended) == (b"HTTP/1.1 200 ", "whole")
    assert content.startswith(b"event: response.created\n")
    assert content.endswith(b'data: {"id":"broken","object":\n\n')


async def test_silence_lasts_until_the_client_has_had_enough(client: AsyncOpenAI) -> None:
    stream = await client.with_options(timeout=0.5).chat.completions.create(model="gpt-4o", messages=user("/play stalled"), stream=True)
    assert (await anext(stream)).choices[0].delta.role == "assistant"
    assert (await anext(stream)).choices[0].delta.content == "Wait, "
    with pytest.raises((openai.APITimeoutError, httpx.ReadTimeout)):
        await anext(stream)


async def test_a_connection_that_is_cut_is_the_clients_own_error_and_its_retry_succeeds(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.APIConnectionError):
        await client.chat.completions.create(model="gpt-4o", messages=user("/fail connection_cut"))
    again = await client.with_options(max_retries=2).chat.completions.create(model="gpt-4o", messages=user("/fail connection_cut 2"))
    assert again.choices[0].message.content == "Attempt 3 went well."


@pytest.mark.parametrize(("name", "status", "wait"), [("fail-teapot", 418, None), ("fail-wait", 429, "7"), ("fail-rate-limited", 429, "1")])
@pytest.mark.parametrize("stream", [False, True])
async def test_status_and_wait_are_those_of_the_scenario(
    client: AsyncOpenAI, name: str, status: int, wait: str | None, stream: bool
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await client.chat.completions.create(model="gpt-4o", messages=user(f"/play {name}"), stream=stream)
    assert caught.value.status_code == status
    assert caught.value.response.headers.get("retry-after") == wait


@pytest.fixture
async def worst(tmp_path: Path) -> AsyncIterator[Served]:
    """A node where most replies fail, one way or another."""
    scenarios = tmp_path / "worst.yaml"
    scenarios.write_text(PROFILE)
    limits: dict[str, Any] = dict.fromkeys(("rate_per_s", "connections_per_s"), 1e6) | {"rate_burst": 1_000_000}
    async with serving(mock_scenarios=scenarios, mock_profile="worst", mock_speed=0, prefetch=200, **limits) as node:
        yield node


def timeless(answer: tuple[bytes, bytes, str]) -> tuple[bytes, bytes, str]:
    """The same without ids and times."""
    status, content, end = answer
    return status, re.sub(rb'"id":"[^"]*"|"created":\d+', b"", content), end


async def test_calls_fail_alike_in_any_order_of_arrival(worst: Served) -> None:
    bodies = [
        {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Name {n} bridges."}], "seed": n, "stream": n % 2 == 0}
        for n in range(CALLS)
    ]

    async def outcomes(order: list[int]) -> dict[int, tuple[bytes, bytes, str]]:
        free = asyncio.Semaphore(AT_ONCE)

        async def one(n: int) -> tuple[int, tuple[bytes, bytes, str]]:
            async with free:
                return n, timeless(await raw(worst, bodies[n]))

        return dict(await asyncio.gather(*map(one, order)))

    order = list(range(CALLS))
    first = await outcomes(order)
    random.Random(1).shuffle(order)
    second = await outcomes(order)

    assert {n: one for n, one in second.items() if one != first[n]} == {}
    assert {end for _, _, end in first.values()} == {"whole", "cut", "reset"}
    assert {status.split()[1] for status, _, _ in first.values() if status} == {b"200", b"429", b"500", b"503"}
    assert len({content for _, content, _ in first.values()}) > CALLS / 3
