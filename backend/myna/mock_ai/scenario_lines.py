"""Parses YAML, JSON or TOML into plain data and the line of each key, so that an error can name its place."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import yaml

Path = tuple[str | int, ...]
Lines = dict[Path, int]  # of a value's path: its line, from 1

MAX_DEPTH = 40  # objects and lists within each other; libyaml's own recursion has no limit
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*([\w.-]+|"[^"]*"|'[^']*')\s*=""")


class UnreadableError(ValueError):
    """The text is no YAML, JSON or TOML that can be taken; `line` is where that shows."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def read(text: str, kind: str) -> tuple[Any, Lines]:
    """The data and the lines of a file; `kind` is yaml, json or toml. Raises `UnreadableError`."""
    try:
        return _READERS[kind](text)
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None


def _yaml(text: str) -> tuple[Any, Lines]:
    try:
        _check_events(text)
        loader = _LOADER(text)
        node = loader.get_single_node()
        if node is None:
            raise UnreadableError("is empty")
        lines: Lines = dict(_lines(node, ()))
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        raise UnreadableError(f"is not YAML: {problem.problem}", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as problem:
        if isinstance(problem, UnreadableError):
            raise
        raise UnreadableError(f"is not YAML: {str(problem).splitlines()[0]}") from None


def _check_events(text: str) -> None:
    """Refuse what would take unbounded depth or, by references, unbounded size."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            raise UnreadableError("must not refer to another place with *", _line_of(event))
        if depth > MAX_DEPTH:
            raise UnreadableError("is nested too deeply", _line_of(event))


def _line_of(event: yaml.Event) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for n, item in enumerate(node.value):
            yield from _lines(item, (*path, n))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise UnreadableError(f"has {name} twice in one object", line)
            seen.add(name)
            yield from _lines(value, (*path, name))
            yield (*path, name), line  # a key's line, where its value begins on the next


def _json(text: str) -> tuple[Any, Lines]:
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as problem:
        raise UnreadableError(f"is not JSON: {problem.msg} at column {problem.colno}", problem.lineno) from None
    except ValueError as problem:
        if isinstance(problem, UnreadableError):
            raise
        raise UnreadableError("has a number with too many digits") from None
    try:  # JSON without its tabs is YAML, whose parser tells lines
        return data, _yaml(text.replace("\t", " "))[1]
    except UnreadableError:
        return data, {}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        raise UnreadableError(f"has {next(n for n in names if names.count(n) > 1)} twice in one object")
    return fields


def _constant(name: str) -> None:
    raise UnreadableError(f"has {name}, which JSON doesn't")


def _toml(text: str) -> tuple[Any, Lines]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        raise UnreadableError(f"is not TOML: {problem}", int(found[1]) if found else len(text.splitlines())) from None
    return data, _toml_lines(text)


def _toml_lines(text: str) -> Lines:
    """The lines of tables and of keys that begin a line; of what is within a value, only the value's own."""
    lines: Lines = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = ()
            for name in _keys(found[2]):
                table = (*table, name)
                if table in counts:
                    table = (*table, counts[table])
            if found[1] == "[[":
                table = table[:-1] if isinstance(table[-1], int) else table
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif found := _KEY.match(line):
            lines.setdefault((*table, *_keys(found[1])), number)
    return lines


def _keys(dotted: str) -> list[str]:
    return [found.strip("\"'") for found in re.findall(r'"[^"]*"|\'[^\']*\'|[^.\s]+', dotted)]


_READERS: dict[str, Callable[[str], tuple[Any, Lines]]] = {"yaml": _yaml, "json": _json, "toml": _toml}
