"""Values made from a JSON Schema: valid, the same for the same seed, and readable."""

# Schemas read best in one line.
# ruff: noqa: E501

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.mock_ai.json_values import SchemaError, UnsatisfiableError, generate
from myna.mock_ai.seeded_random import SeededRandom

SCHEMAS: dict[str, Any] = {
    "anything": {},
    "true": True,
    "text": {"type": "string"},
    "bounded text": {"type": "string", "minLength": 60, "maxLength": 70},
    "one letter": {"type": "string", "minLength": 1, "maxLength": 1},
    "pattern": {"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"},
    "pattern of a length": {"type": "string", "pattern": "^[a-z]+$", "minLength": 3, "maxLength": 12},
    "patterns of two": {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "a$"}], "maxLength": 3},
    "formats": {
        "type": "object",
        "properties": {f: {"type": "string", "format": f} for f in ("date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "time", "odd")},
        "required": ["date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "time", "odd"],
    },
    "integer": {"type": "integer", "minimum": -5, "exclusiveMaximum": -3},
    "integer above": {"type": "integer", "minimum": 1_000_000},
    "number between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "multiple": {"type": "number", "multipleOf": 0.25, "minimum": 3, "maximum": 3.6},
    "multiple of seven": {"type": "integer", "multipleOf": 7, "minimum": 50},
    "enum": {"enum": ["celsius", "fahrenheit", None, 3]},
    "const": {"const": {"a": [1]}},
    "types": {"type": ["string", "null", "integer"]},
    "list": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 6},
    "different items": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"const": 7}, "minItems": 2},
    "closed object": {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False},
    "many properties": {"type": "object", "minProperties": 4, "additionalProperties": {"type": "boolean"}},
    "pattern properties": {"type": "object", "patternProperties": {"^x_[a-z]{2}$": {"type": "integer"}}, "additionalProperties": False, "minProperties": 2},
    "property names": {"type": "object", "propertyNames": {"pattern": "^[a-f]{2,4}$"}, "minProperties": 2},
    "dependent": {
        "type": "object",
        "properties": {"card": {"type": "integer"}, "address": {"type": "string"}},
        "required": ["card"],
        "dependentRequired": {"card": ["address"]},
    },
    "references": {
        "$defs": {"step": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
        "type": "object",
        "properties": {"steps": {"type": "array", "items": {"$ref": "#/$defs/step"}, "minItems": 1}},
        "required": ["steps"],
    },
    "tree": {
        "$defs": {"node": {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["name", "children"]}},
        "$ref": "#/$defs/node",
    },
    "linked list": {
        "$defs": {"link": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/link"}, {"type": "null"}]}}, "required": ["next"]}},
        "$ref": "#/$defs/link",
    },
    "all of": {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 9}, {"multipleOf": 3}]},
    "all of objects": {"allOf": [{"type": "object", "properties": {"a": {"minimum": 3}}, "required": ["a"]}, {"properties": {"a": {"type": "integer", "maximum": 4}}}]},
    "one of": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "any of": {"anyOf": [{"type": "string", "const": "a"}, {"type": "object", "properties": {"b": {"type": "null"}}, "required": ["b"]}]},
    "not": {"type": "integer", "minimum": 1, "maximum": 6, "not": {"multipleOf": 2}},
    "if": {
        "type": "object",
        "properties": {"kind": {"enum": ["cat", "dog"]}, "lives": {"type": "integer"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "cat"}}},
        "then": {"required": ["lives"]},
        "else": {"properties": {"lives": False}},
    },
    "strict tool": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", None]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}  # fmt: skip

leaves = st.one_of(
    st.just({"type": "string"}),
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-(10**6), 10**6), st.integers(0, 9)
    ),
    st.builds(lambda low, more: {"type": "number", "minimum": low, "maximum": low + more}, st.integers(-99, 99), st.floats(0, 1)),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, st.integers(0, 300), st.integers(0, 9)),
    st.builds(lambda values: {"enum": values}, st.lists(st.none() | st.booleans() | st.integers() | st.text(max_size=5), min_size=1)),
    st.sampled_from([{}, True, {"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"]}, {"format": "date"}]),
)
names = st.sampled_from(["city", "userEmail", "start_date", "n", "x", "unit price", "Ünïcode", "tags"])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of objects with some of their properties required."""
    properties = st.dictionaries(names, inner, max_size=5)
    return properties.flatmap(
        lambda fields: st.builds(
            lambda required, closed: {
                "type": "object",
                "properties": fields,
                "required": required,
                **({"additionalProperties": False} if closed else {}),
            },
            st.lists(st.sampled_from(sorted(fields)), unique=True) if fields else st.just([]),
            st.booleans(),
        )
    )


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        st.builds(lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more}, inner, st.integers(0, 4), st.integers(0, 3)),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)  # fmt: skip


def made(schema: Any, seed: int = 1, text: str = "") -> Any:
    return generate(schema, SeededRandom(seed), text)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_value_is_valid_for_every_seed(name: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS[name])
    for seed in range(60):
        validator.validate(json.loads(json.dumps(made(SCHEMAS[name], seed))))


@settings(deadline=None, max_examples=200)
@given(schemas, st.integers())
def test_any_schema_without_contradiction_gets_a_valid_value_and_always_the_same(schema: Any, seed: int) -> None:
    value = made(schema, seed)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(value)))
    assert json.dumps(made(schema, seed)) == json.dumps(value)


def test_another_seed_gives_another_value() -> None:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("name", "city", "note")},
        "required": ["name", "city", "note"],
    }
    assert len({json.dumps(made(schema, seed)) for seed in range(40)}) > 30


@pytest.mark.parametrize(
    ("field", "schema", "fits"),
    [
        ("email", {"type": "string"}, lambda value: "@example." in value),
        ("customerEmail", {"type": "string"}, lambda value: "@example." in value),
        ("website_url", {"type": "string"}, lambda value: value.startswith("https://")),
        ("age", {"type": "integer"}, lambda value: 18 <= value <= 79),
        ("year", {"type": "integer"}, lambda value: 1990 <= value <= 2027),
        ("confidence", {"type": "number", "minimum": 0}, lambda value: 0 <= value <= 1),
        ("due_date", {"type": "string"}, lambda value: value.startswith(("2026-", "2027-"))),
        ("cities", {"type": "array", "items": {"type": "string"}}, lambda value: all(len(city.split()) == 1 for city in value)),
    ],
)
def test_values_fit_the_name_of_their_field(field: str, schema: Any, fits: Any) -> None:
    for seed in range(30):
        value = made({"type": "object", "properties": {field: schema}, "required": [field]}, seed)[field]
        assert fits(value), value


def test_what_the_message_names_is_taken() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer"},
            "query": {"type": "string"},
        },
        "required": ["city", "unit", "days", "query"],
    }
    text = "What is the weather in New York for 5 days, in Fahrenheit?"
    for seed in range(20):
        assert made(schema, seed, text) == {"city": "New York", "unit": "fahrenheit", "days": 5, "query": text}


def test_fields_come_in_the_order_of_the_schema() -> None:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("reasoning", "b", "a")},
        "required": ["a", "b", "reasoning"],
    }
    assert list(made(schema)) == ["reasoning", "b", "a"]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "strin"}, "This is no JSON Schema: type"),
        ({"$ref": "http://127.0.0.1:9/schema"}, "references within it"),
        ({"$ref": "#/$defs/none"}, "which is not within it"),
        ({"type": "string", "pattern": "(?=a)b"}, "is not supported"),
        ({"properties": {"a": {"pattern": "["}}, "required": ["a"]}, "This is no JSON Schema"),
    ],
)
def test_what_is_no_schema_or_not_supported_is_told(schema: Any, told: str) -> None:
    with pytest.raises(SchemaError) as caught:
        made(schema)
    assert told in str(caught.value)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"enum": []},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"type": "object", "minProperties": 10**9},
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 9},
        {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
        {"type": "string", "pattern": "^a{900}$", "not": {"pattern": "^(a+)+$"}},
        {"oneOf": [{"type": "integer"}, {"type": "integer"}]},
    ],
)
def test_a_schema_that_nothing_fits_ends_soon_with_an_error(schema: Any) -> None:
    with pytest.raises((SchemaError, UnsatisfiableError)):
        made(schema)


def test_a_schema_that_would_take_seconds_to_look_through_is_refused() -> None:
    properties = {f"p{number}": {"type": "object", "properties": {"q": {"type": "string"}}} for number in range(400)}
    with pytest.raises(SchemaError, match="more than 1000 objects"):
        generate({"type": "object", "properties": properties}, SeededRandom(1))
    assert generate({"type": "object", "properties": dict(list(properties.items())[:50])}, SeededRandom(1))
