"""JSON Schemas as the documents show them, whether pydantic or msgspec wrote them."""

from typing import Any

from myna.protocol.errors import ChatError
from myna.protocol.ids import UUID_PATTERN

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
NULL = {"type": "null"}


def tidy(schema: Schema, *, optional: bool = False) -> Schema:
    """The same without titles, with UUIDs by that name, and without null where a field is left out instead (`optional`)."""
    tidied = {key: value for key, value in schema.items() if key != "title" and (key, value) != ("default", None)}
    if "anyOf" in tidied:
        kinds = [tidy(kind) for kind in tidied.pop("anyOf") if not optional or kind != NULL]
        tidied |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if len(tidied.get("enum", ())) == 1:
        tidied["const"] = tidied.pop("enum")[0]
    if "const" in tidied:
        tidied.pop("default", None)
    if all(isinstance(value, str) for value in tidied.get("enum", [tidied.get("const")])):
        tidied["type"] = "string"
    if tidied.get("pattern") == UUID_PATTERN:
        tidied |= {"format": "uuid"}
        for key in ("pattern", "minLength", "maxLength"):
            tidied.pop(key, None)
    if "properties" in tidied:
        needed = tidied.get("required", ())
        # A field that may be absent, and has no default, means something else by null.
        tidied["properties"] = {
            name: tidy(field, optional=name not in needed and "default" in field) for name, field in tidied["properties"].items()
        }
    if "items" in tidied:
        tidied["items"] = tidy(tidied["items"])
    return tidied


def error_codes(family: type[ChatError] = ChatError) -> dict[str, str]:
    """The codes of a family of errors and what they mean."""
    own = {family.code: family.__doc__ or ""} if family.code != ChatError.code else {}
    return own | {code: meaning for one in family.__subclasses__() for code, meaning in error_codes(one).items()}
