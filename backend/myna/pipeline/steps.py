"""The lines of the log about each step of a message's way: all name the message, so that those of every process can be joined."""

import logging
from functools import cache
from typing import Any

import structlog

log = structlog.get_logger()


@cache
def are_written() -> bool:
    """Whether this process logs them. Looked up once: a call below the level costs a microsecond, and a turn has seven of them."""
    return bool(log.is_enabled_for(logging.DEBUG))


def write(step: str, message_id: str, reply_id: str, conversation_id: str, **about: Any) -> None:
    """One line. `about`: numbers, codes and names of processes, never what somebody said."""
    log.debug(step, message_id=message_id, reply_id=reply_id, conversation_id=conversation_id, **about)
