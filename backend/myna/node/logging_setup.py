"""How log lines look, and which are written: coloured on a terminal, else as JSON. No line holds a message's text or a token."""

import logging
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

Form = Literal["auto", "console", "json"]
Level = Literal["auto", "debug", "info", "warning", "error"]
# What a line is made of before it is written. Tracebacks are plain: drawn with all locals they would hold texts, and the event loop.
PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
)


def in_reading_order(_: Any, __: str, line: EventDict) -> EventDict:
    """Time, level and event first, so that lines of several processes can be sorted as text."""
    first = {name: line.pop(name) for name in ("timestamp", "level", "event") if name in line}
    return {**first, **line}


def silence() -> None:
    """No log lines (none of ours is critical): for commands whose output is an answer, and whose errors are one sentence."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def configure(form: Form, level: Level = "auto") -> None:
    """Coloured lines on a terminal, else a JSON object a line (CR, LF and escapes can't forge a second one).

    `auto`: the form by whether standard error is a terminal; there only what a person should look at, else steps of the process too.
    """
    terminal = sys.stderr.isatty()
    console = form == "console" or (form == "auto" and terminal)
    rendering = [structlog.dev.ConsoleRenderer()] if console else [in_reading_order, structlog.processors.JSONRenderer()]
    least = ("warning" if terminal else "info") if level == "auto" else level
    structlog.configure(
        processors=[*PROCESSORS, *rendering],
        # A line below this level costs a call that does nothing.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[least.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("hypercorn.error").propagate = False  # it has a handler of its own
    # Both are ours to report, in one line of our own; theirs come with a traceback for every lost connection.
    for name in ("aio_pika", "aiormq"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
