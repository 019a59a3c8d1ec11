"""Reads a scenario file's text; everything that is wrong in it is told at once, each with line, key and what is allowed."""

import difflib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from myna.mock_ai.expressions import compiled
from myna.mock_ai.profiles import PROFILES
from myna.mock_ai.scenario_fields import FileFields, MatchFields, ReplyFields
from myna.mock_ai.scenario_lines import Lines, Path, UnreadableError, read
from myna.mock_ai.scenarios import OWNER_SEARCHES, Scenarios
from myna.mock_ai.templates import VARIABLES, placeholders

MAX_FILE = 1_000_000  # characters; a larger file is the wrong file
MAX_TOLD = 50  # problems; who has more has another trouble
KINDS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file."""

    line: int | None
    place: str  # keys and indexes, as in rules[2].match.regex; empty for the file itself
    reason: str

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.place or 'the file'} {self.reason}"


class ScenarioError(ValueError):
    """A scenario file that can't be used; `problems` are its mistakes, the text has one on each line."""

    def __init__(self, problems: list[Problem]) -> None:
        more = [f"and {len(problems) - MAX_TOLD} more"] if len(problems) > MAX_TOLD else []
        super().__init__("\n".join([*map(str, problems[:MAX_TOLD]), *more]))
        self.problems = problems


def parse_scenarios(text: str, kind: str = "yaml", base: Scenarios | None = None) -> Scenarios:
    """The scenarios and rules of a file's text, on top of `base`. Raises `ScenarioError`."""
    return Scenarios(_checked(text, kind, base)[0], base)


def canonical(text: str, kind: str, base: Scenarios) -> str:
    """The same file as JSON, which `with_rules` reads. Raises `ScenarioError`."""
    return json.dumps(_checked(text, kind, base)[1], ensure_ascii=False, default=str)


def _checked(text: str, kind: str, base: Scenarios | None) -> tuple[FileFields, Any]:
    if len(text) > MAX_FILE:
        raise ScenarioError([Problem(None, "", f"takes up to {MAX_FILE:,} characters, has {len(text):,}")])
    try:
        data, lines = read(text.removeprefix("\ufeff"), kind)
    except UnreadableError as problem:
        raise ScenarioError([Problem(problem.line, "", str(problem))]) from None
    try:
        file = FileFields.model_validate(data)
    except ValidationError as error:
        raise _error([_problem(one, lines) for one in error.errors(include_url=False)]) from None
    if problems := [Problem(_line(path, lines), _place(path), reason) for path, reason in _cross_checks(file, base)]:
        raise _error(problems)
    return file, data


@lru_cache(32)  # of an owner's largest rules a megabyte each
def with_rules(rules: str, base: Scenarios) -> Scenarios:
    """The scenarios of an owner's rules, as `canonical` wrote them, on top of `base`. Raises `ValueError`."""
    return Scenarios(FileFields.model_validate(json.loads(rules)), base, searches=OWNER_SEARCHES)


def _error(problems: list[Problem]) -> ScenarioError:
    return ScenarioError(sorted(problems, key=lambda problem: problem.line or 0))


def _cross_checks(file: FileFields, base: Scenarios | None) -> Iterator[tuple[Path, str]]:
    """What one place says and another must know: names of scenarios and profiles, and what templates fill in."""
    names = {*file.scenarios, *(base.names() if base else ())}
    profiles = {*file.profiles, *(base.profiles if base else PROFILES)}
    known = {*VARIABLES}
    for rule in file.rules:
        known |= groups_of(rule.match)
    places: list[tuple[Path, ReplyFields]] = [(("scenarios", name), reply) for name, reply in file.scenarios.items()]
    places += [(("rules", n, "reply"), rule.reply) for n, rule in enumerate(file.rules)]
    for top, reply in places:
        for path, one in _replies(top, reply):
            if one.use is not None and one.use not in names:
                yield (*path, "use"), f"names no scenario: {_suggest(one.use, names)}"
            if one.profile is not None and one.profile not in profiles:
                yield (*path, "profile"), f"names no profile: {_suggest(one.profile, profiles)}"
            for where, template in _templates(path, one):
                for name in placeholders(template):
                    if name not in known:
                        yield where, f"has ${{{name}}}, which nothing fills in: {_suggest(name, known)}"
    yield from ((("scenarios", name, "use"), "leads back to itself") for name in file.scenarios if _in_a_circle(name, file))


def groups_of(match: MatchFields) -> set[str]:
    """The names and numbers of the groups in a rule's expressions."""
    groups: set[str] = set()
    for pattern in (*(match.regex or ()), *(match.tool_result.regex or () if match.tool_result else ())):
        expression = compiled(pattern)
        groups |= {*map(str, range(expression.groups + 1)), *expression.groupindex}
    return groups


def _replies(path: Path, reply: ReplyFields) -> Iterator[tuple[Path, ReplyFields]]:
    yield path, reply
    for key in ("by_turn", "by_attempt", "choices"):
        for n, inner in enumerate(getattr(reply, key) or ()):
            yield from _replies((*path, key, n), inner)


def _templates(path: Path, reply: ReplyFields) -> Iterator[tuple[Path, str]]:
    if reply.text is not None:
        yield (*path, "text"), reply.text
    for n, part in enumerate(reply.parts or ()):
        yield (*path, "parts", n, "text"), part.text
    for n, call in enumerate(reply.tool_calls or ()):
        yield from ((((*path, "tool_calls", n, "arguments")), text) for text in _texts(call.arguments))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for inner in data.values() if isinstance(data, dict) else data:
            yield from _texts(inner)


def _in_a_circle(name: str, file: FileFields) -> bool:
    """Whether a scenario comes back to itself by `use`."""
    seen, open_names = set(), [name]
    while open_names:
        for _, reply in _replies((), file.scenarios[open_names.pop()]):
            if reply.use == name:
                return True
            if reply.use in file.scenarios and reply.use not in seen:
                seen.add(reply.use)
                open_names.append(reply.use)
    return False


def _problem(error: Any, lines: Lines) -> Problem:
    path = tuple(step for step in error["loc"] if step != "[key]")
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        reason = f"is not known here: {_suggest(str(path[-1]), _fields_at(path[:-1]))}"
    elif kind == "missing":
        reason = "is missing"
    elif kind == "value_error":
        reason = str(error["ctx"]["error"])
    else:
        hint = " (YAML took it for something else: quote it)" if kind == "string_type" and isinstance(given, bool | int | float) else ""
        takes = error["msg"].replace("Input should", "should").replace("String should", "should").replace("pattern '^", "pattern '")
        reason = f"{takes[:1].lower()}{takes[1:]}, got {_shown(given)}{hint}"
    return Problem(_line(path, lines), _place(path), reason)


def _fields_at(path: Path) -> list[str]:
    """The fields that the object at this place takes."""
    model: type[BaseModel] = FileFields
    for step in path:
        if isinstance(step, str) and step in model.model_fields:
            inner = _model_in(model.model_fields[step].annotation)
            model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)


def _suggest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    listed = sorted(known, key=lambda one: (one.isdigit(), one))
    return (f"did you mean {close[0]}? " if close else "") + f"allowed are {', '.join(listed[:40])}{' …' if len(listed) > 40 else ''}"


def _line(path: Path, lines: Lines) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _place(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in path).removeprefix(".")


def _shown(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
