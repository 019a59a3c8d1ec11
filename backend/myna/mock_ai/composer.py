"""Composes an answer in Markdown out of the banks and the words of the message. Pure: every choice comes from the dice."""

import re
from collections.abc import Callable

from myna.mock_ai.arithmetic import Sum
from myna.mock_ai.banks import phrases
from myna.mock_ai.banks.snippets import ALIASES, NAMES, SNIPPETS
from myna.mock_ai.banks.voices import VOICES, Voice
from myna.mock_ai.dice import Dice
from myna.mock_ai.reading import Kind, Reading, read

LONGEST_LIST = len(phrases.STEPS)
MOST_ROWS = len(phrases.CRITERIA)
LANGUAGES = tuple(SNIPPETS)

_ARTICLES = frozenset(("the", "a", "an", "your", "this", "these", "those"))
_CAMEL_CASE = frozenset({"typescript", "javascript", "go", "java"})


def compose(text: str, dice: Dice) -> str:
    """An answer to any message, in the form it seems to ask for."""
    reading = read(text)
    return _ANSWERS[reading.kind](reading, text, dice)


def code(language: str, topics: tuple[str, ...], dice: Dice) -> str:
    """A short program in one of LANGUAGES, named after the first topic that can be an identifier."""
    own = [topic for topic in topics if not {*topic.lower().split()} & {*SNIPPETS, *ALIASES}]
    name = next((n for n in map(_identifier, own) if n), "myna")
    if language in _CAMEL_CASE:
        name = "".join(word.capitalize() for word in name.split("_"))
    about = {"a": own[0] if own else "a myna", "language": NAMES.get(language, language.capitalize())}
    intro, outro = dice.pick(phrases.CODE_INTRO).format(**about), dice.pick(phrases.CODE_OUTRO)
    return f"{intro}\n\n```{language}\n{dice.pick(SNIPPETS[language]).replace('NAME', name)}```\n\n{outro}"


def table(rows: int, a: str, b: str, dice: Dice) -> str:
    """A comparison of two things, 1 to MOST_ROWS rows."""
    lines = [f"| | {a} | {b} |", "|---|---|---|"]
    for name, left, right in dice.some(phrases.CRITERIA, rows):
        cells = (left, right) if dice.unit() < 0.5 else (right, left)
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    body = "\n".join(lines)
    return f"{dice.pick(phrases.TABLE_INTRO).format(a=a, b=b)}\n\n{body}\n\n{dice.pick(phrases.VERDICTS).format(a=a, b=b)}"


def listing(items: int, ordered: bool, a: str, b: str, dice: Dice) -> str:
    """Steps in their natural order, or ideas in any; 1 to LONGEST_LIST items."""
    bank = phrases.STEPS if ordered else phrases.IDEAS
    chosen = dice.some(range(len(bank)), items)
    lines = [
        f"{f'{n}.' if ordered else '-'} **{bank[at][0]}**: {bank[at][1].format(a=a, b=b)}"
        for n, at in enumerate(sorted(chosen) if ordered else chosen, 1)
    ]
    intro = dice.pick(phrases.STEPS_INTRO if ordered else phrases.IDEAS_INTRO).format(a=a, n=len(lines))
    return intro + "\n\n" + "\n".join(lines)


def paragraphs(count: int, topics: tuple[str, ...], dice: Dice) -> str:
    """So many paragraphs, each in the next voice of a drawn order."""
    a, b = named(topics)
    order = dice.some(VOICES, len(VOICES))
    told = []
    for n in range(count):
        voice = order[n % len(order)]
        said = [dice.pick(voice.openings), *dice.some(voice.lines, 4), dice.pick(voice.closings)]
        told.append(f"**{n + 1}. {_capital(voice.name)}.** " + _fill(said, a, b))
    return "\n\n".join(told)


def named(topics: tuple[str, ...]) -> tuple[str, str]:
    """What a sentence calls its subject and the thing beside it, also when the message named neither."""
    return (topics[0] if topics else "what you said"), (topics[1] if len(topics) > 1 else "the rest of it")


def _talk(reading: Reading, dice: Dice) -> str:
    """Two paragraphs in one voice, now and then with a list, a quote or a remark on the message between them."""
    a, b = named(reading.topics)
    voice: Voice = dice.pick(VOICES)
    opening, lines = dice.pick(voice.openings), dice.some(voice.lines, 5)
    blocks = [f"*In the voice of {voice.name}:*", _fill([opening, *lines[:2]], a, b)]
    form = dice.between(0, 4)
    if form == 0:
        blocks += [dice.pick(phrases.BRIDGES).format(a=a), _fill([f"- {line}" for line in lines[2:]], a, b, "\n")]
        blocks.append(dice.pick(voice.closings))
    elif form == 1:
        saying, who = dice.pick(phrases.QUOTES)
        blocks += [f"> {saying}\n>\n> ({who.format(a=a)})", _fill([lines[2], dice.pick(voice.closings)], a, b)]
    elif form == 2 and reading.longest:
        blocks += [_fill([lines[2], dice.pick(voice.closings)], a, b), _remark(reading, dice)]
    else:
        blocks.append(_fill([*lines[2:4], dice.pick(voice.closings)], a, b))
    return "\n\n".join(blocks)


def _question(reading: Reading, text: str, dice: Dice) -> str:
    a, _ = named(reading.topics)
    return _with_letters(reading, f"{_talk(reading, dice)}\n\n{dice.pick(phrases.HONEST).format(a=a)}")


def _statement(reading: Reading, text: str, dice: Dice) -> str:
    return _with_letters(reading, _talk(reading, dice))


def _list(reading: Reading, text: str, dice: Dice) -> str:
    items = min(reading.number or dice.between(4, 6), LONGEST_LIST)
    return _with_letters(reading, listing(items, reading.ordered, *named(reading.topics), dice))


def _table(reading: Reading, text: str, dice: Dice) -> str:
    a, b = reading.pair or named(reading.topics)
    return table(min(reading.number or dice.between(4, 6), MOST_ROWS), a, b, dice)


def _code(reading: Reading, text: str, dice: Dice) -> str:
    return code(reading.language or dice.pick(("python", "typescript", "go")), reading.topics, dice)


def _quote(reading: Reading, text: str, dice: Dice) -> str:
    a, _ = named(reading.topics)
    saying, who = dice.pick(phrases.QUOTES)
    return f"{dice.pick(phrases.QUOTE_INTRO).format(a=a)}\n\n> {saying}\n>\n> ({who.format(a=a)})"


def _sum(reading: Reading, text: str, dice: Dice) -> str:
    found: Sum | None = reading.sum
    if found is None or found.result is None:
        return f"I can't give you a number for `{found.asked if found else text}`: {found.why if found else 'it is no sum'}."
    bank = phrases.SUMS if found.exact else phrases.ROUNDED_SUMS
    return dice.pick(bank).format(sum=f"`{found.asked}`", result=found.result)


def _greeting(reading: Reading, text: str, dice: Dice) -> str:
    return dice.pick(phrases.WELCOMES).format(hello=reading.hello)


def _remark(reading: Reading, dice: Dice) -> str:
    return dice.pick(phrases.REMARKS).format(
        words=counted(reading.words, "word"), characters=counted(reading.characters, "character"), longest=reading.longest
    )


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where that is due."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _with_letters(reading: Reading, answer: str) -> str:
    """Adds a word of apology where the message is written in letters that no sentence of ours has."""
    foreign = bool(reading.topics) and not any(c < "\u0250" for topic in reading.topics for c in topic if c.isalpha())
    return f"{answer}\n\n{phrases.LETTERS_ONLY}" if foreign else answer


def _fill(sentences: list[str], a: str, b: str, gap: str = " ") -> str:
    return gap.join(sentences).format(a=a, b=b)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _identifier(topic: str) -> str:
    words = [word for word in topic.lower().split() if word not in _ARTICLES]
    name = re.sub(r"[^a-z0-9]+", "_", " ".join(words)).strip("_")
    return name if name and not name[0].isdigit() else ""


_ANSWERS: dict[Kind, Callable[[Reading, str, Dice], str]] = {
    "greeting": _greeting,
    "thanks": lambda reading, text, dice: dice.pick(phrases.THANKS),
    "goodbye": lambda reading, text, dice: dice.pick(phrases.GOODBYES),
    "self": lambda reading, text, dice: dice.pick(phrases.SELF),
    "clock": lambda reading, text, dice: dice.pick(phrases.CLOCKLESS),
    "sum": _sum,
    "say": lambda reading, text, dice: reading.rest,
    "code": _code,
    "table": _table,
    "quote": _quote,
    "list": _list,
    "question": _question,
    "statement": _statement,
}
