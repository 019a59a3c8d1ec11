"""Nothing of the services outlives the test run, however the run ends."""

import subprocess
import sys
import time
from pathlib import Path

RUN = """
import sys
from pathlib import Path
from tests.services.processes import ProcessGroup

group = ProcessGroup(["sleep", "600"], {"PATH": "/usr/bin:/bin"}, Path(sys.argv[1]) / "output", Path(sys.argv[1]))
print(group.pid, flush=True)
sys.stdin.read()
"""


def test_a_killed_test_run_takes_its_services_and_their_folder_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    run = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    service = int(run.stdout.readline())
    run.kill()
    run.communicate(timeout=60)
    end = time.monotonic() + 20
    while folder.exists() or _runs(service):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
