"""The commands a person can type; an argument that doesn't fit is answered with what is allowed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from myna.mock_ai import composer
from myna.mock_ai.banks import display
from myna.mock_ai.banks.snippets import ALIASES
from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.failures import FAILURES, failure
from myna.mock_ai.port import End, Prompt
from myna.mock_ai.scenarios import Scenarios
from myna.mock_ai.seeded_random import SeededRandom

MAX_WAIT_S = 30.0  # seconds of /sleep, and the longest wait a script may ask for: well within any sensible idle limit
MAX_SLOW_S = 5.0  # seconds between two parts of /slow
MAX_PARAGRAPHS = 60  # of /long: about 27 kB, within a reply's bytes
MAX_FAILURES = 100  # attempts that /fail makes fail before one succeeds
MAX_WORDS = 4_000  # of /words: about 25 kB


class _BadArgumentError(ValueError):
    """The text is the sentence the person gets: what is allowed."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a command may look at besides its argument."""

    prompt: Prompt
    rng: SeededRandom
    scenarios: Scenarios
    poison: bool = False  # whether /poison may crash whoever answers


class Poisoned(Exception):
    """Raised on purpose by /poison, at every attempt."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of /help; `answer` makes its draft from the argument and the context."""

    name: str
    arguments: str
    help: str
    example: str  # arguments that work
    answer: Callable[[str, Context], Draft] = field(repr=False)


def command(context: Context, *, known_only: bool) -> Draft | None:
    """The draft of a typed command; None when the message is none, or with `known_only` when it is an unknown one."""
    line = context.prompt.text.lstrip()
    if not line.startswith("/") or line.startswith(("//", "/*")):  # those two open a comment in code
        return None
    name = line.split(maxsplit=1)[0]
    if "/" in name[1:]:  # a path, not a command
        return None
    rest = line[len(name) :]
    argument = rest[1:] if rest[:1].isspace() else rest
    known = _BY_NAME.get(name.lower())
    if known is None:
        shown = name if len(name) <= 24 else "That"
        unknown = f"{_plain(shown)} is no command of mine. I know {_names()}; `/help` says what each of them does."
        return None if known_only else Draft(unknown, STOP)
    try:
        draft = known.answer(argument, context)
        return draft if draft.rule else replace(draft, rule=known.name)
    except _BadArgumentError as allowed:
        return Draft(f"{allowed} For example: `{f'{known.name} {known.example}'.rstrip()}`.", STOP)


def _plain(name: str) -> str:
    return name if name == "That" else "`" + name.replace("`", "") + "`"


def _names() -> str:
    return ", ".join(f"`{known.name}`" for known in COMMANDS)


def _whole(argument: str, default: int, most: int, what: str) -> int:
    text = argument.strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):
        raise _BadArgumentError(f"{what} takes a whole number from 1 to {most:,}.")
    return int(text)


def _seconds(argument: str, default: float, least: float, most: float, what: str) -> float:
    text = argument.strip().removesuffix("s").rstrip()
    if not argument.strip():
        return default
    try:
        value = float(text) if text.isascii() and len(text) <= 10 else -1.0
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise _BadArgumentError(f"{what} takes a number of seconds from {least:g} to {most:g}.")
    return value


def _nothing(argument: str, what: str) -> None:
    if argument.strip():
        raise _BadArgumentError(f"{what} takes nothing after it.")


def _help(argument: str, context: Context) -> Draft:
    rows = "\n".join(f"- `{f'{c.name} {c.arguments}'.strip()}`: {c.help}" for c in COMMANDS)
    return Draft(f"I am a mock, and these are my tricks:\n\n{rows}\n\nAnything else I answer in a borrowed voice.", STOP)


def _echo(argument: str, context: Context) -> Draft:
    if not argument.strip():
        raise _BadArgumentError("`/echo` takes the text that I am to repeat.")
    return Draft(argument, STOP)


def _slow(argument: str, context: Context) -> Draft:
    each = _seconds(argument, 0.5, 0.05, MAX_SLOW_S, "`/slow`")
    opening = f"I leave {each:g} seconds between these words. Press stop, reload the page, or pull the cable. "
    return Draft(opening + "Whatever you do, the sentence will be whole in the end.", STOP, each, each)


def _sleep(argument: str, context: Context) -> Draft:
    wait = _seconds(argument, 5.0, 0.0, MAX_WAIT_S, "`/sleep`")
    return Draft(f"Awake again after {wait:g} seconds, and nothing got lost in the meantime.", STOP, wait)


def _long(argument: str, context: Context) -> Draft:
    count = _whole(argument, 12, MAX_PARAGRAPHS, "`/long`")
    return Draft(composer.paragraphs(count, ("this long reply", "the next paragraph"), context.rng), STOP)


def _words(argument: str, context: Context) -> Draft:
    count = _whole(argument, 100, MAX_WORDS, "`/words`")
    return Draft(" ".join(context.rng.pick(display.WORDS) for _ in range(count)), STOP)


def _fail(argument: str, context: Context) -> Draft:
    code, _, times = (argument.strip().lower() or "overloaded").partition(" ")
    if code not in FAILURES:
        raise _BadArgumentError(f"`/fail` takes one of {', '.join(f'`{known}`' for known in FAILURES)}.")
    attempt = context.prompt.attempt
    if times and attempt > _whole(times, 1, MAX_FAILURES, "The second argument of `/fail`"):
        return Draft(f"Attempt {attempt} went well.", STOP)
    return Draft("", failure(code))


def _play(argument: str, context: Context) -> Draft:
    names, chosen = context.scenarios.names(), argument.strip().lower()
    if not chosen:
        rows = "\n".join(f"- `/play {name}`: {about}" for name, about in names.items())
        problem = context.scenarios.problem
        kept = f"\n\nThe last edit of the scenario file could not be used, so the one before it is in force:\n\n```\n{problem}\n```"
        return Draft(f"These are the scenarios:\n\n{rows}{kept if problem else ''}", STOP)
    if chosen not in names:
        raise _BadArgumentError(f"`/play` takes one of {', '.join(f'`{name}`' for name in names)}.")
    return context.scenarios.named(chosen, context.prompt, context.rng)


def _cut(argument: str, context: Context) -> Draft:
    _nothing(argument, "`/cut`")
    return Draft("This reply reaches its limit before it reaches its", End("length", 0.0))


def _code(argument: str, context: Context) -> Draft:
    asked = argument.strip().lower()
    language = ALIASES.get(asked, asked) or context.rng.pick(composer.LANGUAGES)
    if language not in composer.LANGUAGES:
        raise _BadArgumentError(f"`/code` takes one of {', '.join(composer.LANGUAGES)}.")
    return Draft(composer.code(language, (), context.rng), STOP)


def _table(argument: str, context: Context) -> Draft:
    return Draft(composer.table(_whole(argument, 5, composer.MOST_ROWS, "`/table`"), "Wire", "Queue", context.rng), STOP)


def _list(argument: str, context: Context) -> Draft:
    count = _whole(argument, 5, composer.LONGEST_LIST, "`/list`")
    return Draft(composer.listing(count, context.rng.unit() < 0.5, "a free afternoon", "an old radio", context.rng), STOP)


def _seed(argument: str, context: Context) -> Draft:
    _nothing(argument, "`/seed`")
    if context.prompt.seed is None:
        drawn = f"This reply was drawn from its key, `{context.prompt.key}`, since no seed was chosen: said again, it comes out otherwise."
    else:
        drawn = f"This reply was drawn from seed `{context.prompt.seed}` and the text of your message: say it again, and so do I."
    handed = "Any responder that is handed the same says the same, and one that takes over in the middle goes on where the other stopped."
    return Draft(f"{drawn}\n\n{handed}", STOP)


def _poison(argument: str, context: Context) -> Draft:
    _nothing(argument, "`/poison`")
    if context.poison:
        raise Poisoned("/poison crashes whoever answers it.")
    return Draft("Crashing responders is for the laboratory, which is closed here: an operator opens it with `CHAT_LAB=true`.", STOP)


def _page(what: str, text: str) -> Callable[[str, Context], Draft]:
    def answer(argument: str, context: Context) -> Draft:
        _nothing(argument, f"`{what}`")
        return Draft(text, STOP)

    return answer


COMMANDS: tuple[Command, ...] = (
    Command("/help", "", "this list", "", _help),
    Command("/echo", "<text>", "says your text back, exactly", "good morning", _echo),
    Command("/slow", "[seconds]", f"speaks with so many seconds between parts, up to {MAX_SLOW_S:g}", "0.5", _slow),
    Command("/sleep", "[seconds]", f"is silent first, for up to {MAX_WAIT_S:g} seconds", "5", _sleep),
    Command("/long", "[paragraphs]", f"talks at length, up to {MAX_PARAGRAPHS} paragraphs", "12", _long),
    Command("/words", "[number]", f"says exactly so many words, up to {MAX_WORDS:,}", "100", _words),
    Command("/fail", "[code] [times]", f"fails on purpose, or only so many times: {', '.join(FAILURES)}", "rate_limited 2", _fail),
    Command("/play", "[scenario]", "plays a scripted reply; alone it lists them", "tour", _play),
    Command("/cut", "", "ends in the middle, as if at a length limit", "", _cut),
    Command("/code", "[language]", f"writes a short program: {', '.join(composer.LANGUAGES)}", "python", _code),
    Command("/table", "[rows]", f"draws a table, up to {composer.MOST_ROWS} rows", "4", _table),
    Command("/list", "[items]", f"makes a list, up to {composer.LONGEST_LIST} items", "5", _list),
    Command("/markdown", "", "shows all of Markdown, for trying a renderer", "", _page("/markdown", display.MARKDOWN)),
    Command("/emoji", "", "shows characters that must not come apart", "", _page("/emoji", display.EMOJI)),
    Command("/rtl", "", "writes from right to left", "", _page("/rtl", display.RTL)),
    Command("/poison", "", "crashes each attempt until it is a dead letter, where the laboratory is open", "", _poison),
    Command("/seed", "", "tells what this reply was drawn from", "", _seed),
)
_BY_NAME = {known.name: known for known in COMMANDS}
