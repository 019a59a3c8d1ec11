"""The file in which the embedded broker survives a kill -9 of its process.

It is a sequence of entries, each with its length and checksum. Reading stops at the first entry that is not whole, because
the process or the machine died while it was written; what was read is then written anew, so that the file stays small.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from struct import Struct
from time import monotonic
from typing import Any, BinaryIO

import structlog

from myna.broker.embedded import queues as q
from myna.broker.embedded.queues import JournalEntry, Queues
from myna.protocol import timestamps
from myna.protocol.errors import StartupError
from myna.protocol.topology import IN_MEMORY, LogLimits

log = structlog.get_logger(__name__)

MAGIC = b"myna journal 1\n"
REWRITE_LOGS = 4  # sizes of the log: a rewrite leaves at most a quarter of that, so rewriting is a small part of all writing
REWRITE_S = 24 * 3600  # what the log drops (people may have deleted it) is gone from the disk a day later
_HEAD = Struct("<II")  # length and CRC-32 of what follows
# An entry's kind in the file → its class. The file outlives the names in the code: a kind is never renamed or used again.
_KINDS: dict[str, Callable[..., JournalEntry]] = {
    "Published": q.Published,
    "Taken": q.Delivered,
    "Acked": q.Acked,
    "Returned": q.Requeued,
    "PutAside": q.DeadLettered,
    "Removed": q.DeadLetterRemoved,
    "LogReplaced": q.LogReplaced,
    "KeptRecord": q.SnapshotRecord,
    "KeptWork": q.SnapshotMessage,
    "KeptDead": q.SnapshotDeadLetter,
    "Mark": q.SnapshotCounters,
}
_KIND_OF = {entry: kind for kind, entry in _KINDS.items()}
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Journal:
    """An append-only file of entries, owned by one process.

    Every method blocks; `open`, `sync` and `prepare` long enough to be called in a thread. Every one raises `OSError` where
    the disk fails; from then on file and memory may differ, and only `open` brings them together again.
    """

    def __init__(self, path: Path, limits: LogLimits = IN_MEMORY) -> None:
        self._path = path
        self._limits = limits
        self._lock: int | None = None
        self._file = -1
        self._size, self._rewritten_at = 0, 0.0
        self._since_snapshot: list[bytes] | None = None  # while a rewrite is being prepared

    def open(self) -> Queues:
        """Take the file for this process and return the queues that it holds, with all unacked messages requeued.

        Raises `StartupError` where another process has the file, where it is damaged before its end or no journal at all.
        """
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file()
        queues = Queues(self._limits)
        if self._path.exists():
            self._replay(queues)
        queues.requeue_all(timestamps.now_ms())
        self.prepare(queues.snapshot())
        self.switch()
        return queues

    def append(self, entries: Iterable[JournalEntry]) -> None:
        """Write entries. They survive this process from here on, and the machine after `sync`."""
        data = b"".join(map(_encode, entries))
        if self._since_snapshot is not None:
            self._since_snapshot.append(data)
        self._write(self._file, data)
        self._size += len(data)

    def sync(self) -> None:
        """Return when the disk has what was written."""
        _sync(self._file)

    @property
    def rewrite_due(self) -> bool:
        """Whether the file should be rewritten: it has grown large, or may long have held what the log has dropped since."""
        return self._size > REWRITE_LOGS * self._limits.max_bytes or monotonic() - self._rewritten_at > REWRITE_S

    def prepare(self, snapshot: Iterable[JournalEntry]) -> None:
        """Write a new file beside the old one. What is appended meanwhile goes to the old one; `switch` carries it over."""
        with open(self._beside(), "wb", opener=_private) as file:
            file.write(MAGIC)
            for entry in snapshot:
                file.write(_encode(entry))
            file.flush()
            os.fsync(file.fileno())

    def begin_rewrite(self) -> None:
        """Remember what is appended from here until `switch`."""
        self._since_snapshot = []

    def switch(self) -> None:
        """Replace the old file by the new one, with what was appended since `begin_rewrite`."""
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
        self._file, self._size, self._rewritten_at = file, os.fstat(file).st_size, monotonic()

    def close(self) -> None:
        """Release the file. Harmless when repeated."""
        for descriptor in (self._file, self._lock):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        self._file, self._lock, self._since_snapshot = -1, None, None

    def _beside(self) -> Path:
        return self._path.with_name(self._path.name + ".new")

    def _lock_file(self) -> None:
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

    def _read(self, file: BinaryIO) -> Iterator[JournalEntry]:
        magic = file.read(len(MAGIC))
        if magic != MAGIC and not MAGIC.startswith(magic):
            self.close()
            raise StartupError(f"{self._path} is not a broker journal of this version: move it away, or set another CHAT_DATA_DIR.")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            data = file.read(length)
            if len(data) < length or zlib.crc32(data) != checksum:
                log.warning("journal.cut_off", path=str(self._path), at_byte=file.tell() - len(data) - _HEAD.size)
                return
            yield _decode(data)

    @staticmethod
    def _write(file: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]


def _encode(entry: JournalEntry) -> bytes:
    """A line of JSON with kind and fields, then the body as it is where the entry has one."""
    fields: list[Any] = [_KIND_OF[type(entry)], *entry]
    body = b"\n" + fields.pop() if isinstance(fields[-1], bytes) else b""
    data = json.dumps(fields).encode() + body
    return _HEAD.pack(len(data), zlib.crc32(data)) + data


def _decode(data: bytes) -> JournalEntry:
    head, newline, body = data.partition(b"\n")
    kind, *fields = json.loads(head)
    return _KINDS[kind](*fields, body) if newline else _KINDS[kind](*fields)


def _private(path: str, flags: int) -> int:
    # It holds what people wrote: readable by this account only.
    return os.open(path, flags, 0o600)
