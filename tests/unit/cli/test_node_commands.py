"""What commands do by HTTP, where the broker lives inside a node: with filters, and as JSON for programs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import uuid4

import click
import pytest

from myna.cli.dead_letters import Filter, list_all, settle, show
from myna.cli.doctor import doctor
from myna.cli.node_routes import NodeRoutes, Refused
from myna.cli.tail import Filter as Events
from myna.cli.tail import tail
from myna.protocol.errors import StartupError
from myna.settings import Settings
from tests.services.processes import free_ports, until
from tests.unit.api.conftest import Served, park, person_at, serving

TOKEN = "the operator's token, 0123456789 and more"


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Served]:
    """A node that asks operators for a token."""
    async with serving(admin_token=TOKEN) as served:
        yield served


def operator_of(node: Served, **settings: Any) -> Settings:
    port = int(node.url.rpartition(":")[2])
    return Settings(**{"_env_file": None, "port": port, "admin_token": TOKEN, **settings})


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


async def followed(command: Awaitable[None], capsys: pytest.CaptureFixture[str], lines: int) -> list[dict[str, Any]]:
    """What a command that goes on for ever has printed, once there is so much of it."""
    running, seen = asyncio.ensure_future(command), list[dict[str, Any]]()

    async def there() -> bool:
        seen.extend(objects(capsys))
        return len(seen) >= lines or running.done()

    try:
        await until(there, 20, f"{lines} lines")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return seen


async def test_tail_shows_the_events_about_one_message_and_no_text(node: Served, capsys: pytest.CaptureFixture[str]) -> None:
    async with person_at(node) as person:
        accepted = await person.say("/echo hi")
        await person.say("/echo somebody else's")
        await person.answered(accepted["conversation_id"])
    wanted = Events(message_id=accepted["id"])
    seen = await followed(tail(operator_of(node), "first", wanted, as_json=True), capsys, 4)
    assert [line["event"]["type"] for line in seen] == ["message.created", "reply.started", "reply.delta", "reply.completed"]
    assert seen[0]["event"]["text"] == {"chars": 8}
    assert [line["offset"] for line in seen] == sorted(line["offset"] for line in seen)


async def test_tail_follows_what_comes_by_type(node: Served, capsys: pytest.CaptureFixture[str]) -> None:
    async with person_at(node) as person:
        running = asyncio.ensure_future(tail(operator_of(node), "first", Events(types=("reply.completed",)), as_json=True))
        await person.answered((await person.say("/echo again"))["conversation_id"])

    async def printed() -> bool:
        return bool(objects(capsys))

    await until(printed, 20, "a line")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_dead_letters_are_listed_filtered_shown_requeued_and_dropped(node: Served, capsys: pytest.CaptureFixture[str]) -> None:
    settings = operator_of(node)
    await park(node, b"not a message", b"\xff\x1b[31m", b"{}")
    capsys.readouterr()
    await list_all(settings, Filter(reason="rejected"), as_json=True)
    letters = objects(capsys)
    assert [letter["body"] for letter in letters] == ["not a message", "\\xff\x1b[31m", "{}"]
    await list_all(settings, Filter(reason="delivery_limit"))
    await list_all(settings, Filter(owner=str(uuid4())))
    assert capsys.readouterr().out == ""

    assert await show(settings, letters[0]["id"]) == 0
    assert capsys.readouterr().out == "not a message\n"
    assert await show(settings, "999") == 1
    assert await settle(settings, "dropped", [letters[0]["id"], letters[0]["id"]], Filter()) == 0
    assert await settle(settings, "dropped", [letters[0]["id"]], Filter()) == 1
    assert f"There is no dead letter {letters[0]['id']}: " in capsys.readouterr().err
    assert await settle(settings, "dropped", ["no id"], Filter()) == 1

    assert await settle(settings, "requeued", [], Filter(), every=True) == 0  # and parked anew, as they are no messages still
    assert "2 requeued." in capsys.readouterr().out

    async def parked_again() -> bool:
        found = await node.broker.dead_letters()
        return len(found) == 2 and not {letter.id for letter in found} & {letter["id"] for letter in letters}

    await until(parked_again, 20, "the same two as other letters")
    assert await settle(settings, "dropped", [], Filter(reason="rejected"), every=True) == 0
    assert await node.broker.dead_letters() == []


@pytest.mark.parametrize(
    ("ids", "wanted", "every"), [([], Filter(), False), (["1"], Filter(), True), (["1"], Filter(reason="rejected"), False)]
)
async def test_which_letters_are_meant_is_said_in_one_way(node: Served, ids: list[str], wanted: Filter, every: bool) -> None:
    with pytest.raises(click.UsageError, match="Name the ids, or say --all"):
        await settle(operator_of(node), "dropped", ids, wanted, every=every)


async def test_without_the_token_the_node_says_what_is_missing(node: Served) -> None:
    with pytest.raises(Refused, match=r"refuses GET /api/dead-letters: This is for operators.*CHAT_ADMIN_TOKEN"):
        await list_all(operator_of(node, admin_token=None), Filter())


async def test_where_no_node_runs_a_command_says_so_at_once() -> None:
    (port,) = free_ports(1)
    with pytest.raises(StartupError, match=rf"^No node answers at http://127\.0\.0\.1:{port} \(.+\): is it running\?"):
        await list_all(Settings(_env_file=None, port=port), Filter())
    with pytest.raises(StartupError, match="--url takes http"):
        NodeRoutes(Settings(_env_file=None), "ftp://x")


async def test_the_doctor_finds_a_node_that_runs_and_a_port_that_somebody_else_has(
    node: Served, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    await doctor(operator_of(node, data_dir=tmp_path, front_dir=tmp_path))
    said = capsys.readouterr().out
    assert f"node: one runs at {node.url}, broker ok, database ok" in said
    assert f"key: will be made in {tmp_path}/secret-key" in said
    assert "descriptors: " in said
    assert "GiB free for" in said

    silent = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    await doctor(Settings(_env_file=None, port=silent.sockets[0].getsockname()[1], data_dir=tmp_path, max_sockets=10**9))
    said = capsys.readouterr().out
    silent.close()
    await silent.wait_closed()
    assert "bad   node: CHAT_PORT: 127.0.0.1:" in said
    assert "and CHAT_MAX_SOCKETS is 1000000000: raise LimitNOFILE" in said or "descriptors: no limit" in said
    assert not (tmp_path / "secret-key").exists()
