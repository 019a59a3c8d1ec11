"""The same script and seed give the same text on every way in, in any order of arrival, and on every node."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from myna.broker.embedded.broker import EmbeddedBroker
from myna.mock_ai import BUILT_IN, MockBrain, Part, parse_scenarios
from myna.pipeline.reply_publisher import prompt_of
from myna.protocol import log_codec
from myna.protocol.topology import RoutingKey
from tests.fakes.memory_store import MemoryStore
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Served, serving

SCENARIOS = """
rules:
  - name: third
    match: {turn: 3}
    reply:
      choices: ['Third, and heads: ${text}', {weight: 2, text: 'Third, and tails: ${text}'}]
  - name: order
    match: {regex: 'order (\\d+)'}
    reply: {by_turn: ['Order ${1}, asked first.', 'Order ${1}, asked in turn ${turn}.']}
"""
SEED = 5
TEXTS = ("Why do bridges hum in the wind?", "and order 77?", "which turn is this?", "And when it rains?")
# 500 calls give the same, and take some 15 s more.
CONVERSATIONS, AT_ONCE = 40, 30
Said = list[dict[str, str]]


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(mock_scenarios=script(tmp_path), mock_profile="fast", mock_speed=0) as node:
        yield node


def script(folder: Path) -> Path:
    path = folder / "script.yaml"
    path.write_text(SCENARIOS)
    return path


async def by_socket(served: Served) -> tuple[list[str], str]:
    """What is said to TEXTS in one conversation over a socket, and its id."""
    client, conversation_id, said = ChatClient(), str(uuid4()), []
    await client.open(served.url)
    for text in TEXTS:
        sent = await client.send(text, conversation_id, seed=SEED)
        said.append((await client.end_of(sent["id"]))["text"])
    await client.close()
    return said, conversation_id


async def by_sse(client: httpx.AsyncClient, messages: Said) -> str:
    """What is said to a conversation by a streamed chat completion."""
    answer = await client.post("/v1/chat/completions", json={"model": "m", "messages": messages, "seed": SEED, "stream": True})
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("data: [DONE]\n\n"), answer.text[-300:]
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


async def by_manual_messages(served: Served) -> list[str]:
    """What is said to messages that somebody publishes to chat_queue by hand, read in the log."""
    owner, conversation_id, said = str(uuid4()), str(uuid4()), []
    for text in TEXTS:
        message_id = str(uuid4())
        message = {"text": text, "id": message_id, "owner": owner, "conversation_id": conversation_id, "options": {"seed": SEED}}
        await served.broker.submit(RoutingKey.WORK, [json.dumps(message).encode()])

        def ends(message_id: str = message_id) -> list[dict[str, Any]]:
            lines = [line for record in served.broker.queues.log for line in record.body.split(b"\n") if message_id.encode() in line]
            return [event for event in map(json.loads, lines) if event["type"] == "reply.completed"]

        async def answered() -> bool:
            return bool(ends())

        await until(answered, 20, "the reply in the log")
        said.append(ends()[0]["text"])
    return said


async def by_consumer(served: Served, conversation_id: str, folder: Path) -> list[str]:
    """What somebody else's consumer of chat_queue says to the jobs of a conversation, with the brain alone."""
    scenarios = parse_scenarios(script(folder).read_text(), base=BUILT_IN)
    brain = MockBrain(scenarios=lambda: scenarios, profile="fast")
    lines = [line for record in served.broker.queues.log for line in record.body.split(b"\n")]
    jobs = [log_codec.read_job(line) for line in lines if b'"message.created"' in line and conversation_id.encode() in line]
    return ["".join(step.text for step in brain.steps(prompt_of(job)) if isinstance(step, Part)) for job in jobs]


async def test_socket_sse_responses_and_queue_give_the_same_text(scripted: Served, tmp_path: Path) -> None:
    said, conversation_id = await by_socket(scripted)
    assert said[1:3] == ["Order 77, asked in turn 2.", "Third, and tails: which turn is this?"]

    messages: Said = []
    async with HttpClient(base_url=scripted.url, headers={"Authorization": "Bearer sk-same"}, timeout=60) as client:
        for text, reply in zip(TEXTS, said, strict=True):
            messages.append({"role": "user", "content": text})
            assert await by_sse(client, messages) == reply
            body = {"model": "m", "input": messages, "metadata": {}}
            response = (await client.post("/v1/responses", json=body)).json()
            again = (await client.post("/v1/responses", json=body)).json()
            assert response["output"][0]["content"] == again["output"][0]["content"]
            messages.append({"role": "assistant", "content": reply})
    assert await by_manual_messages(scripted) == said
    assert await by_consumer(scripted, conversation_id, tmp_path) == said


async def test_the_responses_api_gives_the_same_text_by_an_installations_seed(tmp_path: Path) -> None:
    async with serving(mock_scenarios=script(tmp_path), mock_profile="fast", mock_speed=0, mock_seed=SEED) as node:
        said, _ = await by_socket(node)
        messages: Said = []
        async with HttpClient(base_url=node.url, headers={"Authorization": "Bearer sk-same"}, timeout=60) as client:
            for text, reply in zip(TEXTS, said, strict=True):
                messages.append({"role": "user", "content": text})
                response = (await client.post("/v1/responses", json={"model": "m", "input": messages})).json()
                assert response["output"][0]["content"][0]["text"] == reply
                assert await by_sse(client, messages) == reply
                messages.append({"role": "assistant", "content": reply})


class SharedBroker(EmbeddedBroker):
    """A broker that several nodes use, and that none of them starts or closes."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


def calls() -> list[Said]:
    """Conversations as clients send them, at each of their turns."""
    found: list[Said] = []
    for n in range(CONVERSATIONS):
        messages: Said = [{"role": "system", "content": f"Conversation {n}."}]
        for turn in range(3):
            messages = [*messages, {"role": "user", "content": f"{TEXTS[turn]} ({n})"}]
            found.append(messages)
            messages = [*messages, {"role": "assistant", "content": f"Reply {turn}."}]
    return found


async def test_scripted_calls_over_two_nodes_with_a_restart_are_those_of_a_quiet_run(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "mock_scenarios": script(tmp_path),
        "mock_profile": "fast",
        "unlimited_networks": "127.0.0.0/8",
    }
    async with (
        serving(mock_speed=0, **settings) as quiet,
        HttpClient(base_url=quiet.url, headers={"Authorization": "Bearer a"}, timeout=60) as client,
    ):
        expected = [await by_sse(client, messages) for messages in calls()]
    assert len(set(expected)) > CONVERSATIONS

    settings["mock_speed"] = 30  # slow enough for the restart to come in the middle of replies
    broker, store = SharedBroker(), MemoryStore()
    running = asyncio.create_task(EmbeddedBroker.run(broker))
    order = list(enumerate(calls()))
    random.Random(2).shuffle(order)
    free, done, said = asyncio.Semaphore(AT_ONCE), asyncio.Event(), dict[int, str]()
    urls: list[str] = []

    async def one(number: int, messages: Said) -> None:
        async with free:
            while number not in said:
                base = random.choice(urls)
                try:
                    async with HttpClient(base_url=base, headers={"Authorization": "Bearer b"}, timeout=60) as client:
                        said[number] = await by_sse(client, messages)
                except (httpx.HTTPError, AssertionError):  # its node restarts: on to another, as a load balancer does
                    await asyncio.sleep(0.05)
            if len(said) > len(order) // 2:
                done.set()

    async with serving(broker=broker, store=store, **settings) as first:
        urls.append(first.url)
        async with serving(broker=broker, store=store, **settings) as second:
            urls.append(second.url)
            tasks = [asyncio.create_task(one(number, messages)) for number, messages in order[: 3 * len(order) // 4]]
            await done.wait()
        urls.remove(second.url)
        async with serving(broker=broker, store=store, **settings) as third:
            urls.append(third.url)
            tasks += [asyncio.create_task(one(number, messages)) for number, messages in order[3 * len(order) // 4 :]]
            await asyncio.gather(*tasks)
    running.cancel()
    assert [said[number] for number in range(len(expected))] == expected
