"""Texts and numbers that fit a field's name or format; what the message itself names is preferred."""

import re
from datetime import date, timedelta
from uuid import UUID

from myna.mock_ai.banks.field_values import NUMBERS, SENTENCES, TEXTS
from myna.mock_ai.seeded_random import SeededRandom

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PLACES = frozenset(("city", "town", "location", "place", "destination", "country", "region", "state", "origin"))
_ASKED = frozenset(("query", "search", "prompt", "question", "request", "input"))
_COUNTS = frozenset(("count", "quantity", "limit", "number", "amount", "days", "nights", "people", "n", "k", "max", "total"))
_PLACE = re.compile(r"\b(?:in|at|for|to|from|near|of)\s+((?:[A-Z\u00c0-\u00de][\w'\u2019-]*)(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]*){0,2})")
_NUMBER = re.compile(r"(?<![\w.-])(\d{1,6})(?![\w.]*\d)")
_FIRST_DAY = date(2026, 1, 1)


def named_text(name: str, rng: SeededRandom, text: str = "", description: str = "") -> str:
    """A text for a field of this name."""
    words = _words(name)
    if text:
        if _PLACES & words and (found := _PLACE.search(text)):
            return found[1]
        if _ASKED & words:
            return text.strip()[:200]
    for known in (words, _words(description)):
        for named, values in TEXTS:
            if known & {*named}:
                return rng.pick(values)
    return rng.pick(SENTENCES)


def named_number(name: str, rng: SeededRandom, text: str = "") -> tuple[float, float]:
    """The likely range of a number of this name, both ends included; a number the message names is a range of its own."""
    words = _words(name)
    if text and _COUNTS & words and (found := _NUMBER.search(text)):
        return float(found[1]), float(found[1])
    return next((span for named, span in NUMBERS if words & {*named}), (1, 100))


def format_value(format_name: str, rng: SeededRandom) -> str | None:
    """A text of this format of JSON Schema; None where it is none that is known."""
    day = (_FIRST_DAY + timedelta(days=rng.between(0, 600))).isoformat()
    clock = f"{rng.between(0, 23):02}:{rng.between(0, 59):02}:{rng.between(0, 59):02}Z"
    host = f"{rng.pick(('harbour', 'kettle', 'lamp', 'wire'))}.example.org"
    made = {
        "date": day,
        "time": clock,
        "date-time": f"{day}T{clock}",
        "duration": f"PT{rng.between(1, 90)}M",
        "email": f"{rng.pick(('ada', 'sam', 'lin', 'noor'))}@example.org",
        "hostname": host,
        "uri": f"https://{host}/{rng.between(1, 99)}",
        "ipv4": f"192.0.2.{rng.between(1, 254)}",
        "ipv6": f"2001:db8::{rng.between(1, 65_535):x}",
        "uuid": str(UUID(int=rng.between(0, 2**64 - 1) << 64 | rng.between(0, 2**64 - 1), version=4)),
        "json-pointer": "/items/0",
        "regex": "^[a-z]+$",
    }
    same = {"idn-email": "email", "idn-hostname": "hostname", "url": "uri", "iri": "uri", "uri-reference": "uri", "iri-reference": "uri"}
    return made.get(same.get(format_name, format_name))


def _words(name: str) -> frozenset[str]:
    """The words of a name in snake_case, camelCase or plain, in lower case; a plural counts as its singular too."""
    found = {word.lower() for word in _WORDS.findall(name)}
    joined = re.sub(r"[^a-z]", "", name.lower())
    return frozenset(found | {word.removesuffix("s") for word in found if len(word) > 3} | {joined})
