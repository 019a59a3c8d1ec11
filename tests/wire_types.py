"""Writes front/src/protocol/wire.ts from the backend's models: `python -m tests.wire_types`. A test says when it is out of date."""

from pathlib import Path
from typing import Any

from backend.api.describing import frames

WIRE = Path(__file__).parent.parent / "front" / "src" / "protocol" / "wire.ts"
LINE = 120  # characters, as Biome formats the page's source
# Names that say more in the page than the models' own.
NAMES = {"Options": "SendOptions", "Draining": "ServerDraining"}
FINISH_REASONS = ["stop", "length", "stopped"]
BASIC = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
HEAD = """\
/** The frames of the socket. Written by `python -m tests.wire_types` from the backend's models: change those. */
"""

Schema = dict[str, Any]


def source() -> str:
    """The whole file."""
    client, server, shared = frames()
    events = [name for name, schema in server.items() if "cursor" in schema["properties"] and "at" in schema["properties"]]
    others = [name for name in server if name not in events]
    blocks = [HEAD, f"export type FinishReason = {_literals(FINISH_REASONS)};\n"]
    blocks += [_interface(name, schema) for name, schema in {**shared, **client, **server}.items()]
    blocks += [_union("ClientFrame", list(client)), _union("ServerEvent", events), _union("ServerFrame", [*others, "ServerEvent"])]
    return "\n".join(blocks)


def _interface(name: str, schema: Schema) -> str:
    needed = schema.get("required", ())
    lines = [f"  {field}{'' if field in needed else '?'}: {_kind(one)};" for field, one in schema["properties"].items()]
    about = " ".join(schema.get("description", "").split())
    return "\n".join([f"/** {about} */", f"export interface {_name(name)} {{", *lines, "}", ""])


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return _literals([schema["const"]])
    if "enum" in schema:
        return "FinishReason" if schema["enum"] == FINISH_REASONS else _literals(schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    return BASIC[schema["type"]]


def _union(name: str, members: list[str]) -> str:
    names = [_name(member) for member in members]
    line = f"export type {name} = {' | '.join(names)};\n"
    return line if len(line) <= LINE else "\n".join([f"export type {name} =", *(f"  | {one}" for one in names)]) + ";\n"


def _literals(values: list[str]) -> str:
    return " | ".join(f"'{value}'" for value in values)


def _name(model: str) -> str:
    return NAMES.get(model, model)


if __name__ == "__main__":
    WIRE.write_text(source())
