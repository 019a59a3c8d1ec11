"""What the embedded broker's journal promises: what was confirmed is kept, whatever happens to the process or the file."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from myna.broker.embedded import journal as journal_module
from myna.broker.embedded.broker import EmbeddedBroker
from myna.protocol.errors import BrokerUnavailable, StartupError
from myna.protocol.topology import DELIVERY_LIMIT, IN_MEMORY, LogLimits, RoutingKey
from tests.contract.broker_fixtures import in_time, publish, read, running, take

# Another process with a broker: takes one delivery if there is any, then publishes without end and prints what is confirmed.
CHILD = """
import asyncio, sys
from pathlib import Path
from myna.broker.embedded.broker import EmbeddedBroker
from myna.protocol.topology import RoutingKey

async def main():
    broker = EmbeddedBroker(Path(sys.argv[1]))
    run = asyncio.create_task(broker.run())
    await broker.wait_up()
    deliveries = broker.consume(prefetch=1)
    await broker.submit(RoutingKey.WORK, [b"work"])
    delivery = await anext(deliveries)
    print("took", delivery.tries, flush=True)
    for n in range(10**9):
        futures = [broker.submit(RoutingKey.EVENT, [b"%d" % n]) for _ in range(3)] + [broker.submit(RoutingKey.MESSAGE, [b"%d" % n])]
        await asyncio.gather(*futures)
        print(n, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path, clean_loop: None) -> Path:
    return tmp_path / "data" / "journal"


@asynccontextmanager
async def opened(path: Path, limits: LogLimits = IN_MEMORY) -> AsyncIterator[EmbeddedBroker]:
    broker = EmbeddedBroker(path, limits)
    async with running(broker):
        yield broker


async def killed_after(path: Path, confirmed: int) -> tuple[int, int]:
    """Run the other process until it has printed that many, kill -9 it, and return its delivery's tries and the last number it printed."""
    command = (sys.executable, "-c", CHILD, str(path))
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert child.stdout
    tries = int((await in_time(child.stdout.readline())).split()[1])
    last = -1
    while last < confirmed:
        last = int(await in_time(child.stdout.readline()))
    child.send_signal(signal.SIGKILL)
    for line in (await in_time(child.stdout.read())).splitlines():
        last = int(line)
    await child.wait()
    return tries, last


# --- a killed process ----------------------------------------------------------------------------------------------------------


async def test_everything_confirmed_survives_a_kill(path: Path) -> None:
    tries, last = await killed_after(path, 50)
    assert tries == 0
    async with opened(path) as broker:
        span = await broker.log_span()
        assert span is not None
        lines = [line for record in await read(broker, "first", span[1] + 1) for line in record.body.split(b"\n")]
        for n in range(last + 1):
            assert lines.count(b"%d" % n) == 4
        async with aclosing(broker.consume(prefetch=last + 2)) as deliveries:
            bodies = [delivery.body for delivery in await take(deliveries, last + 2)]
        assert bodies == [b"work", *(b"%d" % n for n in range(last + 1))]


async def test_a_delivery_unacked_at_a_kill_is_delivered_again_and_that_counts_as_a_try(path: Path) -> None:
    for tries in range(DELIVERY_LIMIT + 1):
        assert (await killed_after(path, 0))[0] == tries
    async with opened(path) as broker:
        [letter] = await broker.dead_letters()
        assert (letter.body, letter.reason) == (b"work", "delivery_limit")
        span = await broker.log_span()
        assert span is not None
        assert [record.key for record in await read(broker, span[1], 1)] == ["parked"]


async def test_offsets_go_on_where_they_were(path: Path) -> None:
    for n in range(3):
        async with opened(path) as broker:
            await publish(broker, RoutingKey.EVENT, b"%d" % n, b"%d" % n)
    async with opened(path) as broker:
        records = await read(broker, "first", 6)
    assert [(record.offset, record.body) for record in records] == [(n, b"%d" % (n // 2)) for n in range(6)]


async def test_acked_messages_and_removed_dead_letters_do_not_come_back(path: Path) -> None:
    async with opened(path) as broker:
        await publish(broker, RoutingKey.WORK, b"done", b"rejected", b"removed", b"open", b"fresh")
        async with aclosing(broker.consume(prefetch=4)) as deliveries:
            done, rejected, removed, _open = await take(deliveries, 4)
            await done.ack()
            await rejected.reject()
            await removed.reject()
            await broker.remove_dead_letters([letter.id for letter in await broker.dead_letters() if letter.body == b"removed"])
    for _ in range(2):  # the second time from what the first has rewritten
        async with opened(path) as broker:
            assert [letter.body for letter in await broker.dead_letters()] == [b"rejected"]
            async with aclosing(broker.consume(prefetch=2)) as deliveries:
                assert [delivery.body for delivery in await take(deliveries, 2)] == [b"open", b"fresh"]


# --- the file -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing_bytes", [1, 7, 20])
async def test_an_incomplete_end_is_cut_off_and_all_before_it_kept(path: Path, missing_bytes: int) -> None:
    async with opened(path) as broker:
        await publish(broker, RoutingKey.EVENT, b"whole", b"cut off by the crash")
    os.truncate(path, path.stat().st_size - missing_bytes)
    async with opened(path) as broker:
        await publish(broker, RoutingKey.EVENT, b"next")
        assert [record.body for record in await read(broker, "first", 2)] == [b"whole", b"next"]


async def test_garbage_at_the_end_is_cut_off(path: Path) -> None:
    async with opened(path) as broker:
        await publish(broker, RoutingKey.EVENT, b"whole")
    with path.open("ab") as file:
        file.write(os.urandom(4096))
    async with opened(path) as broker:
        assert await broker.log_span() == (0, 0)


async def test_opening_the_file_drops_what_is_no_longer_needed(path: Path) -> None:
    async with opened(path) as broker:
        async with aclosing(broker.consume(prefetch=1)) as deliveries:
            for _ in range(20):
                await publish(broker, RoutingKey.WORK, b"x" * 10_000)
                await (await take(deliveries, 1))[0].ack()
        assert path.stat().st_size > 200_000
    async with opened(path):
        assert path.stat().st_size < 1000


async def test_a_file_that_has_grown_is_rewritten_while_everything_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "REWRITE_LOGS", 50_000 / IN_MEMORY.max_bytes)
    async with opened(path) as broker:
        async with aclosing(broker.consume(prefetch=1)) as deliveries:

            async def publish_many() -> None:
                for n in range(200):
                    await publish(broker, RoutingKey.WORK, b"%d" % n + b" " * 1000)
                    await publish(broker, RoutingKey.EVENT, b"%d" % n)

            async def ack_all_but_the_last() -> None:
                for _ in range(199):
                    await (await take(deliveries, 1))[0].ack()

            await asyncio.gather(publish_many(), ack_all_but_the_last())
        assert path.stat().st_size < 100_000
    async with opened(path) as broker:
        assert [record.body for record in await read(broker, "first", 200)] == [b"%d" % n for n in range(200)]
        async with aclosing(broker.consume(prefetch=1)) as deliveries:
            assert (await take(deliveries, 1))[0].body.strip() == b"199"


async def test_a_second_process_is_refused_with_a_sentence(path: Path) -> None:
    async with opened(path):
        with pytest.raises(StartupError, match="in use by another process"):
            async with opened(path):
                pass
    async with opened(path):
        pass


async def test_a_file_that_is_no_journal_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"my precious novel")
    with pytest.raises(StartupError, match="not a broker journal"):
        async with opened(path):
            pass
    assert path.read_bytes() == b"my precious novel"


async def test_a_disk_that_fails_takes_the_broker_away_until_it_works_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("myna.broker.embedded.broker.REOPEN_S", 0.2)
    real_sync = journal_module._sync
    disk_works = False

    def sync(file: int) -> None:
        if not disk_works:
            raise OSError(28, "No space left on device")
        real_sync(file)

    async with opened(path) as broker:
        await publish(broker, RoutingKey.MESSAGE, b"kept")
        async with aclosing(broker.consume(prefetch=1)) as deliveries:
            [delivery] = await take(deliveries, 1)
            monkeypatch.setattr(journal_module, "_sync", sync)
            with pytest.raises(BrokerUnavailable, match="No space left"):
                await in_time(broker.submit(RoutingKey.EVENT, [b"unsure"]))
            assert not broker.up
            await delivery.ack()  # without effect: this consumer does not hold it any more
            with pytest.raises(BrokerUnavailable):
                await in_time(anext(deliveries))
            disk_works = True
            await in_time(broker.wait_up())
        async with aclosing(broker.consume(prefetch=1)) as deliveries:
            [again] = await take(deliveries, 1)
            assert (again.body, again.tries) == (b"kept", 1)
        await publish(broker, RoutingKey.EVENT, b"after")
        span = await broker.log_span()
        assert span is not None
        assert (await read(broker, span[1], 1))[0].body == b"after"


async def test_a_disk_that_is_too_slow_takes_the_broker_down_until_the_file_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letting_go = threading.Event()
    with monkeypatch.context() as stuck:
        async with opened(path) as broker:
            await publish(broker, RoutingKey.EVENT, b"kept")
            stuck.setattr(journal_module, "_sync", lambda _: letting_go.wait(30))
            stuck.setattr("myna.broker.embedded.broker.PUBLISH_TIMEOUT_S", 0.2)
            with pytest.raises(BrokerUnavailable, match="the disk took longer"):
                await in_time(broker.submit(RoutingKey.EVENT, [b"stuck"]))
            stuck.undo()
            letting_go.set()
            broker.recover()
            assert not broker.up
            await in_time(broker.wait_up())
            await publish(broker, RoutingKey.EVENT, b"after")
            assert [record.body for record in await read(broker, "first", 3)] == [b"kept", b"stuck", b"after"]


async def test_what_the_log_has_dropped_for_its_age_is_gone_from_the_disk_a_day_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(path, LogLimits(days=-1)) as broker:  # of two records the older is too old
        await publish(broker, RoutingKey.EVENT, b"what somebody has deleted")
        await publish(broker, RoutingKey.EVENT, b"next")
        assert b"has deleted" in path.read_bytes()
        monkeypatch.setattr(journal_module, "REWRITE_S", -1)
        await publish(broker, RoutingKey.EVENT, b"last")
        assert b"has deleted" not in path.read_bytes()
        assert b"last" in path.read_bytes()
