"""Makes a text that a regular expression matches, from a seed.

The same in every process, which those of rstr are not: it draws from sets, whose order changes with the hash seed.
"""

import string
from importlib import import_module
from typing import Any

from myna.mock_ai.seeded_random import SeededRandom

# By name, as the type checker does not always find them: Python's own parser of expressions, which has no public name.
op: Any = import_module("re._constants")
parser: Any = import_module("re._parser")
_READABLE = string.ascii_lowercase + string.digits
_PRINTABLE = _READABLE + string.ascii_uppercase + string.punctuation + " "
_CATEGORIES = {
    op.CATEGORY_DIGIT: string.digits,
    op.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: _READABLE,
    op.CATEGORY_WORD: _READABLE + "_",
    op.CATEGORY_NOT_WORD: "-",
}


def matching_text(pattern: str, rng: SeededRandom, stretch: int) -> str:
    """A text for an expression that RE2 takes; what may repeat does so up to `stretch` times more than it must.

    A sign that means a place (`^`, `\\b`) adds nothing, so a few expressions get a text that they don't match.
    ValueError for what Python's own parser does not know.
    """
    try:
        return _text(parser.parse(pattern), rng, stretch)
    except (parser.error, OverflowError, RecursionError) as problem:
        raise ValueError(str(problem)) from None


def _text(parsed: Any, rng: SeededRandom, stretch: int) -> str:
    return "".join(_piece(code, value, rng, stretch) for code, value in parsed)


def _piece(code: Any, value: Any, rng: SeededRandom, stretch: int) -> str:
    if code is op.LITERAL:
        return chr(value)
    if code is op.ANY:
        return rng.pick(_READABLE)
    if code is op.NOT_LITERAL:
        return rng.pick(_without([chr(value)]))
    if code is op.IN:
        return rng.pick(_class(value))
    if code is op.BRANCH:
        return _text(rng.pick(value[1]), rng, stretch)
    if code is op.SUBPATTERN:
        return _text(value[-1], rng, stretch)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, most, inner = value
        return "".join(_text(inner, rng, stretch) for _ in range(rng.between(least, min(most, least + stretch))))
    if code is op.AT:
        return ""
    raise ValueError(f"{str(code).lower()} is not supported")


def _class(members: Any) -> str:
    """The characters of a class in square brackets, those that read well where it excludes some."""
    characters: list[str] = []
    for code, value in members:
        if code is op.LITERAL:
            characters.append(chr(value))
        elif code is op.RANGE:
            characters += map(chr, range(value[0], min(value[1], value[0] + 200) + 1))
        elif code is op.CATEGORY:
            characters += _CATEGORIES.get(value, "")
    negated = members[0][0] is op.NEGATE
    return _without(characters) if negated else "".join(characters)


def _without(excluded: list[str]) -> str:
    for candidates in (_READABLE, _PRINTABLE, "\u00e4\u00f6\u65e5"):
        if left := "".join(one for one in candidates if one not in excluded):
            return left
    raise ValueError("no character is left")
