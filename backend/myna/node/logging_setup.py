"""How log lines look: for people on a terminal, as JSON otherwise. No line holds the text of a message or a token."""

import logging
import sys
from typing import Literal

import structlog


def silence() -> None:
    """No log lines (none of ours is critical): for commands whose output is an answer, and whose errors are one sentence."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def configure(form: Literal["auto", "console", "json"], *, quiet: bool = False) -> None:
    """Coloured lines on a terminal, else a JSON object a line (CR, LF and escapes can't forge a second one); `quiet`: warnings only."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("hypercorn.error").propagate = False  # it has a handler of its own
    # Both are ours to report, in one line of our own; theirs come with a traceback for every lost connection.
    for name in ("aio_pika", "aiormq"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
