"""OpenAI's errors: of a request that is wrong, of a reply that fails, of a key that is asked too much."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.services.http import HttpClient
from tests.unit.api.conftest import Served, serving
from tests.unit.api.openai_calls import COMPLETIONS, request_body, stream_of


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
