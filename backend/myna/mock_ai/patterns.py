"""Checks a scenario's regular expression before it may meet people's text. Pure; what passes can't take long to match."""

import re

MAX_PATTERN = 200  # characters
MAX_SEARCHED = 200  # characters of a message that a pattern sees: the worst allowed pattern then ends within 0.3 s
MAX_REPEATS = 2  # of *, + and {m,n} in one pattern
MAX_CHOICES = 4  # of ? and | in one pattern: each at most doubles the ways to try

_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,\d*\}|\{\d+\}|.", re.DOTALL)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern, case ignored. ValueError, with what is allowed, when it doesn't compile or might take too long."""
    if not 1 <= len(pattern) <= MAX_PATTERN:
        raise ValueError(f"must be 1 to {MAX_PATTERN} characters, has {len(pattern)}")
    repeats = choices = 0
    before = ""
    for found in _ATOM.finditer(pattern):
        atom = found[0]
        if atom[0] == "\\" and atom[1:2].isdigit():
            raise ValueError(f"must not refer back to a group, as {atom} does")
        if before == "(" and atom == "?" and pattern[found.end() : found.end() + 1] != ":":
            raise ValueError("may only have plain groups, ( ) or (?: ), no look-around, names or flags")
        repeated = atom in "*+" or (atom[0] == "{" and len(atom) > 1)
        if before == ")" and (repeated or atom == "?"):
            raise ValueError(f"must not repeat a group, as ){atom} does: repeat single characters or classes like [a-z]")
        repeats += repeated
        choices += atom == "|" or (atom == "?" and before != "(")
        before = atom
    if repeats > MAX_REPEATS or choices > MAX_CHOICES:
        raise ValueError(f"may have {MAX_REPEATS} of * + {{ }} and {MAX_CHOICES} of ? |, has {repeats} and {choices}")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError) as problem:
        raise ValueError(f"is no regular expression: {problem}") from None
