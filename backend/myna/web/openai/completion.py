"""A completion as OpenAI's clients read it, whole or as server-sent events, made from a reply's frames."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from myna.mock_ai.pacing import count_tokens
from myna.mock_ai.port import ToolCall
from myna.mock_ai.tool_calls import read_tool_calls
from myna.protocol.errors import ChatError
from myna.web.openai.held_text import HeldText
from myna.web.openai.requests import CompletionRequest
from myna.web.openai.schema import CalledFunction, CallToMake, Choice, Completion, CompletionMessage, Usage, error_body

Frame = dict[str, Any]
ARGUMENTS_PIECE = 24  # characters of a call's arguments in one event


class CompletionWriter:
    """One completion in the making: its id, and its forms as one answer and as a stream's events."""

    def __init__(self, request: CompletionRequest, reply_id: str) -> None:
        self._request = request
        self._with_usage = bool(request.stream_options and request.stream_options.include_usage)
        self._head: dict[str, Any] = {"id": f"chatcmpl-{reply_id.replace('-', '')}", "created": int(time.time()), "model": request.model}
        self._held = HeldText(request.may_call)
        self._begun = False

    def whole(self, frame: Frame) -> Completion:
        """The answer in one piece, from `reply.completed`."""
        calls = self._calls(frame)
        message = CompletionMessage(role="assistant", content=None if calls else frame["text"], refusal=None)
        if calls:
            function = [CalledFunction(name=call.name, arguments=call.arguments) for call in calls]
            message.tool_calls = [CallToMake(id=call.id, type="function", function=one) for call, one in zip(calls, function, strict=True)]
        choice = Choice(index=0, message=message, logprobs=None, finish_reason=_finish_reason(frame, calls))
        return Completion(**self._head, object="chat.completion", choices=[choice], usage=self._usage(frame, calls))

    def part(self, text: str) -> Iterator[bytes]:
        """The events of one more part: none as long as the reply may be tool calls."""
        said = self._held.next(text)
        if said is not None:
            yield from self._content(said)

    def end(self, frame: Frame) -> Iterator[bytes]:
        """The last events of the stream, from `reply.completed`."""
        calls = self._calls(frame)
        if not calls and (held := self._held.rest()):
            yield from self._content(held)
        if not self._begun:
            yield self._delta({"role": "assistant", "content": None if calls else ""})
        for index, call in enumerate(calls):
            begin = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
            yield self._delta({"tool_calls": [begin]})
            for at in range(0, len(call.arguments), ARGUMENTS_PIECE):
                piece = {"index": index, "function": {"arguments": call.arguments[at : at + ARGUMENTS_PIECE]}}
                yield self._delta({"tool_calls": [piece]})
        yield self._delta({}, _finish_reason(frame, calls))
        if self._with_usage:
            yield self._event([], self._usage(frame, calls))
        yield b"data: [DONE]\n\n"

    def failed(self, error: ChatError) -> bytes:
        """The event of a failure after the first part."""
        return sse(error_body(error).model_dump())

    def _content(self, text: str) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            yield self._delta({"role": "assistant", "content": ""})
        yield self._delta({"content": text})

    def _calls(self, frame: Frame) -> Sequence[ToolCall]:
        return read_tool_calls(frame["text"]) if self._request.may_call else ()

    def _usage(self, frame: Frame, calls: Sequence[ToolCall]) -> Usage:
        prompt = self._request.prompt_tokens
        reply = sum(count_tokens(call.name + call.arguments) for call in calls) if calls else count_tokens(frame["text"])
        return Usage(prompt_tokens=prompt, completion_tokens=reply, total_tokens=prompt + reply)

    def _delta(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        return self._event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}], None)

    def _event(self, choices: list[dict[str, Any]], used: Usage | None) -> bytes:
        body: dict[str, Any] = {**self._head, "object": "chat.completion.chunk", "choices": choices}
        return sse({**body, "usage": used and used.model_dump()} if self._with_usage else body)


def _finish_reason(frame: Frame, calls: Sequence[ToolCall]) -> Literal["stop", "length", "tool_calls"]:
    """A reply that somebody stopped has, for OpenAI's clients, stopped."""
    return "tool_calls" if calls else "length" if frame["finish_reason"] == "length" else "stop"


def sse(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
