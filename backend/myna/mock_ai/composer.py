"""Composes an answer in Markdown from phrase banks and the words of the message; every choice comes from the reply's seeded draws."""

import re
from collections.abc import Callable

from myna.mock_ai.analysis import Analysis, Kind, analyse
from myna.mock_ai.arithmetic import Sum
from myna.mock_ai.banks import phrases
from myna.mock_ai.banks.programs import program_for
from myna.mock_ai.banks.snippets import ALIASES, NAMES, SNIPPETS
from myna.mock_ai.banks.voices import VOICES, Voice
from myna.mock_ai.seeded_random import SeededRandom
from myna.mock_ai.sentences import capital, sentence

LONGEST_LIST = len(phrases.STEPS)
MOST_ROWS = len(phrases.CRITERIA)
LANGUAGES = tuple(SNIPPETS)

_ARTICLES = frozenset(("the", "a", "an", "your", "this", "these", "those"))
_CAMEL_CASE = frozenset({"typescript", "javascript", "go", "java"})


def compose(text: str, rng: SeededRandom) -> str:
    """An answer to any message, in the form it seems to ask for."""
    analysis = analyse(text)
    return _ANSWERS[analysis.kind](analysis, text, rng)


def code(language: str, topics: tuple[str, ...], rng: SeededRandom) -> str:
    """A short program in one of LANGUAGES, named after the first topic that can be an identifier."""
    own = [topic for topic in topics if not {*topic.lower().split()} & {*SNIPPETS, *ALIASES}]
    name = next((n for n in map(_identifier, own) if n), "myna")
    if language in _CAMEL_CASE:
        name = "".join(word.capitalize() for word in name.split("_"))
    about = {"a": own[0] if own else "a myna", "language": _spelled(language)}
    intro, outro = sentence(rng.pick(phrases.CODE_INTRO), rng, **about), sentence(rng.pick(phrases.CODE_OUTRO), rng)
    return f"{intro}\n\n```{language}\n{rng.pick(SNIPPETS[language]).replace('NAME', name)}```\n\n{outro}"


def table(rows: int, a: str, b: str, rng: SeededRandom) -> str:
    """A comparison of two things, 1 to MOST_ROWS rows."""
    lines = [f"| | {a} | {b} |", "|---|---|---|"]
    for name, left, right in rng.some(phrases.CRITERIA, rows):
        cells = (left, right) if rng.unit() < 0.5 else (right, left)
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    body = "\n".join(lines)
    return f"{sentence(rng.pick(phrases.TABLE_INTRO), rng, a=a, b=b)}\n\n{body}\n\n{sentence(rng.pick(phrases.VERDICTS), rng, a=a, b=b)}"


def listing(items: int, ordered: bool, a: str, b: str, rng: SeededRandom) -> str:
    """Steps in their natural order, or ideas in any; 1 to LONGEST_LIST items."""
    bank = phrases.STEPS if ordered else phrases.IDEAS
    chosen = rng.some(range(len(bank)), items)
    lines = [
        f"{f'{n}.' if ordered else '-'} **{bank[at][0]}**: {sentence(bank[at][1], rng, a=a, b=b)}"
        for n, at in enumerate(sorted(chosen) if ordered else chosen, 1)
    ]
    intro = sentence(rng.pick(phrases.STEPS_INTRO if ordered else phrases.IDEAS_INTRO), rng, a=a, n=len(lines))
    return intro + "\n\n" + "\n".join(lines)


def paragraphs(count: int, topics: tuple[str, ...], rng: SeededRandom) -> str:
    """So many paragraphs, each in the next voice of a drawn order."""
    a, b = named(topics)
    order = rng.some(VOICES, len(VOICES))
    told = []
    for n in range(count):
        voice = order[n % len(order)]
        said = [rng.pick(voice.openings), *rng.some(voice.lines, 4), rng.pick(voice.closings)]
        told.append(f"**{n + 1}. {capital(voice.name)}.** " + _fill(said, a, b, rng))
    return "\n\n".join(told)


def named(topics: tuple[str, ...]) -> tuple[str, str]:
    """What a sentence calls its subject and the thing beside it, also when the message named neither."""
    return (topics[0] if topics else "what you said"), (topics[1] if len(topics) > 1 else "the rest of it")


def _talk(analysis: Analysis, rng: SeededRandom) -> str:
    """Two paragraphs in one voice, now and then with a list, a quote or a remark on the message between them."""
    a, b = named(analysis.topics)
    voice: Voice = rng.pick(VOICES)
    opening, lines = rng.pick(voice.openings), rng.some(voice.lines, 5)
    blocks = [sentence(rng.pick(phrases.VOICE_LEADS), rng, voice=voice.name), _fill([opening, *lines[:2]], a, b, rng)]
    form = rng.between(0, 4)
    if form == 0:
        blocks += [sentence(rng.pick(phrases.BRIDGES), rng, a=a), _fill([f"- {line}" for line in lines[2:]], a, b, rng, "\n")]
        blocks.append(sentence(rng.pick(voice.closings), rng))
    elif form == 1:
        blocks += [_quoted(a, rng), _fill([lines[2], rng.pick(voice.closings)], a, b, rng)]
    elif form == 2 and analysis.longest:
        blocks += [_fill([lines[2], rng.pick(voice.closings)], a, b, rng), _remark(analysis, rng)]
    else:
        blocks.append(_fill([*lines[2:4], rng.pick(voice.closings)], a, b, rng))
    return "\n\n".join(blocks)


def _question(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    a, _ = named(analysis.topics)
    return _with_letters(analysis, f"{_talk(analysis, rng)}\n\n{sentence(rng.pick(phrases.HONEST), rng, a=a)}")


def _statement(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    return _with_letters(analysis, _talk(analysis, rng))


def _list(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    items = min(analysis.number or rng.between(4, 6), LONGEST_LIST)
    return _with_letters(analysis, listing(items, analysis.ordered, *named(analysis.topics), rng))


def _table(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    a, b = analysis.pair or named(analysis.topics)
    return table(min(analysis.number or rng.between(4, 6), MOST_ROWS), a, b, rng)


def _code(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    program = program_for(text[:1_000].lower())
    if program is None:
        return code(analysis.language or rng.pick(("python", "typescript", "go")), analysis.topics, rng)
    language = analysis.language if analysis.language in program.code else next(iter(program.code))
    spoken = _spelled(language)
    blocks = [
        sentence(rng.pick(phrases.PROGRAM_LEADS), rng, title=program.title, language=spoken),
        f"```{language}\n{program.code[language]}```",
    ]
    if analysis.language not in (None, language):
        blocks.append(sentence(phrases.PROGRAM_ONLY, rng, language=spoken, asked=_spelled(analysis.language)))
    return "\n\n".join([*blocks, sentence(rng.pick(phrases.PROGRAM_OUTRO), rng)])


def _spelled(language: str | None) -> str:
    return NAMES.get(language or "", (language or "").capitalize())


def _quote(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    a, _ = named(analysis.topics)
    return f"{sentence(rng.pick(phrases.QUOTE_INTRO), rng, a=a)}\n\n{_quoted(a, rng)}"


def _quoted(a: str, rng: SeededRandom) -> str:
    saying, who = rng.pick(phrases.QUOTES)
    return f"> {sentence(saying, rng)}\n>\n> ({sentence(who, rng, a=a)})"


def _sum(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    found: Sum | None = analysis.sum
    if found is None or found.result is None:
        return f"I can't give you a number for `{found.asked if found else text}`: {found.why if found else 'it is no sum'}."
    bank = phrases.SUMS if found.exact else phrases.ROUNDED_SUMS
    return rng.pick(bank).format(sum=f"`{found.asked}`", result=found.result)


def _greeting(analysis: Analysis, text: str, rng: SeededRandom) -> str:
    return sentence(rng.pick(phrases.WELCOMES), rng, hello=analysis.hello)


def _remark(analysis: Analysis, rng: SeededRandom) -> str:
    return sentence(
        rng.pick(phrases.REMARKS),
        rng,
        words=counted(analysis.words, "word"),
        characters=counted(analysis.characters, "character"),
        longest=analysis.longest,
    )


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where that is due."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _with_letters(analysis: Analysis, answer: str) -> str:
    """Adds a word of apology where the message is written in letters that no sentence of ours has."""
    foreign = bool(analysis.topics) and not any(c < "\u0250" for topic in analysis.topics for c in topic if c.isalpha())
    return f"{answer}\n\n{phrases.LETTERS_ONLY}" if foreign else answer


def _fill(sentences: list[str], a: str, b: str, rng: SeededRandom, gap: str = " ") -> str:
    return gap.join(sentence(one, rng, a=a, b=b) for one in sentences)


def _identifier(topic: str) -> str:
    words = [word for word in topic.lower().split() if word not in _ARTICLES]
    name = re.sub(r"[^a-z0-9]+", "_", " ".join(words)).strip("_")
    return name if name and not name[0].isdigit() else ""


_ANSWERS: dict[Kind, Callable[[Analysis, str, SeededRandom], str]] = {
    "greeting": _greeting,
    "thanks": lambda analysis, text, rng: rng.pick(phrases.THANKS),
    "goodbye": lambda analysis, text, rng: rng.pick(phrases.GOODBYES),
    "self": lambda analysis, text, rng: rng.pick(phrases.SELF),
    "clock": lambda analysis, text, rng: rng.pick(phrases.CLOCKLESS),
    "sum": _sum,
    "say": lambda analysis, text, rng: analysis.rest,
    "code": _code,
    "table": _table,
    "quote": _quote,
    "list": _list,
    "question": _question,
    "statement": _statement,
}
