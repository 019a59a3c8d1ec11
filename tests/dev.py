"""Runs the program while it is being changed: the backend anew after each save, Vite beside it. `make dev` starts it.

The backend is told to drain, as by any rolling restart, so the page's socket comes back by itself and resumes.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOK_EVERY_S = 0.3  # a save is noticed within this; reading 300 dates takes some 3 ms
DRAIN_S = 20.0  # what a drain and the embedded Postgres may take to end
WATCHED = ("*.py", "*.yaml", "*.md", "*.mako")


def dates(folder: Path) -> dict[Path, int]:
    """When each source file below the folder was last written, in nanoseconds."""
    return dict(_dates(folder))


def _dates(folder: Path) -> Iterator[tuple[Path, int]]:
    for pattern in WATCHED:
        for path in folder.rglob(pattern):
            try:
                yield path, path.stat().st_mtime_ns
            except FileNotFoundError:  # an editor that writes by renaming
                continue


class Restarting:
    """A command that is stopped and started again when a source file below `folder` is written, made or removed."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder
        self._seen = dates(folder)
        self.process = subprocess.Popen(command)

    def look(self) -> bool:
        """Start it again if something changed; whether it was. A command that ended by itself waits for the next change."""
        now = dates(self._folder)
        changed = sorted(path for path in now.keys() | self._seen.keys() if now.get(path) != self._seen.get(path))
        if changed:
            self._seen = now
            print(f"── {changed[0].relative_to(self._folder)} changed", flush=True)
            self.stop()
            self.process = subprocess.Popen(self._command)
        return bool(changed)

    def stop(self) -> None:
        """Let it drain, and wait for its end."""
        self.process.terminate()
        try:
            self.process.wait(DRAIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    backend = Restarting([sys.executable, "-m", "myna", "serve"], ROOT / "backend" / "myna")
    vite = subprocess.Popen(["npm", "--prefix", str(ROOT / "front"), "run", "--silent", "dev", "--", "--clearScreen", "false"])
    port = os.environ.get("MYNA_DEV_PORT", "5173")
    print(f"── The page, with your changes as you save them: http://localhost:{port}", flush=True)
    try:
        while vite.poll() is None:
            time.sleep(LOOK_EVERY_S)
            backend.look()
    except KeyboardInterrupt:
        pass
    finally:
        vite.terminate()
        backend.stop()
        vite.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
