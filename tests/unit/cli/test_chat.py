"""A person talks to a node in the terminal: line by line, or one message from a script."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from myna.cli import chat
from myna.cli.main import main
from tests.unit.api.conftest import Served, person_at, serving


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served


async def told(node: Served, *arguments: str, typed: str = "") -> Result:
    """What `myna chat` does with these arguments, in a thread: it blocks."""
    return await asyncio.to_thread(CliRunner().invoke, main, ["chat", "--url", node.url, *arguments], input=typed, prog_name="myna")


async def test_one_message_is_answered_and_stored_under_its_owner(node: Served) -> None:
    conversation = str(uuid4())
    async with person_at(node) as person:
        done = await told(node, "--token", person.token, "--conversation", conversation, "/echo", "hi there")
        assert (done.exit_code, done.output) == (0, "hi there\n")
        assert [item["text"] for item in await person.answered(conversation)] == ["/echo hi there", "hi there"]


async def test_each_line_is_a_message_of_one_conversation_and_blank_ones_are_none(node: Served) -> None:
    done = await told(node, "--profile", "instant", typed="/echo one\n\n  /echo two  \n")
    assert (done.exit_code, done.output) == (0, "one\ntwo\n")


async def test_a_failed_reply_is_told_with_its_code_and_by_the_exit_code(node: Served) -> None:
    done = await told(node, typed="/fail refused\n/echo and on\n")
    assert done.exit_code == 1
    assert done.stderr.startswith("refused: ")
    assert done.stdout.endswith("and on\n")


async def test_a_refused_message_is_told_too(node: Served) -> None:
    done = await told(node, "--profile", "no such profile", "hello")
    assert done.exit_code == 1
    assert done.stderr.startswith("invalid_frame: ")


async def test_what_the_model_says_can_not_steer_the_terminal(node: Served) -> None:
    done = await told(node, "/echo \x1b]0;owned\x07")
    assert "\x1b" not in done.output


async def test_where_nobody_answers_one_sentence_says_so(node: Served) -> None:
    done = await told(node, "--url", "http://127.0.0.1:9", "hello")
    assert done.exit_code == 2
    assert done.stderr.startswith("myna: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_stops_the_reply_and_not_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupted:
        stopped = 0

        def __iter__(self) -> "Interrupted":
            return self

        def __next__(self) -> str:
            raise KeyboardInterrupt

        def stop(self) -> None:
            self.stopped += 1

    turn = Interrupted()
    chat.show(turn)  # type: ignore[arg-type]
    assert turn.stopped == 1
    assert "[stopped]" in capsys.readouterr().out
