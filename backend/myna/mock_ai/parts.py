"""Cuts a text into parts of whole words that join to exactly that text. Pure; never splits what a reader sees as one character."""

import re
import unicodedata

from myna.mock_ai.dice import Dice

MAX_BYTES = 32_768  # UTF-8 bytes in one reply: 8,000 characters of four bytes, so the longest message can be echoed
MAX_PARTS = 4_000  # parts in one reply: at `normal` two minutes of talk; more would be a flood in the log

_LONG_WORD = 24  # code points; longer runs without a space (CJK, links, rows of emoji) are cut inside
_RUN = 6  # code points in one piece of such a run
_WORD = re.compile(r"\s*\S+")

# What belongs to the character before it, though Unicode doesn't call it a mark: skin tones, halfwidth voicing
# marks, Thai and Lao AM, and the vowels and finals of Hangul that is spelled out in jamo.
_TRAILS = re.compile("[\U0001f3fb-\U0001f3ff\uff9e\uff9f\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7fb]")
# What belongs to the character after it: the joiner, Hangul initials, and signs written over the next letter or digit.
_LEADS = re.compile(
    "[\u200d\u1100-\u115f\ua960-\ua97c\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02]"
)
_VIRAMA = 9  # Unicode's combining class of the signs that join two consonants into one


def _trails(character: str) -> bool:
    """Whether it belongs to the character before it."""
    return unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") or _TRAILS.match(character) is not None


def _breaks(text: str, at: int, floor: int = 0) -> bool:
    """Whether a part may end before `text[at]`, `floor` being a place where one does. Errs towards keeping together."""
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return (before, after) != ("\r", "\n") and after != "\u00ad"
    if _LEADS.match(before) or _trails(after):
        return False
    mark = at - 1
    while mark >= floor and _trails(text[mark]):  # a virama binds the next consonant over other marks between them
        if unicodedata.combining(text[mark]) == _VIRAMA:
            return False
        mark -= 1
    if "\U0001f1e6" <= after <= "\U0001f1ff":  # flags are pairs of these letters: break only after whole pairs
        start = at
        while start > floor and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
            start -= 1
        return (at - start) % 2 == 0
    return True


def clip(text: str, limit: int) -> str:
    """The longest beginning of `text` with at most `limit` code points that ends between two visible characters."""
    if len(text) <= limit:
        return text
    while limit and not _breaks(text, limit):
        limit -= 1
    return text[:limit]


def fits(text: str) -> bool:
    """Whether a text is within MAX_BYTES."""
    return len(text) * 4 <= MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) <= MAX_BYTES


def fit(text: str) -> str:
    """The text, or as much of its beginning as fits in MAX_BYTES."""
    if fits(text):
        return text
    head = text.encode("utf-8", "surrogatepass")[:MAX_BYTES].decode("utf-8", "ignore")
    return clip(text, len(head))


def _pieces(word: str) -> list[str]:
    """A word that is too long for one part, cut between visible characters."""
    pieces, start, at = [], 0, _RUN
    while at < len(word):
        if _breaks(word, at, start):
            pieces.append(word[start:at])
            start, at = at, at + _RUN
        else:
            at += 1
    pieces.append(word[start:])
    return pieces


def _words(text: str) -> list[str]:
    """The text as words, each with the blanks before it; blanks at the very end stay with the last word."""
    body = text.rstrip()  # first, so that the pattern never has to give back a run of blanks
    words: list[str] = []
    for word in _WORD.findall(body):
        if words and not _breaks(words[-1][-1] + word, 1):
            words[-1] += word
        elif len(word) > _LONG_WORD:
            words.extend(_pieces(word))
        else:
            words.append(word)
    if not words:
        return [text] if text else []
    words[-1] += text[len(body) :]
    return words


def split(text: str, words_per_part: tuple[int, int], dice: Dice) -> list[str]:
    """The text in parts of so many words each. None is empty, together they are the text, at most MAX_PARTS."""
    words, parts, at = _words(text), [], 0
    low, high = words_per_part
    while at < len(words):
        size = dice.between(low, high)
        parts.append("".join(words[at : at + size]))
        at += size
    together = -(-len(parts) // MAX_PARTS)
    if together > 1:
        parts = ["".join(parts[i : i + together]) for i in range(0, len(parts), together)]
    return parts
