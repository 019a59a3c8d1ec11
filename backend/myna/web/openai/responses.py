"""A response of OpenAI's Responses API, whole or as server-sent events, made from a reply's frames."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from myna.mock_ai.pacing import count_tokens
from myna.mock_ai.port import ToolCall
from myna.mock_ai.tool_calls import read_tool_calls
from myna.protocol.errors import ChatError
from myna.web.api.models import Answer
from myna.web.openai.completion import ARGUMENTS_PIECE, Frame
from myna.web.openai.held_text import HeldText
from myna.web.openai.requests import CompletionRequest
from myna.web.openai.response_requests import NamedFunctionTool, ResponsesRequest, TextFormat
from myna.web.openai.schema import error_body


class ModelResponse(Answer):
    """A response: its output is a message or function calls. As a stream it comes in events, the last one `response.completed`."""

    id: str
    object: Literal["response"]
    created_at: float
    status: Literal["in_progress", "completed", "incomplete", "failed"]
    error: dict[str, str] | None
    incomplete_details: dict[str, str] | None
    instructions: str | None
    max_output_tokens: int | None
    model: str
    output: list[dict[str, Any]]
    parallel_tool_calls: bool
    previous_response_id: None
    tool_choice: Any
    tools: list[dict[str, Any]]
    text: dict[str, Any]
    temperature: float
    top_p: float
    truncation: Literal["disabled"]
    metadata: dict[str, str]
    usage: dict[str, Any] | None


class ResponseWriter:
    """One response in the making, as one answer and as a stream's events."""

    def __init__(self, request: ResponsesRequest, completion: CompletionRequest, reply_id: str) -> None:
        self._request, self._completion = request, completion
        self._id = reply_id.replace("-", "")
        self._created = float(int(time.time()))
        self._held = HeldText(completion.may_call)
        self._begun = self._speaking = False
        self._sequence = -1

    def whole(self, frame: Frame) -> ModelResponse:
        """The answer in one piece, from `reply.completed`."""
        calls = self._calls(frame)
        output = [self._call_item(at, call, "completed") for at, call in enumerate(calls)] or [self._message(frame["text"])]
        reason = {"reason": "max_output_tokens"} if frame["finish_reason"] == "length" else None
        said = sum(count_tokens(call.name + call.arguments) for call in calls) if calls else count_tokens(frame["text"])
        sent = self._completion.prompt_tokens
        usage = {
            "input_tokens": sent, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": said,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": sent + said,
        }  # fmt: skip
        return self._response("incomplete" if reason else "completed", output, incomplete_details=reason, usage=usage)

    def part(self, text: str) -> Iterator[bytes]:
        """The events of one more part: none as long as the reply may be calls."""
        said = self._held.next(text)
        if said is None:
            return
        yield from self._begin()
        if not self._speaking:
            self._speaking = True
            yield self._event("response.output_item.added", output_index=0, item=self._message(None))
            yield self._event("response.content_part.added", **self._place(), part=_text_part(""))
        yield self._event("response.output_text.delta", **self._place(), delta=said, logprobs=[])

    def end(self, frame: Frame) -> Iterator[bytes]:
        """The last events of the stream, from `reply.completed`."""
        calls = self._calls(frame)
        if not calls and not self._speaking:
            yield from self.part(self._held.rest())
        yield from self._begin()
        for index, call in enumerate(calls):
            yield from self._call_events(index, call)
        if not calls:
            text = frame["text"]
            yield self._event("response.output_text.done", **self._place(), text=text, logprobs=[])
            yield self._event("response.content_part.done", **self._place(), part=_text_part(text))
            yield self._event("response.output_item.done", output_index=0, item=self._message(text))
        whole = self.whole(frame)
        yield self._event(f"response.{whole.status}", response=whole.model_dump())

    def failed(self, error: ChatError) -> bytes:
        """The event of a failure after the first part."""
        detail = error_body(error).error
        failed = self._response("failed", [], error={"code": detail.code, "message": detail.message})
        return self._event("response.failed", response=failed.model_dump())

    def _begin(self) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            for name in ("response.created", "response.in_progress"):
                yield self._event(name, response=self._response("in_progress", []).model_dump())

    def _call_events(self, index: int, call: ToolCall) -> Iterator[bytes]:
        item = self._call_item(index, call, "completed")
        about = {"item_id": item["id"], "output_index": index}
        yield self._event("response.output_item.added", output_index=index, item={**item, "arguments": "", "status": "in_progress"})
        for at in range(0, len(call.arguments), ARGUMENTS_PIECE):
            yield self._event("response.function_call_arguments.delta", **about, delta=call.arguments[at : at + ARGUMENTS_PIECE])
        yield self._event("response.function_call_arguments.done", **about, name=call.name, arguments=call.arguments)
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _calls(self, frame: Frame) -> Sequence[ToolCall]:
        return read_tool_calls(frame["text"]) if self._completion.may_call else ()

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self._id}", "output_index": 0, "content_index": 0}

    def _message(self, text: str | None) -> dict[str, Any]:
        """The message of the output; None: it begins."""
        content = [] if text is None else [_text_part(text)]
        status = "in_progress" if text is None else "completed"
        return {"id": f"msg_{self._id}", "type": "message", "role": "assistant", "status": status, "content": content}

    def _call_item(self, index: int, call: ToolCall, status: str) -> dict[str, Any]:
        about = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        return {"id": f"fc_{self._id}{index}", "type": "function_call", "status": status, **about}

    def _response(self, status: Any, output: list[dict[str, Any]], **more: Any) -> ModelResponse:
        request = self._request
        choice = request.tool_choice
        form = request.text.format if request.text and request.text.format else TextFormat()
        fields = {
            "id": f"resp_{self._id}", "object": "response", "created_at": self._created, "status": status, "error": None,
            "incomplete_details": None, "instructions": request.instructions, "max_output_tokens": request.max_output_tokens,
            "model": request.model, "output": output, "parallel_tool_calls": True, "previous_response_id": None,
            "tool_choice": choice.model_dump() if isinstance(choice, NamedFunctionTool) else choice or "auto",
            "tools": [{"strict": None, **tool.model_dump()} for tool in request.tools or ()],
            "text": {"format": form.model_dump(by_alias=True, exclude_defaults=True) | {"type": form.type}},
            "temperature": 1.0, "top_p": 1.0, "truncation": "disabled", "metadata": request.metadata or {}, "usage": None, **more,
        }  # fmt: skip
        return ModelResponse(**fields)

    def _event(self, kind: str, /, **data: Any) -> bytes:
        self._sequence += 1
        body = {"type": kind, "sequence_number": self._sequence, **data}
        return f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
