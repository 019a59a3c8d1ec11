"""A scenario file that may be edited while the program runs; an edit that can't be used keeps what was there before."""

import time
from collections.abc import Callable
from pathlib import Path

import structlog

from myna.mock_ai.scenario_file import KINDS, ScenarioError, parse_scenarios
from myna.mock_ai.scenarios import Scenarios

log = structlog.get_logger()

CHECK_S = 1.0  # seconds between two looks at the file


class ScenarioSource:
    """The scenarios of a file as it is now."""

    def __init__(self, path: Path, base: Scenarios, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads it. Raises `OSError` and `ScenarioError`: a program doesn't start with a bad file."""
        self._path, self._base, self._clock = path, base, clock
        self._stamp = self._stamped()
        self._checked = clock()
        self._scenarios = self._read()

    def current(self) -> Scenarios:
        """The scenarios, read anew when the file has changed; they carry the problem of an edit that can't be used."""
        if (now := self._clock()) - self._checked >= CHECK_S:
            self._checked = now
            try:
                if (stamp := self._stamped()) != self._stamp:
                    self._stamp = stamp
                    self._scenarios = self._read()
                    log.info("scenarios.reloaded", file=str(self._path), scenarios=len(self._scenarios.names()))
            except (OSError, ScenarioError, UnicodeDecodeError) as error:
                self._stamp = None if isinstance(error, OSError) else self._stamp
                if self._scenarios.problem != str(error):
                    self._scenarios.problem = str(error)
                    log.warning("scenarios.kept", file=str(self._path), reason=str(error))
        return self._scenarios

    def _stamped(self) -> tuple[int, int, int] | None:
        about = self._path.stat()
        return about.st_mtime_ns, about.st_size, about.st_ino

    def _read(self) -> Scenarios:
        kind = KINDS.get(self._path.suffix.lower(), "yaml")
        return parse_scenarios(self._path.read_text(encoding="utf-8"), kind, self._base)
