"""A large body is read as a small one is, and holds nobody up, whatever is in it."""

import asyncio
import json
import time
from typing import Any

import pytest
from pydantic import ValidationError

from myna.protocol.validation_errors import wrong
from myna.web.api.conversation_file import ITEMS_LIMIT, ExportedConversation
from myna.web.large_body import LARGE, parse_body
from myna.web.openai.requests import CompletionRequest
from myna.web.openai.response_requests import ResponsesRequest

ID = "6a1f9a52-6f0e-4a55-9a2b-1d1c8a4f0a01"
MESSAGE = {"role": "user", "content": '[hello], {you} \\ " é' * 20}


def body(*messages: Any, **more: Any) -> bytes:
    return json.dumps({"model": "myna", **more, "messages": [MESSAGE] * 400 + list(messages)}).encode()


def many(number: int) -> bytes:
    return b",".join(b'"a%d":1' % one for one in range(number))


async def refusal(model: type[Any], data: bytes) -> str:
    with pytest.raises(ValidationError) as error:
        await parse_body(model, data)
    return wrong(error.value, (model,)).sentence


async def test_a_large_body_is_the_model_that_it_would_be_at_once() -> None:
    data = body({"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, seed=7, unknown=[{"a": [1, 2]}, None])
    assert len(data) > LARGE
    assert await parse_body(CompletionRequest, data) == CompletionRequest.model_validate_json(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (body({"role": "bird"}), "messages.400.role takes 'system', 'developer', 'user', 'assistant', 'tool' or 'function'"),
        (body({"role": "user", "content": 7}), "messages.400.content takes text or a list"),
        (body(7), "messages.400 takes an object"),
        (body(seed="x"), "seed takes a whole number"),
        (body(n=2), "n takes at most 1"),
        (body()[:-1], f"This is no JSON (line 1, column {len(body()) - 1})"),
        (b'{"model":"m","messages":[],"x":"' + b"x" * LARGE + b'"}', "messages takes at least 1 item"),
        (b'{"model":"m","x":"' + b"x" * LARGE + b'"}', "messages is missing"),
        (b'{"model":"m","messages":7,"x":"' + b"x" * LARGE + b'"}', "messages takes a list"),
        (b'{"model":"' + b"x" * LARGE + b'","messages":[{"role":"user"}]}', "model takes at most 256 characters"),
        (b"[" + b" " * LARGE + b"]", "This takes an object"),
        (b'"' + b"x" * LARGE, "This is no JSON (line 1, column 16385)"),
        (b"\xff" * LARGE * 2, "This is no JSON (line 1, column 1)"),
    ],
)
async def test_what_is_wrong_in_a_large_body_is_said_as_of_a_small_one(data: bytes, said: str) -> None:
    assert await refusal(CompletionRequest, data) == said


async def test_a_large_input_of_the_responses_api_is_read_item_by_item() -> None:
    items = [{"role": "user", "content": "hello " * 10}] * 400
    whole = json.dumps({"model": "m", "input": [*items, {"type": "function_call_output", "call_id": "c", "output": "42"}]}).encode()
    assert await parse_body(ResponsesRequest, whole) == ResponsesRequest.model_validate_json(whole)
    text = json.dumps({"model": "m", "input": "hello " * 10_000}).encode()
    assert await parse_body(ResponsesRequest, text) == ResponsesRequest.model_validate_json(text)
    wrong_item = json.dumps({"model": "m", "input": [*items, {"role": "bird"}]}).encode()
    assert await refusal(ResponsesRequest, wrong_item) == "input.400.role takes 'system', 'developer', 'user' or 'assistant'"


async def test_no_part_of_a_large_body_may_take_long_by_itself() -> None:
    many_values = [[1] * 5_000] * 21
    assert "100000 values in a message" in await refusal(CompletionRequest, body({"role": "user", "x": many_values}))
    assert "100000 values in a message" in await refusal(CompletionRequest, body(x=many_values))
    assert "100000 values in a message" in await refusal(CompletionRequest, json.dumps({"x": many_values, "messages": [MESSAGE]}).encode())
    spread = body(*[{"role": "user", "content": "hi", "x": [1] * 5_000}] * 40)
    assert len((await parse_body(CompletionRequest, spread)).messages) == 440
    assert "1048576 bytes in one text" in await refusal(ExportedConversation, b'{"x":"' + b"a" * 1_100_000 + b'"}')


@pytest.mark.parametrize("text", ['"', '\\"', "\\", '\\\\"\\', "é\\u0041", "a" * 9_000, '\\"' * 9_000, "\\" * 9_001])
async def test_where_a_text_ends_is_found_whatever_is_in_it(text: str) -> None:
    data = body({"role": "user", "content": [{"type": "text", "text": text}]}, unknown={text: [text, text]})
    assert (await parse_body(CompletionRequest, data)).messages[-1].text == text


async def test_an_import_has_its_limit_of_messages() -> None:
    message = {"id": ID, "role": "user", "text": "hi"}
    data = {"schema": "myna.conversation/1", "conversation": {"id": ID, "title": "hi"}, "messages": [message] * (ITEMS_LIMIT + 1)}
    assert await refusal(ExportedConversation, json.dumps(data).encode()) == f"messages takes at most {ITEMS_LIMIT} items"


HOSTILE = {
    "empty messages": b'{"model":"myna","messages":[' + b",".join([b"{}"] * 340_000) + b"]}",
    "unknown fields": b'{"model":"myna",' + many(90_000) + b"}",
    "unknown fields of a message": b'{"model":"myna","messages":[{"role":"user",' + many(90_000) + b"}]}",
    "metadata": b'{"model":"myna","messages":[],"metadata":{' + many(90_000) + b"}}",
    "parts": b'{"model":"myna","messages":[{"role":"user","content":[' + b",".join([b"{}"] * 340_000) + b"]}]}",
    "depth": b'{"messages":[' + b"[" * 1_000_000,
    "quotes": b'{"messages":["' + b'\\"' * 500_000,
    "many messages of empty parts": b'{"model":"myna","messages":['
    + b",".join([b'{"content":[{},{},{},{},{},{},{},{},{},{}]}'] * 9_000)
    + b"]}",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_no_body_holds_the_event_loop(what: str) -> None:
    longest_s, done = 0.0, False

    async def watch() -> None:
        nonlocal longest_s
        while not done:
            # Processor time of this thread: the machine has other work too.
            begun = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - begun)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    with pytest.raises(ValidationError):
        await parse_body(CompletionRequest, HOSTILE[what])
    done = True
    await watching

    print(f"{what}: {longest_s * 1_000:.1f} ms at once")
    assert longest_s < 0.05


async def test_a_small_body_that_is_wrong_everywhere_is_refused_in_one_sentence() -> None:
    assert await refusal(ExportedConversation, b"{" + many(1_000) + b"}") == "This is wrong in 1003 places"
