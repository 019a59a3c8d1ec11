"""What channel_reader.py relies on in aiormq, held to the source of the release that is installed.

`Channel.frames` is no documented interface. If the library used it for more than the three calls that a `ChannelReader`
answers, deliveries would go astray in production; here a test fails when a release changes it.
"""

import ast
import asyncio
import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import aiormq
import aiormq.channel
import aiormq.connection
import pytest
from pamqp import commands
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from myna.broker.rabbitmq.channel_reader import ChannelReader
from myna.protocol.errors import BrokerUnavailable

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
# These tests and test_broker*.py pass with the first and the last release of this range. Try both before changing it.
TRIED = "aiormq>=7.2.4,<8"


def uses_of_frames(module: ModuleType) -> set[str]:
    """What a module does with attributes named `frames`: the methods it calls on them, and "=" where it sets one."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "frames":
            found.add(node.attr)
        elif isinstance(node, ast.Attribute) and node.attr == "frames" and isinstance(node.ctx, ast.Store):
            found.add("=")
    return found


def test_the_declared_range_is_the_one_that_was_tried() -> None:
    dependencies = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    assert [one for one in dependencies if one.startswith("aiormq")] == [TRIED]


def test_the_connection_only_puts_frames_and_the_channel_only_takes_them() -> None:
    assert uses_of_frames(aiormq.connection) == {"put"}
    assert uses_of_frames(aiormq.channel) == {"=", "get", "task_done"}


def deliver(tag: int) -> commands.Basic.Deliver:
    return commands.Basic.Deliver(consumer_tag="c", delivery_tag=tag, routing_key="work")


def header(size: int) -> ContentHeader:
    return ContentHeader(body_size=size, properties=commands.Basic.Properties(headers={"n": size}))


class Channel(SimpleNamespace):
    """What a reader touches of a channel."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(frames=asyncio.Queue(), on_consumer_cancel_callbacks=set(), closing=loop.create_future())


async def read(*frames: object) -> tuple[Channel, ChannelReader, Callable[[], Any]]:
    """A channel whose connection has put these frames, its reader, and what gives the frames that were passed on."""
    channel, told = Channel(), list[str]()
    reader = ChannelReader(cast(aiormq.Channel, channel), told.append)
    for frame in frames:
        await channel.frames.put((0, frame))
    return channel, reader, lambda: [reader._frames.get_nowait()[1] for _ in range(reader._frames.qsize())]


async def test_deliveries_are_put_together_in_order_whatever_the_number_of_their_frames() -> None:
    _, reader, passed_on = await read(
        deliver(1), header(4), ContentBody(b"ab"), ContentBody(b"cd"), deliver(2), header(0), deliver(3), header(1), ContentBody(b"x")
    )
    assert [(raw.tag, raw.body, raw.headers["n"]) for raw in reader.arrived] == [(1, b"abcd", 4), (2, b"", 0), (3, b"x", 1)]
    assert passed_on() == []


async def test_all_other_frames_are_passed_on_to_the_channel_also_a_body_that_belongs_to_no_delivery() -> None:
    others = [commands.Basic.QosOk(), commands.Basic.GetOk(delivery_tag=1), header(2), ContentBody(b"hi"), commands.Basic.ConsumeOk("c")]
    _, reader, passed_on = await read(*others[:4], deliver(1), header(1), ContentBody(b"x"), others[4])
    assert passed_on() == others
    assert [raw.body for raw in reader.arrived] == [b"x"]


async def test_a_closed_channel_ends_the_wait_for_more() -> None:
    channel, reader, _ = await read()
    waiting = asyncio.create_task(reader.wait())
    await asyncio.sleep(0)
    channel.closing.set_exception(ConnectionError("gone"))
    with pytest.raises(BrokerUnavailable, match="RabbitMQ is away: gone"):
        await waiting
    assert reader.broken
