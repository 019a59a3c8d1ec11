"""A reply before it is cut into parts and paced, as the composer, a command or a scripted reply makes it."""

import msgspec

from myna.mock_ai.port import End, Failure, Part

STOP = End("stop", 0.0)


class Draft(msgspec.Struct, frozen=True):
    """A reply in the making. What is None follows the profile."""

    text: str = ""
    ending: End | Failure | None = None  # None: whatever the profile's error rates give it
    first_after_s: float | None = None  # seconds before the first part
    each_after_s: float | None = None  # seconds before every further part, without jitter
    parts: tuple[Part, ...] | None = None  # parts with waits of their own, instead of a text
    profile: str | None = None  # paces this reply instead of the prompt's
    rule: str | None = None  # what it follows: a rule, a command, a scenario
