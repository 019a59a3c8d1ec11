"""Cuts a text into parts of whole words that join to exactly that text; what a reader sees as one character stays whole."""

import re

import regex  # knows Unicode's grapheme clusters (\X), which re does not

from myna.mock_ai.seeded_random import SeededRandom

MAX_BYTES = 32_768  # UTF-8 bytes in one reply: 8,000 characters of four bytes, so the longest message can be echoed
MAX_PARTS = 4_000  # parts in one reply: at `normal` two minutes of talk; more would be a flood in the log

_LONG_WORD = 24  # code points; longer runs without a space (CJK, links, rows of emoji) are cut inside
_CHARACTER = regex.compile(r"\X")
_CHARACTERS = regex.compile(r"\s*+\X{1,6}+")  # one piece of such a run
_WORD = regex.compile(r"\s*+(?:(?!\s)\X)++")
_ASCII_WORD = re.compile(r"\s*\S+")  # the same where every character is one code point, five times as fast


def clip(text: str, limit: int) -> str:
    """The longest beginning of `text` with at most `limit` code points that ends between two visible characters."""
    if len(text) <= limit:
        return text
    end = 0
    for character in _CHARACTER.finditer(text):
        if character.end() > limit:
            break
        end = character.end()
    return text[:end]


def fits(text: str) -> bool:
    """Whether a text is within MAX_BYTES."""
    return len(text) * 4 <= MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) <= MAX_BYTES


def fit(text: str) -> str:
    """The text, or as much of its beginning as fits in MAX_BYTES."""
    if fits(text):
        return text
    head = text.encode("utf-8", "surrogatepass")[:MAX_BYTES].decode("utf-8", "ignore")
    return clip(text, len(head))


def split(text: str, words_per_part: tuple[int, int], rng: SeededRandom) -> list[str]:
    """The text in parts of so many words each. None is empty, together they are the text, at most MAX_PARTS."""
    words, parts, at = _words(text), [], 0
    low, high = words_per_part
    while at < len(words):
        size = rng.between(low, high)
        parts.append("".join(words[at : at + size]))
        at += size
    together = -(-len(parts) // MAX_PARTS)
    if together > 1:
        parts = ["".join(parts[i : i + together]) for i in range(0, len(parts), together)]
    return parts


def _words(text: str) -> list[str]:
    """The text as words, each with the blanks before it; blanks at the very end stay with the last word."""
    body = text.rstrip()
    if not body:
        return [text] if text else []
    words: list[str] = []
    for word in (_ASCII_WORD if body.isascii() else _WORD).findall(body):
        words.extend(_CHARACTERS.findall(word) if len(word) > _LONG_WORD else (word,))
    words[-1] += text[len(body) :]
    return words
