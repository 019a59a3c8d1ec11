"""What events and frames are made of: the base of their structs, and the types of their fields with their limits."""

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, UnsetType

from myna.protocol.ids import UUID_PATTERN

TEXT_LIMIT = 8_000  # characters of one message
FRAME_LIMIT = 64 * 1024  # bytes of one client frame
WAITING_LIMIT = 8  # messages that wait in one conversation

T = TypeVar("T")

_UUID_SCHEMA = {"pattern": UUID_PATTERN}
# An id that begins something. It is written in small letters, and its form is checked when it is read.
Id = Annotated[str, Meta(min_length=36, max_length=36, extra_json_schema=_UUID_SCHEMA)]
# An id that refers to an open reply: where it is not that of one, the event does not count. Checking its pattern on every
# part took a third of the time of reading the log.
KnownId = Annotated[str, Meta(extra_json_schema=_UUID_SCHEMA)]
# What a message follows: a message or reply by its id; None: nothing, it is at the root; unset: the conversation's newest reply.
ParentId = Id | None | UnsetType
Timestamp = Annotated[str, Meta(min_length=24, max_length=24)]  # RFC 3339, UTC, milliseconds
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]  # what an integer column of the database takes
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a number in JavaScript holds exactly
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LIMIT)]
Name = Annotated[str, Meta(max_length=64)]
FinishReason = Literal["stop", "length", "stopped"]


class WireStruct(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of what travels: exact types, unchangeable, absent fields not written, unknown fields ignored when read.

    No struct refers to anything that could refer back to it, so the garbage collector need not look.
    """


def named(kind: T) -> T:
    """A `type` field: it need not be given, and unlike a plain default it is always written."""
    default: T = msgspec.field(default_factory=lambda: kind)
    return default
