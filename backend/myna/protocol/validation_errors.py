"""Validation errors as sentences that say which field is wrong and what is allowed there, in our words instead of pydantic's."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from myna.protocol.ids import UUID_PATTERN

Context = Mapping[str, Any]
Shape = Sequence[type[BaseModel]]  # the models that are accepted: a value must be one of these

NAME_SHOWN = 60  # characters of an unknown field's name that are repeated in the error
MANY_ERRORS = 100  # beyond, no sentence is made of any: pydantic gives them all or none, some microseconds each
# How pydantic names the branches of a union in the location of an error.
_BRANCH = re.compile(r"(constrained-)?(str|int|float|bool)|.*[\[(].*")
_PLACE_IN_JSON = re.compile(r"line (\d+) column (\d+)")

_DATETIMES = ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid", "timezone_aware")
TAKES: Mapping[str, Callable[[Context], str]] = {
    **dict.fromkeys(_DATETIMES, lambda _: "a timestamp with its zone, such as 2026-01-31T12:00:00Z"),
    "string_type": lambda _: "text",
    "string_too_long": lambda rule: f"at most {rule['max_length']} characters",
    "string_too_short": lambda rule: f"at least {_counted(rule['min_length'], 'character')}",
    "string_pattern_mismatch": lambda rule: "a UUID" if rule["pattern"] == UUID_PATTERN else f"text like {rule['pattern']}",
    "int_type": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a smaller number",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "greater_than": lambda rule: f"more than {rule['gt']:g}",
    "greater_than_equal": lambda rule: f"at least {rule['ge']}",
    "less_than": lambda rule: f"less than {rule['lt']}",
    "less_than_equal": lambda rule: f"at most {str(rule['le']).removesuffix('.0')}",
    "literal_error": lambda rule: str(rule["expected"]),
    "union_tag_invalid": lambda rule: f"one of {rule['expected_tags']}",
    "list_type": lambda _: "a list",
    "too_long": lambda rule: f"at most {_counted(rule['max_length'], 'item')}",
    "too_short": lambda rule: f"at least {_counted(rule['min_length'], 'item')}",
    "dict_type": lambda _: "an object",
    "model_type": lambda _: "an object",
    "model_attributes_type": lambda _: "an object",
}


class Wrong(NamedTuple):
    """The first thing that is wrong with a value."""

    place: str  # the field's name, dotted where it lies deeper; "" for the value itself
    kind: str  # pydantic's name of the error
    takes: str  # what is allowed there: follows "takes"
    sentence: str  # all of it, without a full stop


def wrong(error: ValidationError, shape: Shape) -> Wrong:
    """The first error of a value that was to be one of the models in `shape`."""
    if error.error_count() > MANY_ERRORS:
        return Wrong("", "many_errors", "", f"This is wrong in {error.error_count()} places")
    found = error.errors(include_url=False, include_input=False)
    first, kind = found[0], found[0]["type"]
    parts, fields = _place(first, shape)
    place = ".".join(parts)
    takes = " or ".join(dict.fromkeys(_takes(one) for one in found if one["type"] in TAKES and _place(one, shape)[0] == parts))
    if kind == "missing":
        sentence = f"{place} is missing"
    elif kind == "extra_forbidden":
        parent = ".".join(parts[:-1])
        sentence = f"{place} is not known{f' to {parent}' if parent else ''}; what is known is {listed(fields)}"
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        place = ".".join([*parts, first["ctx"]["discriminator"].strip("'")])
        sentence = f"{place} is missing" if kind == "union_tag_not_found" else f"{place} takes {takes}"
    elif kind == "json_invalid":
        where = _PLACE_IN_JSON.search(first["ctx"]["error"])
        sentence = "This is no JSON" + (f" (line {where[1]}, column {where[2]})" if where else "")
    elif kind == "value_error":
        sentence = f"{place}: {first['ctx']['error']}" if place else str(first["ctx"]["error"])
    else:
        sentence = f"{place or 'This'} takes {takes or 'something else'}"
    return Wrong(place, kind, takes, sentence)


def _takes(error: ErrorDetails) -> str:
    return TAKES[error["type"]](error.get("ctx", {}))


def _place(error: ErrorDetails, shape: Shape) -> tuple[list[str], list[str]]:
    """The path to an error in the value as its sender wrote it, and the names of the fields known there."""
    parts: list[str] = []
    models = list(shape)
    names: dict[str, Any] = {}
    for part in error["loc"]:
        if isinstance(part, int):
            parts.append(str(part))
            continue
        names = {field.alias or name: field for model in models for name, field in model.model_fields.items()}
        if part in names:
            parts.append(part)
            models = list(_models_in(names[part].annotation))
        elif tagged := [model for model in models if _has_tag(model, part)]:
            models = tagged
        elif error["type"] == "extra_forbidden" or not _BRANCH.fullmatch(part):
            parts.append(shown_name(part))
    return parts, list(names)


def shown_name(name: str) -> str:
    """A name from outside as an error may repeat it: not all of a long one, and no control characters."""
    return name[:NAME_SHOWN] if name.isprintable() else ascii(name[:NAME_SHOWN])


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _has_tag(model: type[BaseModel], tag: str) -> bool:
    return any(get_origin(field.annotation) is Literal and tag in get_args(field.annotation) for field in model.model_fields.values())


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def listed(names: Sequence[str]) -> str:
    """Names as an English list: a, b and c."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
