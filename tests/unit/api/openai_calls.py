"""Requests to the OpenAI routes, and their answers read, in tests."""

import json
from typing import Any

import httpx

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


async def content_of(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post(COMPLETIONS, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])
