"""Door: the file that lets the in-process broker survive a kill -9. It knows entries, and nothing of consumers or loops.

One entry after the other, each with its length and checksum. Reading stops at the first one that is not whole (a torn
end: the process or the machine died while writing), and what was read is written anew, so that the file stays small.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import structlog

from myna.broker.embedded import queues as _entries
from myna.broker.embedded.queues import LOG_BYTES, Entry, Queues
from myna.protocol import timestamps
from myna.protocol.errors import StartupError

log = structlog.get_logger(__name__)

MAGIC = b"myna journal 1\n"
REWRITE_BYTES = 4 * LOG_BYTES  # on a rewrite at most a quarter of that is left, so rewriting costs little of all writing
_HEAD = Struct("<II")  # length and CRC-32 of what follows
_KINDS: dict[str, Callable[..., Entry]] = {
    kind.__name__: kind
    for kind in (
        _entries.Published,
        _entries.Taken,
        _entries.Acked,
        _entries.Returned,
        _entries.PutAside,
        _entries.Removed,
        _entries.KeptRecord,
        _entries.StoredWork,
        _entries.KeptDead,
        _entries.Mark,
    )
}
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Journal:
    """An append-only file of entries, held by one process. All methods block; `sync`, `open` and `prepare` for long."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None
        self._file = -1
        self._size = 0
        self._since_snapshot: list[bytes] | None = None  # while a rewrite is being prepared

    def open(self) -> Queues:
        """Take the file for this process and return what it holds, everything that was in a consumer's hands given back.

        Raises `StartupError` where another process has it or it is no journal, `OSError` where the disk fails.
        """
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._own()
        queues = Queues()
        if self._path.exists():
            self._replay(queues)
        queues.give_all_back(timestamps.now_ms())
        self.prepare(queues.snapshot())
        self.switch()
        return queues

    def append(self, entries: Iterable[Entry]) -> None:
        """Write; it survives this process from here on, and the machine after `sync`."""
        data = b"".join(map(_encode, entries))
        if self._since_snapshot is not None:
            self._since_snapshot.append(data)
        self._write(self._file, data)
        self._size += len(data)

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        _sync(self._file)

    @property
    def due(self) -> bool:
        """The file has grown so large that it should be rewritten."""
        return self._size > REWRITE_BYTES

    def prepare(self, snapshot: Iterable[Entry]) -> None:
        """Write a new file beside the old one. What is appended meanwhile goes to the old one, and `switch` carries it over."""
        with open(self._beside(), "wb", opener=_private) as file:
            file.write(MAGIC)
            for entry in snapshot:
                file.write(_encode(entry))
            file.flush()
            os.fsync(file.fileno())

    def begin_rewrite(self) -> None:
        """From here until `switch`, what is appended is also remembered."""
        self._since_snapshot = []

    def switch(self) -> None:
        """Put the new file in the old one's place, with what was appended since `begin_rewrite`."""
        late, self._since_snapshot = self._since_snapshot or [], None
        file = os.open(self._beside(), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._write(file, b"".join(late))
        _sync(file)
        self._beside().replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)  # the new name, too, has to survive the machine
        os.close(folder)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = file, os.fstat(file).st_size

    def close(self) -> None:
        """Let go of the file. Harmless when repeated."""
        for descriptor in (self._file, self._lock):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        self._file, self._lock, self._since_snapshot = -1, None, None

    def _beside(self) -> Path:
        return self._path.with_name(self._path.name + ".new")

    def _own(self) -> None:
        # The lock is a file of its own, because a rewrite replaces the journal; it goes with the process, however that ends.
        name = self._path.with_name(self._path.name + ".lock")
        self._lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise StartupError(
                f"The broker's journal {self._path} is in use by another process: stop that one, or set another CHAT_DATA_DIR."
            ) from None

    def _replay(self, queues: Queues) -> None:
        try:
            with self._path.open("rb") as file:
                for entry in self._read(file):
                    queues.apply(entry)
        except (LookupError, TypeError, ValueError) as error:
            self.close()
            raise StartupError(f"The broker's journal {self._path} is damaged ({error!r}): move it away to begin anew.") from error

    def _read(self, file: BinaryIO) -> Iterator[Entry]:
        magic = file.read(len(MAGIC))
        if magic != MAGIC and not MAGIC.startswith(magic):
            self.close()
            raise StartupError(f"{self._path} is not a broker journal of this version: move it away, or set another CHAT_DATA_DIR.")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            data = file.read(length)
            if len(data) < length or zlib.crc32(data) != checksum:
                log.warning("journal.torn_end", path=str(self._path), at_byte=file.tell() - len(data) - _HEAD.size)
                return
            yield _decode(data)

    @staticmethod
    def _write(file: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]


def _encode(entry: Entry) -> bytes:
    """A line of JSON with kind and fields, then the body as it is."""
    *fields, last = entry
    if isinstance(last, bytes):
        data = json.dumps([type(entry).__name__, *fields]).encode() + b"\n" + last
    else:
        data = json.dumps([type(entry).__name__, *entry]).encode()
    return _HEAD.pack(len(data), zlib.crc32(data)) + data


def _decode(data: bytes) -> Entry:
    head, newline, body = data.partition(b"\n")
    kind, *fields = json.loads(head)
    return _KINDS[kind](*fields, body) if newline else _KINDS[kind](*fields)


def _private(path: str, flags: int) -> int:
    # What people said is in it: for this account's eyes only.
    return os.open(path, flags, 0o600)
