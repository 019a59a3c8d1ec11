"""Parses the JSON of a scenario file into scripted replies and rules; every error names its place."""

import json
import math
import re
from typing import NoReturn

from myna.mock_ai.commands import MAX_WAIT_S
from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.parts import MAX_BYTES, MAX_PARTS, fits
from myna.mock_ai.patterns import compile_pattern
from myna.mock_ai.port import End, Failure, Part
from myna.mock_ai.scenarios import Rule, Scenarios, Script

MAX_FILE = 1_000_000  # characters; a larger file is the wrong file
MAX_SCRIPTS = 200
MAX_RULES = 500

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_NAME_ALLOWED = "1 to 40 of a-z 0-9 _ -, a letter first"


class ScenarioError(ValueError):
    """A scenario file that can't be used; the text is one sentence with the place and what is allowed there."""


def parse_scenarios(text: str) -> Scenarios:
    """The scripts and rules of a file's text. ScenarioError at the first thing that is wrong."""
    if len(text) > MAX_FILE:
        _wrong("the file", f"may have {MAX_FILE:,} characters, has {len(text):,}")
    try:
        data = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as problem:
        _wrong("the file", f"is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}")
    except (RecursionError, ValueError) as problem:
        if isinstance(problem, ScenarioError):
            raise
        _wrong("the file", "is nested too deeply, or has a number with too many digits")
    top = _fields(data, "the file", needs=("version", "scripts"), may=("rules",))
    if top["version"] is True or top["version"] != 1:
        _wrong("version", f"must be 1, got {_shown(top['version'])}")
    if not isinstance(top["scripts"], dict) or not 1 <= len(top["scripts"]) <= MAX_SCRIPTS:
        _wrong("scripts", f"must be an object of 1 to {MAX_SCRIPTS} scripts by name")
    scripts = {name: _script(name, script) for name, script in top["scripts"].items()}
    rules = top.get("rules", [])
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        _wrong("rules", f"must be a list of up to {MAX_RULES} rules")
    return Scenarios(scripts, tuple(_rule(rule, f"rules[{n}]", scripts) for n, rule in enumerate(rules)))


def _script(name: str, data: object) -> Script:
    place = f"scripts.{name[:60]}"
    if not _NAME.fullmatch(name):
        _wrong(place, f"has a name that is not allowed: {_NAME_ALLOWED}")
    fields = _fields(data, place, may=("about", "text", "parts", "finish_reason", "fail"))
    if "text" in fields and "parts" in fields:
        _wrong(place, "must have text (said at the profile's pace) or parts (with waits of their own), not both")
    if "fail" in fields and "finish_reason" in fields:
        _wrong(place, "must have fail or finish_reason, not both")
    if not fields.keys() & {"text", "parts", "fail"}:
        _wrong(place, "must have text, parts or fail")
    about = _text(fields.get("about", "a script"), f"{place}.about", 200)
    ending = _ending(fields, place)
    if "parts" in fields:
        return Script(name, about, Draft(ending=ending, parts=_parts(fields["parts"], f"{place}.parts")))
    text = _text(fields["text"], f"{place}.text", MAX_BYTES) if "text" in fields else ""
    if not fits(text):
        _wrong(f"{place}.text", f"must be at most {MAX_BYTES:,} bytes")
    return Script(name, about, Draft(text, ending))


def _parts(data: object, place: str) -> tuple[Part, ...]:
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_PARTS:
        _wrong(place, f"must be a list of 1 to {MAX_PARTS:,} parts")
    parts = tuple(_part(part, f"{place}[{n}]") for n, part in enumerate(data))
    if not fits("".join(part.text for part in parts)):
        _wrong(place, f"must be at most {MAX_BYTES:,} bytes together")
    return parts


def _part(data: object, place: str) -> Part:
    if isinstance(data, str):
        return Part(_text(data, place, MAX_BYTES), 0.0)
    fields = _fields(data, place, needs=("text",), may=("after_s",))
    return Part(_text(fields["text"], f"{place}.text", MAX_BYTES), _wait(fields, place))


def _ending(fields: dict[str, object], place: str) -> End | Failure:
    if "fail" in fields:
        place = f"{place}.fail"
        fail = _fields(fields["fail"], place, needs=("code", "detail"), may=("retryable", "after_s"))
        code, retryable = fail["code"], fail.get("retryable", False)
        if not isinstance(code, str) or not _NAME.fullmatch(code):
            _wrong(f"{place}.code", f"must be {_NAME_ALLOWED}, got {_shown(code)}")
        if not isinstance(retryable, bool):
            _wrong(f"{place}.retryable", f"must be true or false, got {_shown(retryable)}")
        return Failure(code, _text(fail["detail"], f"{place}.detail", 500), retryable, _wait(fail, place))
    reason = fields.get("finish_reason", "stop")
    if reason == "length":
        return End("length", 0.0)
    if reason != "stop":
        _wrong(f"{place}.finish_reason", f'must be "stop" or "length", got {_shown(reason)}')
    return STOP


def _rule(data: object, place: str, scripts: dict[str, Script]) -> Rule:
    fields = _fields(data, place, needs=("match", "script"))
    script = fields["script"]
    if not isinstance(script, str) or script not in scripts:
        known = ", ".join(list(scripts)[:12])
        _wrong(f"{place}.script", f"must name a script of this file ({known}), got {_shown(script)}")
    match = _fields(fields["match"], f"{place}.match", may=("exact", "contains", "regex"))
    if len(match) != 1:
        _wrong(f"{place}.match", "must have exactly one of exact, contains, regex")
    way, wanted = next(iter(match.items()))
    place = f"{place}.match.{way}"
    words = _text(wanted, place, 8_000)
    if way == "regex":
        try:
            return Rule(script, regex=compile_pattern(words))
        except ValueError as problem:
            _wrong(place, str(problem))
    folded = words.casefold() if way == "contains" else words.strip().casefold()
    return Rule(script, contains=folded) if way == "contains" else Rule(script, exact=folded)


def _fields(data: object, place: str, *, needs: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> dict[str, object]:
    if not isinstance(data, dict):
        _wrong(place, f"must be an object with {', '.join((*needs, *may))}, got {_shown(data)}")
    for name in needs:
        if name not in data:
            _wrong(place, f"must have {name}")
    for name in data:
        if name not in needs and name not in may:
            _wrong(place, f"has an unknown field {_shown(name)}; allowed are {', '.join((*needs, *may))}")
    return data


def _text(data: object, place: str, most: int) -> str:
    if not isinstance(data, str) or not 1 <= len(data) <= most:
        _wrong(place, f"must be a text of 1 to {most:,} characters, got {_shown(data)}")
    if "\0" in data or any("\ud800" <= c <= "\udfff" for c in data):
        _wrong(place, "must not have NUL characters or lone surrogates")
    return data


def _wait(fields: dict[str, object], place: str) -> float:
    wait = fields.get("after_s", 0.0)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= MAX_WAIT_S or math.isnan(wait):
        _wrong(f"{place}.after_s", f"must be a number of seconds from 0 to {MAX_WAIT_S:g}, got {_shown(wait)}")
    return float(wait)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        _wrong("the file", f"has {_shown(next(n for n in names if names.count(n) > 1))} twice in one object")
    return fields


def _constant(name: str) -> NoReturn:
    _wrong("the file", f"has {name}, which JSON doesn't")


def _shown(data: object) -> str:
    text = json.dumps(data, ensure_ascii=True)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(place: str, what: str) -> NoReturn:
    raise ScenarioError(f"{place} {what}")
