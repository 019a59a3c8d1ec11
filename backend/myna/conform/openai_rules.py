"""The basics of OpenAI's dialect under `/v1`; its client libraries are the judges of the rest."""

import json
from typing import Any
from uuid import uuid4

from myna.conform.rules import Section
from myna.conform.server import Server, expect

rule = Section("/v1")


def request(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], **more}


@rule
async def models_are_listed(server: Server) -> None:
    """`GET /v1/models` lists models by id."""
    answer = await server.json("GET", "/v1/models", str(uuid4()))
    expect(answer["object"] == "list" and all(model["id"] for model in answer["data"]), f"it answered {answer}")


@rule
async def a_completion_is_answered(server: Server) -> None:
    """`POST /v1/chat/completions` answers with one choice, a finish reason, usage and a request id."""
    answer = await server.http("POST", "/v1/chat/completions", str(uuid4()), request())
    expect(answer.status == 200, f"it answered {answer.status}: {answer.body[:200]!r}")
    choice = answer.json["choices"][0]
    expect(choice["message"]["role"] == "assistant" and choice["message"]["content"], f"the choice was {choice}")
    expect(choice["finish_reason"] in ("stop", "length"), f"the finish reason was {choice['finish_reason']!r}")
    expect(answer.json["usage"]["total_tokens"] > 0, f"usage was {answer.json['usage']}")
    expect("x-request-id" in answer.headers, "the answer has no x-request-id")


@rule
async def a_stream_is_the_same_text(server: Server) -> None:
    """A streamed completion says the same as the whole one to the same request, in chunks that end with [DONE]."""
    key = str(uuid4())
    whole = (await server.json("POST", "/v1/chat/completions", key, request(seed=7)))["choices"][0]["message"]["content"]
    answer = await server.http("POST", "/v1/chat/completions", key, request(seed=7, stream=True))
    expect(answer.headers.get("content-type", "").startswith("text/event-stream"), "a stream is no text/event-stream")
    lines = [line.removeprefix("data: ") for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    expect(lines[-1:] == ["[DONE]"], f"the stream ends with {lines[-1:]}")
    chunks = [json.loads(line) for line in lines[:-1]]
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    expect(text == whole, "the stream, joined, is another text than the whole answer with the same seed")


@rule
async def a_refusal_has_openais_shape(server: Server) -> None:
    """Without a key there is 401, for a wrong request 400, each with an error object that has a message."""
    answers = {
        401: await server.http("POST", "/v1/chat/completions", None, request()),
        400: await server.http("POST", "/v1/chat/completions", str(uuid4()), {"model": "gpt-4o", "messages": "hello"}),
    }
    for status, answer in answers.items():
        expect(answer.status == status, f"instead of {status} came {answer.status}")
        expect(answer.json["error"]["message"], f"the error of {status} has no message")
