"""What will be said, before it is cut into parts and paced. Plain data, made by the composer, a command or a script."""

from dataclasses import dataclass

from myna.mock_ai.port import End, Part, Refusal

STOP = End("stop", 0.0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply in the making. What is None follows the profile."""

    text: str = ""
    ending: End | Refusal | None = None  # None: whatever the profile's temper gives it
    first_after_s: float | None = None  # seconds before the first part
    each_after_s: float | None = None  # seconds before every further part, without jitter
    parts: tuple[Part, ...] | None = None  # parts with waits of their own, instead of a text
