"""Makes a value for a JSON Schema from a seed: valid, the same for the same seed, and readable by the fields' names."""

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from myna.mock_ai.json_schemas import SchemaError, UnsatisfiableError, flattened, is_valid, safe_pattern
from myna.mock_ai.named_values import format_value, named_number, named_text
from myna.mock_ai.pattern_texts import matching_text
from myna.mock_ai.seeded_random import SeededRandom

__all__ = ["SchemaError", "UnsatisfiableError", "generate"]

MAX_VALUES = 5_000  # values in one result, and MAX_TEXT characters in one of its texts: what a reply can carry
MAX_TEXT = 8_000
MAX_DEPTH = 24  # objects and lists within each other, before a schema that needs more has no value here
_SHALLOW = 3  # depth from which on only what is required is made
_TRIES = 60  # drawings of a schema whose parts bear on each other (not, oneOf, if), until one is valid
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_TYPE_OF_KEYWORD = {
    "properties": "object", "required": "object", "additionalProperties": "object", "patternProperties": "object",
    "minProperties": "object", "items": "array", "prefixItems": "array", "minItems": "array", "contains": "array",
    "pattern": "string", "minLength": "string", "maxLength": "string", "format": "string",
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number", "multipleOf": "number",
}  # fmt: skip


def generate(schema: Mapping[str, Any] | bool, rng: SeededRandom, text: str = "") -> Any:
    """A value that is valid by the schema; where the message's text names something that fits, that is taken.

    Raises `SchemaError` for what is no schema, and `UnsatisfiableError` when no valid value was found.
    """
    valid = is_valid(schema)
    for _ in range(_TRIES):
        try:
            value = _Values(schema, rng, text).value(schema, "", 0)
        except _DeadEndError:
            continue
        if valid(value):
            return value
    raise UnsatisfiableError("No value that is valid by this JSON Schema was found.")


class _DeadEndError(Exception):
    """This way of drawing leads to no value; another may."""


class _Values:
    """One value in the making, with what may still be spent on it."""

    def __init__(self, root: Mapping[str, Any] | bool, rng: SeededRandom, text: str) -> None:
        self._root, self._rng, self._text = root, rng, text
        self._left = MAX_VALUES

    def value(self, given: Any, name: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise UnsatisfiableError("A value of this JSON Schema would be too large.")
        schema = flattened(given, self._root, self._rng, simple=depth >= _SHALLOW)
        if schema is None:
            raise _DeadEndError
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"])
        kind = self._type(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "string":
            return self._string(schema, name)
        if kind in ("integer", "number"):
            return self._number(schema, name, whole=kind == "integer")
        return self._rng.unit() < 0.5 if kind == "boolean" else None

    def _one_of(self, values: list[Any]) -> Any:
        if not values:
            raise _DeadEndError
        lower = self._text.lower()
        named = [value for value in values if isinstance(value, str) and value and value.replace("_", " ").lower() in lower]
        return max(named, key=len) if named else self._rng.pick(values)

    def _type(self, schema: dict[str, Any]) -> str:
        given = schema.get("type")
        if given is None:
            hints = sorted({kind for keyword, kind in _TYPE_OF_KEYWORD.items() if keyword in schema})
            return hints[0] if hints else "string"
        kinds = [kind for kind in ([given] if isinstance(given, str) else given) if kind in _TYPES]
        if not kinds:
            raise _DeadEndError
        full = [kind for kind in kinds if kind != "null"]
        return self._rng.pick(full) if full and self._rng.unit() < 0.9 else self._rng.pick(kinds)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), list(schema.get("required", ()))
        least, most = int(schema.get("minProperties", 0)), int(schema.get("maxProperties", MAX_VALUES))
        for name, needs in schema.get("dependentRequired", {}).items():
            required += needs if name in required else ()
        names = list(dict.fromkeys(required))
        for name, inner in properties.items():
            wanted = len(names) < least or (depth < _SHALLOW and self._rng.unit() < 0.8)
            if wanted and name not in names and inner is not False and len(names) < most:
                names.append(name)
                names += [one for one in schema.get("dependentRequired", {}).get(name, ()) if one not in names]
        extra = schema.get("additionalProperties", True)
        patterns = schema.get("patternProperties", {})
        made = {
            name: self.value(properties.get(name, True if extra is False else extra), name, depth + 1)
            for name in self._ordered(names, properties)
        }
        while len(made) < least:
            if extra is False and not patterns:
                raise _DeadEndError
            name, inner = self._extra_name(schema.get("propertyNames"), patterns, extra, len(made))
            if name not in made:
                made[name] = self.value(inner, name, depth + 1)
            else:
                self._left -= 1
                if self._left < 0:
                    raise _DeadEndError
        return made

    def _ordered(self, names: list[str], properties: Mapping[str, Any]) -> list[str]:
        """In the order in which the schema lists them: a model writes them so."""
        order = {name: at for at, name in enumerate(properties)}
        return sorted(names, key=lambda name: order.get(name, len(order)))

    def _extra_name(self, names: Any, patterns: Mapping[str, Any], extra: Any, at: int) -> tuple[str, Any]:
        if patterns:
            pattern = self._rng.pick(list(patterns))
            return self._matching(pattern, 1, 40), patterns[pattern]
        if names is not None:
            return str(self._string({"minLength": 1, **(names if isinstance(names, dict) else {})}, "name")), extra
        return f"{named_text('key', self._rng).split()[0].lower().strip('.,')}_{at + 1}", extra

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        prefix, items = list(schema.get("prefixItems", ())), schema.get("items", True)
        if isinstance(items, list):  # as drafts before 2020-12 wrote prefixItems
            prefix, items = items, schema.get("additionalItems", True)
        contains, unique = schema.get("contains"), schema.get("uniqueItems", False)
        wanted = int(schema.get("minContains", 1)) if contains is not None else 0
        least = max(int(schema.get("minItems", 0)), wanted)
        most = int(schema.get("maxItems", max(least, 1 if depth >= _SHALLOW else 3)))
        count = least if depth >= _SHALLOW else self._rng.between(min(max(least, 1), most), min(max(least + 1, 3), most)) if most else 0
        if items is False:
            count = min(max(count, least), len(prefix))
        if count > MAX_VALUES:
            raise UnsatisfiableError("A value of this JSON Schema would be too large.")
        made: list[Any] = []
        singular = _singular(name)
        for at in range(count):
            inner = prefix[at] if at < len(prefix) else items
            if at >= count - wanted and contains is not None and at >= len(prefix):
                inner = {"allOf": [inner, contains]} if inner is not True else contains
            made.append(self._another(made, inner, singular, depth) if unique else self.value(inner, singular, depth + 1))
        return made

    def _another(self, made: list[Any], schema: Any, name: str, depth: int) -> Any:
        """A value that is not among these."""
        seen = {json.dumps(one, sort_keys=True) for one in made}
        for _ in range(40):
            value = self.value(schema, name, depth + 1)
            if json.dumps(value, sort_keys=True) not in seen:
                return value
        raise _DeadEndError

    def _string(self, schema: dict[str, Any], name: str) -> str:
        least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", MAX_TEXT))
        if least > MAX_TEXT:
            raise UnsatisfiableError("A value of this JSON Schema would be too large.")
        if "pattern" in schema:
            return self._matching(schema["pattern"], least, most)
        made = format_value(schema["format"], self._rng) if "format" in schema else None
        if made is None:
            made = named_text(name or schema.get("title", ""), self._rng, self._text, str(schema.get("description", "")))
        if most < len(made):
            made = made[:most].rstrip() or made[:most]
        while len(made) < least:
            made += " " + named_text("text", self._rng) if made else named_text("text", self._rng)
        return made[:most] if len(made) > most else made

    def _matching(self, pattern: str, least: int, most: int) -> str:
        expression = safe_pattern(pattern)
        for n in range(40):
            try:
                made = matching_text(pattern, self._rng, stretch=max(4, least) if n < 20 else 0)
            except ValueError as problem:
                raise SchemaError(f"The pattern {pattern[:80]!r} is not supported: {problem}.") from None
            if least <= len(made) <= most and expression.search(made):
                return made
        raise _DeadEndError

    def _number(self, schema: dict[str, Any], name: str, *, whole: bool) -> int | float:
        low, high = _bounds(schema)
        step = Fraction(str(schema["multipleOf"])) if schema.get("multipleOf") else Fraction(1) if whole else Fraction(1, 100)
        step = step * step.denominator if whole else step
        likely_low, likely_high = named_number(name, self._rng, self._text)
        bottom = low if low is not None else min(Fraction(likely_low), high) if high is not None else Fraction(likely_low)
        top = high if high is not None else max(Fraction(likely_high), bottom)
        if Fraction(likely_low) > bottom and Fraction(likely_low) <= top:
            bottom = Fraction(likely_low)
        if bottom <= Fraction(likely_high) < top:
            top = Fraction(likely_high)
        if "multipleOf" not in schema and not whole:
            while bottom < top and math.floor(top / step) - math.ceil(bottom / step) < 3:
                step /= 10
        first, last = math.ceil(bottom / step), math.floor(top / step)
        first += first * step == bottom and bottom == _exclusive(schema, "exclusiveMinimum")
        last -= last * step == top and top == _exclusive(schema, "exclusiveMaximum")
        if first > last:  # the likely range holds none: the schema's own may
            first = math.ceil(low / step) if low is not None else last
            last = math.floor(high / step) if high is not None else first
            if first > last:
                raise _DeadEndError
        drawn = self._rng.between(first, last) * step
        return int(drawn) if drawn.denominator == 1 else float(drawn)


def _exclusive(schema: dict[str, Any], key: str) -> Fraction | None:
    given = schema.get(key)
    return None if given is None or isinstance(given, bool) else Fraction(str(given))


def _bounds(schema: dict[str, Any]) -> tuple[Fraction | None, Fraction | None]:
    lows = [Fraction(str(schema[key])) for key in ("minimum", "exclusiveMinimum") if not isinstance(schema.get(key, False), bool)]
    highs = [Fraction(str(schema[key])) for key in ("maximum", "exclusiveMaximum") if not isinstance(schema.get(key, False), bool)]
    return max(lows, default=None), min(highs, default=None)


def _singular(name: str) -> str:
    if len(name) < 4 or not name.endswith("s"):
        return name
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1]
