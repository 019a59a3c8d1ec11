"""The published client against a real node: over lost connections, refusals, a lost log, and in the examples of the documentation."""

import asyncio
import contextlib
import io
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import myna.client
from myna.broker.embedded.broker import EmbeddedBroker
from myna.client import Chat, Refused, ReplyFailed, SessionEnded, SyncChat, Unreachable
from myna.client import events as client_events
from myna.client.events import ReplyDelta, typed
from myna.protocol import events as e
from myna.protocol.frames import Welcome
from myna.protocol.log_codec import type_of
from myna.web.openapi import asyncapi_document
from tests.fakes.memory_store import MemoryStore
from tests.faults.proxy import Proxy
from tests.unit.api.conftest import Person, Served, serving

ROOT = Path(__file__).parents[3]
WITHIN_S = 30


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served


@pytest.fixture
async def proxy(node: Served) -> AsyncIterator[Proxy]:
    async with Proxy(int(node.url.rpartition(":")[2])) as proxy:
        yield proxy


async def test_a_message_is_answered_and_the_reply_comes_in_parts(node: Served) -> None:
    async with Chat(node.url) as chat:
        turn = await chat.send("/table 3", profile="fast")
        texts = [text async for text in turn]
        assert "".join(texts) == turn.text == await turn.reply()
        assert (turn.finish_reason, turn.parts > 1, turn.timings is not None) == ("stop", True, True)
        items = await chat.messages()
    assert [item["id"] for item in items] == [turn.id, turn.reply_id]


async def test_one_more_reply_to_a_message_has_a_turn_of_its_own(node: Served) -> None:
    async with Chat(node.url) as chat:
        first = await chat.send("hello", seed=1)
        await first.reply()
        second = await chat.regenerate(first, seed=2)
        await second.reply()
        assert (second.message_id, second.reply_id != first.reply_id) == (first.id, True)
        items = await chat.messages()
    assert [item["id"] for item in items] == [first.id, first.reply_id, second.reply_id]


async def test_a_reply_survives_connections_that_are_lost_in_the_middle_of_it(proxy: Proxy) -> None:
    async with asyncio.timeout(WITHIN_S), Chat(proxy.url) as chat:
        welcomes: list[Welcome] = []

        async def collect() -> None:
            async for event in chat.events():
                if isinstance(event, Welcome):
                    welcomes.append(event)

        collecting = asyncio.create_task(collect())
        turn = await chat.send("tell me of queues", profile="normal")
        received = ""
        async for text in turn:
            received += text
            if proxy.resets < 3 and proxy.reset_after is None:
                proxy.reset_after = 300
        assert (proxy.resets, received) == (3, turn.text)
        assert [item["text"] for item in await chat.messages()][1:] == [received]
        collecting.cancel()
    assert [welcome.resumed for welcome in welcomes[-3:]] == [True] * 3


async def test_what_is_sent_while_nobody_answers_is_sent_on_return(node: Served) -> None:
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(int(node.url.rpartition(":")[2])))
        chat = await stack.enter_async_context(Chat(proxy.url))
        proxy.stall("up")  # what is sent now never arrives
        sending = [asyncio.create_task(chat.send(f"/echo {number}")) for number in range(3)]
        await asyncio.sleep(0.1)
        proxy.reset_after = 1
        await asyncio.sleep(0)
        assert chat._connection is not None
        chat._connection.abort()  # the bytes in the proxy are lost with it
        proxy.heal()
        proxy.reset_after = None
        turns = await asyncio.gather(*sending)
        assert [await turn.reply() for turn in turns] == ["0", "1", "2"]


async def test_a_reply_that_ended_unseen_on_a_log_that_is_lost_is_read_from_the_state() -> None:
    store = MemoryStore()
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        async with serving(EmbeddedBroker(), store) as first:
            port = int(first.url.rpartition(":")[2])
            proxy = await stack.enter_async_context(Proxy(port))
            chat = await stack.enter_async_context(Chat(proxy.url))
            turn = await chat.send("/echo unseen", profile="fast")
            proxy.stall("down")
            async with Person(base_url=first.url, headers={"Authorization": f"Bearer {chat.token}"}) as person:
                await person.answered(turn.conversation_id)
        await stack.enter_async_context(serving(EmbeddedBroker(), store, port=port))
        proxy.heal()
        assert await turn.reply() == "unseen"
        assert await (await chat.send("/echo after")).reply() == "after"


async def test_a_refusal_for_good_is_raised_and_the_chat_goes_on(node: Served) -> None:
    async with Chat(node.url) as chat:
        with pytest.raises(Refused, match="blank") as refused:
            await chat.send("  ")
        assert refused.value.code == "invalid_text"
        with pytest.raises(Refused):
            await chat.send("hello", parent_id="00000000-0000-4000-8000-000000000000")
        assert await (await chat.send("/echo still here")).reply() == "still here"


async def test_more_messages_than_may_wait_are_all_answered_in_order(node: Served) -> None:
    async with asyncio.timeout(WITHIN_S), Chat(node.url) as chat:
        turns = await asyncio.gather(*(chat.send(f"/echo {number}") for number in range(20)))
        assert [await turn.reply() for turn in turns] == [str(number) for number in range(20)]


async def test_a_failed_reply_is_raised_with_its_code(node: Served) -> None:
    async with Chat(node.url) as chat:
        turn = await chat.send("/fail")
        with pytest.raises(ReplyFailed) as failed:
            await turn.reply()
        assert failed.value.code


async def test_a_stopped_reply_ends_with_what_there_is(node: Served) -> None:
    async with asyncio.timeout(WITHIN_S), Chat(node.url) as chat:
        turn = await chat.send("/slow", profile="normal")
        async for _ in turn:
            if turn.finish_reason is None:
                await chat.stop(turn)
        assert turn.finish_reason == "stopped"


async def test_another_connection_of_the_owner_sees_the_same_events(node: Served) -> None:
    async with asyncio.timeout(WITHIN_S), Chat(node.url) as one, Chat(node.url, token=one.token) as other:
        watching = other.events()
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0)
        turn = await one.send("/echo seen by both")
        await turn.reply()
        event = await first
        while not isinstance(event, ReplyDelta):
            event = await anext(watching)
        assert (event.reply_id, one.owner) == (turn.reply_id, other.owner)


async def test_a_session_that_is_ended_ends_the_chat(node: Served) -> None:
    chat = await Chat(node.url).__aenter__()
    async with Person(base_url=node.url, headers={"Authorization": f"Bearer {chat.token}"}) as person:
        await person.delete("/api/session")
    async with asyncio.timeout(WITHIN_S):
        with contextlib.suppress(Refused):
            while True:
                try:
                    await chat.send("hello")
                except SessionEnded:
                    break
    await chat.__aexit__()
    with pytest.raises(Refused) as refused:
        await Chat(node.url, token=chat.token).__aenter__()
    assert refused.value.status == 401


async def test_nobody_at_the_address_is_said_at_once() -> None:
    with pytest.raises(Unreachable, match="can't be reached"):
        await Chat("http://127.0.0.1:9").__aenter__()


async def test_without_an_event_loop_it_is_the_same_with_plain_calls(node: Served) -> None:
    def use() -> tuple[str, str, list[str]]:
        with SyncChat(node.url) as chat:
            turn = chat.send("/echo plainly")
            streamed = "".join(turn)
            again = chat.regenerate(turn)
            return streamed, again.reply(), [item["role"] for item in chat.messages()]

    threads = threading.active_count()
    assert await asyncio.to_thread(use) == ("plainly", "plainly", ["user", "assistant", "assistant"])
    assert threading.active_count() <= threads + 1  # the pool's own


async def test_the_plain_calls_raise_what_the_others_raise() -> None:
    def use() -> None:
        with SyncChat("http://127.0.0.1:9"):
            pass

    with pytest.raises(Unreachable):
        await asyncio.to_thread(use)


EXAMPLES = {
    "the docstring of myna.client": re.split(r"\n\n(?=\S)", (myna.client.__doc__ or "").split("\n\n", 1)[1])[0],
    **{
        f"docs/clients.md, number {number}": example
        for number, example in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL), 1)
    },
}


@pytest.mark.parametrize("where", EXAMPLES)
async def test_an_example_runs_as_it_stands(node: Served, where: str) -> None:
    source = re.sub(r"^    ", "", EXAMPLES[where], flags=re.MULTILINE) if "docstring" in where else EXAMPLES[where]
    assert len(source.strip().splitlines()) <= 20
    printed = io.StringIO()

    def run() -> None:
        with contextlib.redirect_stdout(printed):
            exec(compile(source.replace("http://localhost:5055", node.url), where, "exec"), {"__name__": "example"})  # noqa: S102

    await asyncio.to_thread(run)
    assert printed.getvalue()


SENT = {type_of(kind): kind for kind in get_args(e.Event) if kind.__name__ in asyncapi_document.frames()[1]}


@pytest.mark.parametrize("name", SENT)
def test_the_client_has_every_event_that_the_server_sends_with_all_its_fields(name: str) -> None:
    fields = [field.name for field in msgspec.structs.fields(SENT[name])]
    shown = set(fields[fields.index("type") + 1 :])
    assert shown | {"cursor"} == {field.name for field in msgspec.structs.fields(client_events.TYPES[name])}


def test_a_frame_of_a_later_release_is_left_out_and_a_field_of_one_passed_over() -> None:
    assert typed({"type": "reply.applauded", "cursor": "1"}) is None
    frame = {"type": "conversation.deleted", "cursor": "1", "at": "2026-01-01T00:00:00.000Z", "conversation_id": "c", "why": "later"}
    assert typed(frame) == client_events.ConversationDeleted(cursor="1", at="2026-01-01T00:00:00.000Z", conversation_id="c")
