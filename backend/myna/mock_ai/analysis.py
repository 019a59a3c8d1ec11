"""Analyses a message: what kind of answer it asks for, and which words it is about, by its first 1,000 characters."""

import re
from dataclasses import dataclass
from typing import Literal

from myna.mock_ai.arithmetic import Sum, find_sum
from myna.mock_ai.banks.phrases import GREETINGS
from myna.mock_ai.banks.programs import program_for
from myna.mock_ai.banks.small_words import ARTICLES, BEFORE_DOINGS, BEFORE_ORDERS, BEFORE_THINGS, ORDERS, SMALL_WORDS
from myna.mock_ai.banks.snippets import ALIASES, SNIPPETS
from myna.mock_ai.parts import clip

Kind = Literal["greeting", "thanks", "goodbye", "self", "clock", "sum", "say", "code", "table", "quote", "list", "question", "statement"]

_LOOK = 1_000  # characters that decide the answer
_TOPIC = 48  # characters of one topic word
_SHORT = 6  # words up to which a message that begins like a greeting or thanks is nothing more than that

_GAPS = re.compile(  # blanks, punctuation of several scripts, and everything that means something in Markdown
    r"""[\s.,;:?\u2026\u3002\u3001\uff01\uff1f\uff0c\u300c\u300d(){}\[\]"\u201c\u201d\u201e<>/\\|=+*_`~#!$%^&\u061f\u060c\u0964\xbf\xa1]+"""
)
_CLAUSE = re.compile(r"[.,;:?!\n\u3001\u3002\uff0c\uff1f\uff01]+(?:\s|$)|[\u3001\u3002\uff0c\uff1f\uff01]")
_IDEOGRAPHS = re.compile("[\u4e00-\u9fff\u3005]+|[\u30a0-\u30ff]+")  # words among Japanese particles; Chinese comes in whole runs
_NUMBERS = {
    word: number
    for number, word in enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2)
}

_LANGUAGE = re.compile(r"(?<![\w/.])(" + "|".join([*SNIPPETS, *ALIASES]) + r")(?![\w/.])")
_CODE = re.compile(r"\b(?:code|function|script|program|snippet|regex|algorithm|quellcode|código)\b|^(?:implement|write|show) .*\bin ")
_TECHNICAL = re.compile(  # what is asked for by name, with no need to say that it is a program
    r"\b(?:fibonacci|fizz ?buzz|factorial|palindrome|anagram|(?:bubble|merge|quick) ?sort|binary search|linked list|dijkstra|two.sum"
    r"|hello,? world|dockerfile|debounce|flexbox|cent(?:er|re) a div|leap year|roman numerals?|caesar cipher|regex|react component"
    r"|unit test|csv|dictionary|html|css)\b"
)
_SAY = re.compile(r"\s*(?:please\s+)?(?:say|repeat after me|repeat)\s*[:,]?\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_THANKS = re.compile(r"(?:many thanks|thank you|thanks|thx|cheers|danke|merci|gracias|grazie|obrigad[oa]|спасибо|ありがとう|谢谢)(?!\w)")
_GOODBYE = re.compile(r"(?:good ?bye|bye|see you|good night|tschüss|auf wiedersehen|au revoir|adiós|arrivederci|пока)(?!\w)")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "self",
        re.compile(
            r"\b(?:who|what) are you\b|\bwhat can you do\b|\byour name\b|^help\W*$"
            r"|\bare you (?:an? |really )*(?:real|ai|mock|bot|human|bird|robot|person|model)\b"
        ),
    ),
    ("clock", re.compile(r"\bwhat(?:'s| is)? (?:the )?(?:time|date|day)\b|\bwhat day is\b|\btoday's date\b")),
    (
        "table",
        re.compile(r"\b(?:table|compare|compared|comparison|versus|vs|difference between|pros and cons|tabelle|vergleich\w*)\b"),
    ),
    ("quote", re.compile(r"\b(?:quote|quotation|proverb|saying|motto|words of wisdom|zitat)\b")),
    (
        "list",
        re.compile(
            r"\bhow (?:do|can|should|would|could) (?:i|we|you|one)\b|\bhow to\b"
            r"|\b(?:steps?|list|ideas?|tips?|ways|plan|checklist|recipe|reasons|liste|schritte)\b"
        ),
    ),
)
_STEPS = re.compile(r"\bhow\b|\b(?:steps?|plan|recipe|checklist|schritte)\b")
_ASKS = re.compile(r"(?:what|why|when|where|who|which|whose|how|is|are|can|could|does|do|did|should|would|will)\b")
_SIDE, _END = r"(\S.{0,38}?)", r"\s*(?:[?.!,;:](?:\s|$)|\n|$)"
_PAIRS = (
    re.compile(rf"\b(?:between|compare)\s+{_SIDE}\s+(?:and|with|to|or|vs\.?|versus|against)\s+{_SIDE}{_END}", re.IGNORECASE),
    re.compile(rf"(?:^|[:,]\s*|\bof\s+){_SIDE}\s+(?:vs\.?|versus)\s+{_SIDE}{_END}", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a message turned out to ask for."""

    kind: Kind
    topics: tuple[str, ...]  # at most six, as they were written, in the order they matter
    words: int
    characters: int
    longest: str
    number: int | None = None  # a small number that was named, 2 to 20
    language: str | None = None  # a programming language we have code in
    ordered: bool = False  # steps rather than ideas
    pair: tuple[str, str] | None = None  # what is to be compared
    hello: str = "Hello"
    rest: str = ""  # what to say, after "say"
    sum: Sum | None = None


def analyse(text: str) -> Analysis:
    """What the message asks for. Takes any text; an empty one is a statement about nothing."""
    look = clip(text, _LOOK)
    lower = look.lower().strip()
    said = _said(look)
    kind, extra = _kind(text, look, lower, len(said))
    number = next((n for n in map(_number, said) if n is not None), None)
    language = _LANGUAGE.search(lower)
    return Analysis(
        kind,
        _topics(look),
        words=len(text.split()),
        characters=len(text),
        longest=clip(max(said, key=len, default=""), _TOPIC),
        number=number,
        language=ALIASES.get(language[1], language[1]) if language else None,
        ordered=_STEPS.search(lower) is not None,
        pair=_pair(look) if kind == "table" else None,
        hello=_hello(lower) or "Hello",
        rest=extra if isinstance(extra, str) else "",
        sum=extra if isinstance(extra, Sum) else None,
    )


def _kind(text: str, look: str, lower: str, words: int) -> tuple[Kind, Sum | str | None]:
    if (found := find_sum(look)) is not None:
        return "sum", found
    if words <= _SHORT:
        if _THANKS.match(lower):
            return "thanks", None
        if _GOODBYE.match(lower):
            return "goodbye", None
        if _hello(lower) and (words <= 3 or "how are you" in lower):
            return "greeting", None
    if (said := _SAY.fullmatch(text)) is not None:
        return "say", said[1]
    if program_for(lower) and (_LANGUAGE.search(lower) or _CODE.search(lower) or _TECHNICAL.search(lower)):
        return "code", None
    if _CODE.search(lower) and (_LANGUAGE.search(lower) or not lower.startswith(("what", "why", "who", "when"))):
        return "code", None
    for kind, pattern in _PATTERNS:
        if pattern.search(lower):
            return kind, None
    if lower.endswith(("?", "\uff1f", "\u061f")) or _ASKS.match(lower):
        return "question", None
    return "statement", None


def _topics(look: str) -> tuple[str, ...]:
    """What the message is about: what follows "about" or an order first, then what has an article, then the rest."""
    found: dict[str, tuple[int, str]] = {}
    for clause in _CLAUSE.split(look):
        words = _without_order(_said(clause))
        lead = ["", "!" if len(words) < len(_said(clause)) else ""]  # the two words before a run of words that mean something
        run: list[str] = []
        for word in [*words, ""]:
            if word and word.lower() not in SMALL_WORDS and any(c.isalpha() for c in word):
                run.append(word)
                continue
            if run:
                weight, topic = _topic(lead, run)
                if (
                    lead[-1] in ("of", "the")
                    and found
                    and lead[-2:] in (["", "of"], ["of", "the"])
                    and (joined := _joined(found, lead, run))
                ):
                    weight, topic = joined
                found.setdefault(topic.lower(), (weight, clip(topic, _TOPIC)))
                lead = ["", ""]
            run = []
            lead = [lead[-1], word.lower()]
    things = [one for one in found.values() if one[0]] or list(found.values())
    return tuple(topic for _, topic in sorted(things, key=lambda one: -one[0])[:6])


def _without_order(words: list[str]) -> list[str]:
    """The words after "please translate", "can you explain" and the like; all of them where there is no such order."""
    at = 0
    while at < len(words) and words[at].lower() in BEFORE_ORDERS:
        at += 1
    return words[at + 1 :] if at < len(words) and words[at].lower() in ORDERS else words


def _joined(found: dict[str, tuple[int, str]], lead: list[str], run: list[str]) -> tuple[int, str] | None:
    """The last topic and this one as one, as in "the history of the canal"."""
    key, (weight, before) = next(reversed(found.items()))
    if weight < 3 or not before.startswith("the ") or " of " in before:
        return None
    del found[key]
    return weight, f"{before} {'of the' if lead[-1] == 'the' else 'of'} {_thing(run)}"


def _topic(lead: list[str], run: list[str]) -> tuple[int, str]:
    """Words that stand together after `lead`, as one topic, and how likely it is that they name a thing."""
    before, last = lead
    if "about" in lead:
        return 5, ARTICLES.get(last, "") + _thing(run)
    if last in ARTICLES:
        described = run[:-1] if before in ("is", "are", "was", "were") and len(run) > 1 else run  # "is the sky blue"
        return 4 if before == "!" else 3, ARTICLES[last] + _thing(described)
    if last == "!":
        return 4, _thing(run)
    if last in BEFORE_THINGS:
        return 2, _thing(run)
    if last in BEFORE_DOINGS:  # the first of them is what is done
        return (2, _thing(run[1:])) if len(run) > 1 else (0, run[0])
    if ideographs := [part for word in run for part in _IDEOGRAPHS.findall(word)]:
        return 1, clip(max(ideographs, key=len), 6)
    return 1, _thing(run) if run[0][:1].isupper() else run[0]


def _thing(run: list[str]) -> str:
    """As many words as name one thing: a whole name, or two words."""
    names = next((n for n, word in enumerate(run) if not word[:1].isupper()), len(run))
    return " ".join(run[: min(max(names, 2), 4)])


def _said(text: str) -> list[str]:
    return [word for word in (w.strip("'-\u2019\u2013\u2014") for w in _GAPS.split(text.replace("\u2019", "'"))) if word]


def _hello(lower: str) -> str | None:
    for greeting, answer in GREETINGS.items():
        if lower.startswith(greeting) and not lower[len(greeting) : len(greeting) + 1].isalpha():
            return answer
    return None


def _number(word: str) -> int | None:
    if word.isascii() and word.isdigit() and len(word) <= 2 and 2 <= int(word) <= 20:
        return int(word)
    return _NUMBERS.get(word.lower())


def _pair(look: str) -> tuple[str, str] | None:
    for pattern in _PAIRS:
        if found := pattern.search(look):
            left, right = (" ".join(w for w in _GAPS.split(side) if w) for side in found.groups())
            if left and right:
                return clip(left, _TOPIC), clip(right, _TOPIC)
    return None
