"""Fills sentences of the banks: what the caller gives, and for every other name something drawn from the slots."""

from typing import Any

from myna.mock_ai.banks.slots import SLOTS
from myna.mock_ai.seeded_random import SeededRandom


def sentence(template: str, rng: SeededRandom, **given: object) -> str:
    """The template with what is given filled in, and its slots drawn; a name with a capital is filled in with one."""
    return template.format_map(_Values(given, rng))


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


class _Values(dict[str, Any]):
    def __init__(self, given: dict[str, object], rng: SeededRandom) -> None:
        super().__init__(given)
        self._rng = rng

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        value = str(self[lower]) if lower in self else self._rng.pick(SLOTS[lower])
        return capital(value) if name != lower else value
