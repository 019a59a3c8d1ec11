"""A node with everything in it and next to no limits, which is told whatever comes to a generator's mind."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.attacks.measuring import faults_in_log
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.services.stack import Node

FUZZ_S = float(os.environ.get("FUZZ_S", "8"))  # of each fuzzer; `make fuzz` gives them longer, again and again
ENVIRONMENT = {
    "CHAT_MOCK_PROFILE": "instant",
    "CHAT_MOCK_SPEED": "0",
    "CHAT_LAB": "false",  # it would break things on purpose
    "CHAT_LOG_FORMAT": "json",
    "CHAT_UNLIMITED_NETWORKS": "127.0.0.0/8",
    "CHAT_RATE_PER_S": "1000000",
    "CHAT_RATE_BURST": "1000000",
    "CHAT_READS_PER_S": "1000000",
    "CHAT_HEADER_S": "2",
}

BATCH = settings(deadline=None, max_examples=25, print_blob=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """The node that all fuzzers talk to."""
    one = Node({**ENVIRONMENT, "CHAT_DATA_DIR": str(tmp_path_factory.mktemp("data"))}, name="fuzzed")
    await one.start()
    yield one
    one.terminate()
    await one.ended(60)


@pytest.fixture(autouse=True)
async def whole(node: Node) -> AsyncIterator[None]:
    """Whatever it was told, the node runs, answers, holds nothing and has no fault in its log."""
    known = len(faults_in_log(node))
    yield
    assert node.running
    assert (await node.readyz())[0] == 200

    async def at_rest() -> bool:
        async with HttpClient(timeout=60) as client:
            metrics = (await client.get(f"{node.url}/metrics")).text
        return "myna_body_bytes 0.0" in metrics and "myna_connections 0.0" in metrics

    await until(at_rest, 60, "no body and no socket")
    assert faults_in_log(node)[known:] == []


def for_a_while(batch: Callable[[], None]) -> None:
    """Run batches of examples, other ones each time, until `FUZZ_S` are over."""
    for _ in until_time_is_up():
        batch()


def until_time_is_up() -> Iterator[int]:
    """0, 1, 2 … until `FUZZ_S` are over; at least once."""
    end, number = time.monotonic() + FUZZ_S, 0
    while number == 0 or time.monotonic() < end:
        yield number
        number += 1


async def in_thread(batch: Callable[[], None]) -> None:
    """Run batches beside the event loop: examples are plain functions that wait."""
    await asyncio.to_thread(for_a_while, batch)


async def new_token(node: Node) -> str:
    """The token of a new owner."""
    async with HttpClient(timeout=60) as client:
        return str((await client.post(f"{node.url}/api/session")).json()["token"])
