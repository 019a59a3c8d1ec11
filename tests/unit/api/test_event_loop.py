"""Nothing that one client asks for holds up the others: the longest single step of the event loop stays short.

What counts is the processor time of the loop's thread, as the machine has other work too.
"""

import asyncio
import gc
import json
import time
from asyncio.events import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from tests.services import budgets
from tests.unit.api.conftest import Person, Served

LONGEST_S = 0.02  # a few milliseconds each on a core of its own; without slices these took 50 to 350
WORDS = "lorem ipsum dolor " * 56_000
MESSAGES = [{"role": ("user", "assistant")[n % 2], "content": WORDS[:500]} for n in range(1_900)] + [{"role": "user", "content": "hi"}]


class Longest:
    """The longest step so far."""

    seconds = 0.0
    what = ""


@contextmanager
def longest_step() -> Iterator[Longest]:
    """Measures every callback that the event loop runs in this block."""
    longest, run = Longest(), Handle._run

    def timed(self: Handle) -> None:
        begun = time.thread_time()
        run(self)
        taken = time.thread_time() - begun
        if taken > longest.seconds:
            longest.seconds, longest.what = taken, repr(self)

    gc.collect()
    gc.freeze()  # a node collects less often than the tests do
    gc.disable()
    Handle._run = timed  # type: ignore[method-assign]
    try:
        yield longest
    finally:
        Handle._run = run  # type: ignore[method-assign]
        gc.enable()
        gc.unfreeze()


async def ask(served: Served, person: Person, method: str, path: str, body: bytes | None = None) -> int:
    """The status of an answer that a client in another thread gets: its own work is not the node's."""
    request = Request(served.url + path, body, {"Authorization": f"Bearer {person.token}"}, method=method)  # noqa: S310 (the test's own node)

    def send() -> int:
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            answer.read()
            return int(answer.status)

    return await asyncio.to_thread(send)


def chat(*messages: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"model": "myna-instant", "messages": messages, **more}).encode()


def conversation(messages: int, characters: int) -> bytes:
    """A file of so many messages and replies."""
    items: list[dict[str, Any]] = []
    for _ in range(messages // 2):
        message_id = str(uuid4())
        items.append({"id": message_id, "role": "user", "text": WORDS[:characters]})
        items.append({"id": str(uuid4()), "role": "assistant", "message_id": message_id, "text": WORDS[:characters], "status": "complete"})
    about = {"id": str(uuid4()), "title": "long"}
    return json.dumps({"schema": "myna.conversation/1", "conversation": about, "messages": items}).encode()


REQUESTS = {
    "one long message": ("/v1/chat/completions", chat({"role": "user", "content": WORDS[:1_000_000]})),
    "a million signs": ("/v1/chat/completions", chat({"role": "user", "content": "!" * 1_000_000})),
    "many messages": ("/v1/chat/completions", chat(*MESSAGES)),
    "a schema that is none": (
        "/v1/chat/completions",
        chat({"role": "system", "content": '{"a":[' * 100_000}, {"role": "user", "content": "hi"}, response_format={"type": "json_object"}),
    ),
    "a schema of many objects": (
        "/v1/chat/completions",
        chat(
            {"role": "user", "content": "hi"},
            response_format={
                "type": "json_schema",
                "json_schema": {"schema": {"properties": {f"p{n}": {"type": "string"} for n in range(400)}}},
            },
        ),
    ),
    "one long input": ("/v1/responses", json.dumps({"model": "m", "input": WORDS[:1_000_000]}).encode()),
    "a long input of many items": ("/v1/responses", json.dumps({"model": "m", "input": MESSAGES}).encode()),
}


@pytest.mark.parametrize("what", REQUESTS)
async def test_a_long_conversation_sent_to_v1_holds_nobody_up(served: Served, person: Person, what: str) -> None:
    path, body = REQUESTS[what]
    await ask(
        served, person, "POST", "/v1/chat/completions", chat({"role": "user", "content": "hi"}, response_format={"type": "json_object"})
    )
    with longest_step() as longest:
        assert await ask(served, person, "POST", path, body) == 200
    print(f"{what}: {longest.seconds * 1_000:.1f} ms")
    assert longest.seconds < LONGEST_S * budgets.SLOWNESS, longest.what


@pytest.mark.parametrize("size", [(600, 100), (500, 7_000)], ids=str)  # the store in memory reads all pages in one step
async def test_a_conversation_comes_and_goes_without_holding_anybody_up(frail: Served, size: tuple[int, int]) -> None:
    body, path = conversation(*size), f"/api/conversations/{uuid4()}"
    async with Person(base_url=frail.url) as person:
        person.token = (await person.post("/api/session")).json()["token"]
        for read in ("", "/export?format=json", "/export?format=markdown", "/messages?limit=200"):
            with longest_step() as longest:
                assert await ask(frail, person, *(("GET", path + read) if read else ("PUT", path, body))) in (200, 201)
            print(f"{read or 'import'}: {longest.seconds * 1_000:.1f} ms")
            assert longest.seconds < LONGEST_S * budgets.SLOWNESS, (read, longest.what)


async def test_rules_and_journal_of_the_mock_hold_nobody_up(served: Served, person: Person) -> None:
    said = await person.say("hello " * 300)
    for _ in range(10):
        await person.say("hello " * 300, conversation_id=said["conversation_id"])
    await person.answered(said["conversation_id"], 11)
    rules = {"version": 1, "rules": [{"match": {"contains": f"hello {n}"}, "reply": {"text": "hi"}} for n in range(300)]}
    wrong = {"version": 1, "rules": [{"when": n} for n in range(900)]}
    for method, path, body, status in (
        ("POST", "/api/mock/rules", rules, 200),
        ("POST", "/api/mock/rules", wrong, 400),
        ("GET", "/api/mock/journal", None, 200),
        ("GET", f"/api/conversations/{said['conversation_id']}/scenario", None, 200),
    ):
        with longest_step() as longest:
            answer = await person.request(method, path, json=body)
        assert answer.status_code == status, answer.text[:500]
        print(f"{method} {path.rpartition('/')[2]}: {longest.seconds * 1_000:.1f} ms")
        assert longest.seconds < LONGEST_S * budgets.SLOWNESS, (path, longest.what)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/asyncapi.json"])
async def test_documents_are_written_once_and_their_reads_are_counted_like_others(served: Served, person: Person, path: str) -> None:
    await ask(served, person, "GET", path)
    reads = served.node.services.limits.reads_of_address
    before = len(reads)
    with longest_step() as longest:
        assert await ask(served, person, "GET", path) == 200
    assert longest.seconds < LONGEST_S * budgets.SLOWNESS, longest.what
    assert before == len(reads) == 1
