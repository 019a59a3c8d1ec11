"""When Python may look for garbage: not while a process starts, and in small portions once it serves."""

import gc
import sys


def postpone_collection() -> None:
    """No garbage collection until `favour_event_loop`: while libraries are imported it finds nothing, in 0.1 s of 1.8."""
    gc.disable()


def favour_event_loop() -> None:
    """Let the event loop go on sooner than by default: past the garbage collector, and past threads. Called when all is built.

    By default the collector looks through all objects again and again, those of the libraries and of each open socket (some
    500) too: 100 to 600 ms, in which nobody is served. What is there now stays and is not looked at any more; what is new is
    looked at in portions of some milliseconds, and all of that together very rarely.
    """
    gc.enable()
    gc.freeze()
    gc.set_threshold(5_000, 2, 1_000)
    sys.setswitchinterval(0.001)  # seconds that a thread computes before the loop has its turn; 5 ms by default
