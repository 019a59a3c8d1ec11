"""A completion as OpenAI's clients read it, whole or as server-sent events, made from a reply's frames."""

import json
import re
import time
from typing import Any, Literal

from myna.web.openai.schema import Choice, Completion, CompletionMessage, CompletionRequest, Usage

Frame = dict[str, Any]
_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokens(text: str) -> int:
    """About as many as a tokenizer would find: words and signs."""
    return len(_TOKEN.findall(text))


def usage(prompt: str, reply: str) -> Usage:
    """Counted over the message and its reply."""
    sent, received = tokens(prompt), tokens(reply)
    return Usage(prompt_tokens=sent, completion_tokens=received, total_tokens=sent + received)


def finish_reason(frame: Frame) -> Literal["stop", "length"]:
    """A reply that somebody stopped has, for OpenAI's clients, stopped."""
    return "length" if frame["finish_reason"] == "length" else "stop"


class CompletionWriter:
    """One completion in the making: its id, and its forms as one answer and as a stream's events."""

    def __init__(self, request: CompletionRequest, text: str, reply_id: str) -> None:
        self._text = text
        self._with_usage = bool(request.stream_options and request.stream_options.include_usage)
        self._head: dict[str, Any] = {"id": f"chatcmpl-{reply_id.replace('-', '')}", "created": int(time.time()), "model": request.model}

    def whole(self, frame: Frame) -> Completion:
        """The answer in one piece, from `reply.completed`."""
        message = CompletionMessage(role="assistant", content=frame["text"], refusal=None)
        choice = Choice(index=0, message=message, logprobs=None, finish_reason=finish_reason(frame))
        return Completion(**self._head, object="chat.completion", choices=[choice], usage=usage(self._text, frame["text"]))

    def chunk(self, delta: dict[str, str], reason: str | None = None) -> bytes:
        """One event of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return self._event([choice], None)

    def end(self, frame: Frame) -> list[bytes]:
        """The last events of the stream, from `reply.completed`."""
        last = [self.chunk({}, finish_reason(frame))]
        if self._with_usage:
            last.append(self._event([], usage(self._text, frame["text"])))
        return [*last, b"data: [DONE]\n\n"]

    def _event(self, choices: list[dict[str, Any]], used: Usage | None) -> bytes:
        body: dict[str, Any] = {**self._head, "object": "chat.completion.chunk", "choices": choices}
        return sse({**body, "usage": used and used.model_dump()} if self._with_usage else body)


def sse(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
