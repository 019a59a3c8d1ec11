"""JSON Schemas as strangers send them: checked, brought to one level for drawing a value, and kept from doing harm.

A client may put anything into a schema. References are followed within it only, and expressions are run by RE2, so that
neither the network nor a pattern of exponential time can be reached.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import re2

from myna.mock_ai.seeded_random import SeededRandom

MAX_OBJECTS = 1_000  # in a schema: to look through each takes half a millisecond
MAX_REFERENCES = 40  # one behind the other, before it is taken for a circle


class SchemaError(ValueError):
    """This is no JSON Schema, or one that uses what is not supported; the text says what."""


class UnsatisfiableError(ValueError):
    """No value is valid by this schema, or none of a size that can be sent."""


def _objects_in(schema: Any) -> int:
    """How many objects there are, itself included. Counts no further than it matters."""
    left, count = [schema], 0
    while left and count <= MAX_OBJECTS:
        one = left.pop()
        count += isinstance(one, Mapping)
        left += one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
    return count


@cache
def _validator_class(kind: type) -> Any:
    from jsonschema import validators

    return validators.extend(kind, {"pattern": _pattern, "patternProperties": _pattern_properties})  # type: ignore[no-untyped-call]


def is_valid(schema: Any) -> Callable[[Any], bool]:
    """A check of values against the schema. Raises `SchemaError` when it is none, or has more than `MAX_OBJECTS` objects."""
    if _objects_in(schema) > MAX_OBJECTS:
        raise SchemaError(f"This JSON Schema holds more than {MAX_OBJECTS} objects.")
    from jsonschema import validators  # with what it needs a tenth of a second that most processes need not spend
    from jsonschema.exceptions import SchemaError as InvalidSchema
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except InvalidSchema as problem:
        place = ".".join(map(str, problem.path))
        raise SchemaError(f"This is no JSON Schema{f': {place}' if place else ''}: {problem.message[:200]}.") from None
    except RecursionError:
        raise SchemaError("This JSON Schema is nested too deeply.") from None
    validator = _validator_class(kind)(schema, registry=Registry())

    def check(value: Any) -> bool:
        try:
            return bool(validator.is_valid(value))
        except Unresolvable as problem:
            raise SchemaError(f"This JSON Schema refers to {problem.ref!r}, which is not within it.") from None
        except RecursionError:
            raise SchemaError("This JSON Schema refers to itself without end.") from None

    return check


def safe_pattern(pattern: str) -> Any:
    """An expression of a schema, compiled by RE2. Raises `SchemaError` for one that needs more, such as a look-ahead."""
    options = re2.Options()
    options.log_errors, options.max_mem = False, 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        reason = problem.args[0].decode("utf-8", "replace") if isinstance(problem.args[0], bytes) else problem
        raise SchemaError(f"The pattern {pattern[:80]!r} is not supported: {reason}.") from None


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not safe_pattern(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], value: Any, schema: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern, inner in patterns.items():
            expression = safe_pattern(pattern)
            for key, one in value.items():
                if expression.search(key):
                    yield from validator.descend(one, inner, path=key, schema_path=pattern)


def flattened(schema: Any, root: Any, rng: SeededRandom, *, simple: bool) -> dict[str, Any] | None:
    """The schema with its references, allOf, if and one branch of anyOf or oneOf brought to one level; None: nothing is valid.

    `simple` takes branches that refer to nothing, so that a schema that refers to itself comes to an end.
    """
    if isinstance(schema, bool):
        return {} if schema else None
    done: dict[str, Any] = {}
    waiting = [schema]
    followed = 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, bool):
            if not one:
                return None
            continue
        merge(done, {key: value for key, value in one.items() if key not in _COMBINING})
        if "$ref" in one:
            followed += 1
            if followed > MAX_REFERENCES:
                raise UnsatisfiableError("This JSON Schema refers to itself without end.")
            waiting.append(referred(one["$ref"], root))
        waiting += one.get("allOf", ())
        for key in ("anyOf", "oneOf"):
            if branches := one.get(key):
                waiting.append(rng.pick([b for b in branches if not _refers(b)] or branches) if simple else rng.pick(branches))
        if "if" in one:
            waiting += [one["if"], one.get("then", True)] if rng.unit() < 0.5 else [one.get("else", True)]
    return done


_COMBINING = ("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "$defs", "definitions")


def _refers(schema: Any) -> bool:
    """Whether a schema, or anything in it, refers to another place."""
    if isinstance(schema, dict):
        return "$ref" in schema or any(_refers(inner) for inner in schema.values())
    return isinstance(schema, list) and any(_refers(inner) for inner in schema)


def referred(reference: str, root: Any) -> Any:
    """What a reference within the schema means. Raises `SchemaError`."""
    place = root
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise SchemaError(f"This JSON Schema refers to {str(reference)[:80]!r}; references within it, as #/$defs/name, are followed.")
    for step in reference.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~").replace("%25", "%")
        if isinstance(place, list) and key.isdigit() and int(key) < len(place):
            place = place[int(key)]
        elif isinstance(place, dict) and key in place:
            place = place[key]
        else:
            raise SchemaError(f"This JSON Schema refers to {reference[:80]!r}, which is not within it.")
    return place


def merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Add what another schema asks; where both limit one thing, the narrower holds."""
    for key, value in other.items():
        into[key] = _NARROWED[key](into[key], value) if key in into and key in _NARROWED else value


def _both(left: Any, right: Any) -> Any:
    return right if left is True or left == right else left if right is True else {"allOf": [left, right]}


def _types(left: Any, right: Any) -> Any:
    lefts, rights = ([one] if isinstance(one, str) else list(one) for one in (left, right))
    common = [kind for kind in lefts if kind in rights]
    if "integer" in (lefts if "number" in rights else rights if "number" in lefts else ()) and "integer" not in common:
        common.append("integer")
    return common


def _objects(left: Any, right: Any) -> Any:
    return {**left, **{key: _both(left[key], value) if key in left else value for key, value in right.items()}}


_NARROWED: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _objects,
    "patternProperties": _objects,
    "dependentRequired": _objects,
    "required": lambda left, right: [*left, *(name for name in right if name not in left)],
    "type": _types,
    "enum": lambda left, right: [one for one in left if one in right],
    "items": _both,
    "additionalProperties": _both,
    "propertyNames": _both,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
