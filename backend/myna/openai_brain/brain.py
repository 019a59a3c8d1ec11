"""Has an OpenAI-compatible server make the replies, through OpenAI's own SDK; hands on each delta as it comes."""

import json
from collections.abc import AsyncIterator
from typing import Any

import openai

from myna.mock_ai.port import End, Failure, Part, Prompt, ReplyStep
from myna.openai_brain.errors import UPSTREAM_ERRORS, failure_of
from myna.openai_brain.messages import arguments

MAX_HISTORY = 32_000  # characters of the conversation so far, some 8,000 tokens: each message's job carries them through the queue
LONGEST_REPLY = 100_000  # characters: a reply's end repeats all of it in one event, which brokers and sockets carry at this size


class OpenAIBrain:
    """A model elsewhere. It says something else each time, so that an interrupted reply begins anew."""

    deterministic = False

    def __init__(self, *, model: str, api_key: str, base_url: str | None = None, timeout_s: float = 50.0, retries: int = 2) -> None:
        """`base_url` ends in /v1 (None: OpenAI's own); `timeout_s` is the longest silence; `retries` before the first part."""
        self._model = model
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=timeout_s, max_retries=retries)

    def option_problem(self, profile: str | None, scenario: str | None, rules: str | None = None) -> str | None:
        """Profiles and scenarios are the mock's; one sentence where one is named."""
        named = f"profile {profile[:40]}" if profile else f"scenario {scenario[:40]}" if scenario else None
        return f"There is no {named} here: a model answers, and it has none." if named else None

    def history_limit(self, seed: int | None) -> int:
        """A model answers the conversation and not just its last message."""
        return MAX_HISTORY

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._client.close()

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        """Parts as they come, and one ending. Leaving it early closes the connection upstream, which stops the model."""
        try:
            stream: Any = await self._client.chat.completions.create(**arguments(prompt, self._model), stream=True)
            async with stream:
                async for step in _steps(stream):
                    yield step
        except UPSTREAM_ERRORS as error:
            yield failure_of(error)


async def _steps(stream: Any) -> AsyncIterator[ReplyStep]:
    calls: dict[int, dict[str, str]] = {}
    length, reason = 0, None
    async for chunk in stream:
        for choice in chunk.choices[:1]:
            if text := choice.delta.content:
                length += len(text)
                yield Part(text, 0.0)
            for call in choice.delta.tool_calls or ():
                _add(calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""}), call)
            reason = choice.finish_reason or reason
        if length > LONGEST_REPLY:
            reason = "length"
            break
    for _, call in sorted(calls.items()):
        yield Part(_block(call), 0.0)
    if reason == "content_filter":
        yield Failure("refused", "The AI refuses to answer this.", False, 0.0)
    elif reason is None:
        yield Failure("server_error", "The AI's reply ended without its end. Trying again may help.", True, 0.0)
    else:
        yield End("length" if reason == "length" else "stop", 0.0)


def _add(call: dict[str, str], delta: Any) -> None:
    """A piece of a tool call."""
    call["id"] = delta.id or call["id"]
    if delta.function is not None:
        call["name"] += delta.function.name or ""
        call["arguments"] += delta.function.arguments or ""


def _block(call: dict[str, str]) -> str:
    """A tool call as replies carry it: a fenced block of JSON."""
    try:
        given = json.loads(call["arguments"] or "{}")
    except ValueError:
        given = {}
    body = json.dumps({"id": call["id"], "name": call["name"], "arguments": given}, ensure_ascii=False)
    return f"```tool_call\n{body}\n```\n"
