"""Memory goes back to the system when many connections or much of bodies have come and gone, and not otherwise."""

import asyncio

import pytest

from myna.node import memory
from tests.services.processes import until


@pytest.mark.parametrize(
    ("connections", "bodies", "trimmed"),
    [
        ([memory.MANY, 0], [0, 0], True),
        ([0, 0], [0, memory.MUCH], True),
        ([memory.MANY - 1, 0], [0, memory.MUCH - 1], False),
    ],
)
async def test_memory_is_given_back_after_many_connections_or_large_bodies(
    monkeypatch: pytest.MonkeyPatch, connections: list[int], bodies: list[int], trimmed: bool
) -> None:
    calls, looks = list[int](), 0

    def open_now() -> int:
        nonlocal looks
        looks += 1
        return connections[min(looks - 1, 1)]

    def trim(pad: int) -> int:
        calls.append(pad)
        return 1

    async def looked_thrice() -> bool:
        return looks >= 3

    monkeypatch.setattr(memory, "_malloc_trim", lambda: trim)
    monkeypatch.setattr(memory, "LOOK_EVERY_S", 0.001)
    looking = asyncio.create_task(memory.give_back(open_now, lambda: bodies[min(looks, 1)]))
    await until(looked_thrice, 30, "three looks")
    looking.cancel()
    assert calls == ([0] if trimmed else [])
