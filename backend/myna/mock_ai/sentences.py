"""Fills sentences of the banks: what the caller gives, and for every other name something drawn from the slots."""

from functools import lru_cache
from string import Formatter

from myna.mock_ai.banks.slots import SLOTS
from myna.mock_ai.seeded_random import SeededRandom


def sentence(template: str, rng: SeededRandom, **given: object) -> str:
    """The template with what is given filled in, and its slots drawn; a name with a capital is filled in with one."""
    text = ""
    for before, name in _pieces(template):
        text += before
        if name is not None:
            lower = name.lower()
            value = str(given[lower]) if lower in given else rng.pick(SLOTS[lower])
            text += capital(value) if name != lower else value
    return text


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


@lru_cache(4_096)
def _pieces(template: str) -> list[tuple[str, str | None]]:
    """A template as plain text and the name behind it, again and again."""
    return [(before, name) for before, name, _, _ in Formatter().parse(template)]
