"""Starts one responder for each failpoint, to crash there: `python -m tests.faults.crashing_responders [--in-turn] NAME[:N] …`.

Forks of one process, because importing everything anew forty times would take longer than the test. Exits with 0 when
every one of them died at its failpoint. With `--in-turn` the next one starts when the one before has died.
"""

import os
import sys

from myna.cli.process import run
from myna.cli.settings_reading import load
from myna.node.logging_setup import configure
from myna.node.responder_process import respond
from myna.pipeline import failpoints

KILLED = 137  # the exit code after SIGKILL


def start(failpoint: str) -> int:
    """Fork a responder that dies at this failpoint; its process id."""
    child = os.fork()
    if child:
        return child
    failpoints.choose(failpoint)
    settings = load(prefetch=1)  # each takes one message and holds up no other
    configure(settings.log_format)
    run(respond(settings))
    return 0


def main(arguments: list[str]) -> int:
    in_turn = "--in-turn" in arguments
    codes: list[int] = []
    children: list[int] = []
    for failpoint in arguments:
        if failpoint == "--in-turn":
            continue
        children.append(start(failpoint))
        if in_turn:
            codes.append(exit_code_of(children.pop()))
    codes += [exit_code_of(child) for child in children]
    return 0 if set(codes) == {KILLED} else 1


def exit_code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
