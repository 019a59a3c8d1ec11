"""Writes the page's types from the backend's models: `python -m tests.wire_types`. A test says when they are out of date.

wire.ts holds the frames of the socket, http.ts the answers of the routes that the page uses.
"""

from pathlib import Path
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from myna.protocol import events as e
from myna.protocol.log_codec import type_of
from myna.web.api.conversation_import import Imported
from myna.web.api.conversation_messages import MessagesPage
from myna.web.api.conversations import ConversationsPage
from myna.web.api.dead_letters import DeadLettersPage, DeadLetterWhole, Requeued
from myna.web.api.lab import FaultBegun, Lab, LabLedger
from myna.web.api.log import LogLines
from myna.web.api.mock_journal import Journal
from myna.web.api.pipeline import Pipeline
from myna.web.api.pipeline_turns import PipelineTurns
from myna.web.api.queue_position import QueuePositions
from myna.web.api.search import HitsPage
from myna.web.api.session import SessionAnswer
from myna.web.openapi.asyncapi_document import frames
from myna.web.openapi.json_schema import tidy
from myna.web.problems import Problem

PROTOCOL = Path(__file__).parent.parent / "front" / "src" / "protocol"
WIRE, HTTP = PROTOCOL / "wire.ts", PROTOCOL / "http.ts"
ANSWERS = (
    SessionAnswer,
    ConversationsPage,
    MessagesPage,
    HitsPage,
    Imported,
    QueuePositions,
    Pipeline,
    PipelineTurns,
    LogLines,
    Journal,
    Lab,
    FaultBegun,
    LabLedger,
    DeadLettersPage,
    DeadLetterWhole,
    Requeued,
    Problem,
)
LINE = 120  # characters, as Biome formats the page's source
# Names that say more in the page than the models' own.
NAMES = {"Options": "SendOptions", "Draining": "ServerDraining"}
FINISH_REASONS = ["stop", "length", "stopped"]
BASIC = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "object": "Record<string, unknown>",
}
HEAD = """\
/** The frames of the socket. Written by `python -m tests.wire_types` from the backend's models: change those. */
"""
HTTP_HEAD = """\
/** What the HTTP routes answer. Written by `python -m tests.wire_types` from the backend's models: change those. */
import type { FinishReason, Timings } from './wire.ts';
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
    blocks.append(_lines("LogType", [f"'{type_of(kind)}'" for kind in get_args(e.Event)]))
    return "\n".join(blocks)


def http_source() -> str:
    """The whole file of what routes answer. What may be null in a field that is always there is null; else it is left out."""
    models = {name: tidy(schema) for name, schema in models_json_schema([(one, "serialization") for one in ANSWERS])[1]["$defs"].items()}
    del models["Timings"]  # is in wire.ts
    blocks = [HTTP_HEAD, *(_interface(name, schema) for name, schema in models.items())]
    return "\n".join([*blocks, "export type MessageItem = UserItem | AssistantItem;\n"])


def _interface(name: str, schema: Schema) -> str:
    needed = schema.get("required", ())
    lines = [f"  {field}{'' if field in needed else '?'}: {_kind(one)};" for field, one in schema["properties"].items()]
    about = " ".join(schema.get("description", "").split())
    return "\n".join([*([f"/** {about} */"] if about else []), f"export interface {_name(name)} {{", *lines, "}", ""])


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return _literals([schema["const"]])
    if "enum" in schema:
        return "FinishReason" if sorted(schema["enum"]) == sorted(FINISH_REASONS) else _literals(schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(_kind(one) for one in schema[several])
    if schema["type"] == "array":
        item = _kind(schema["items"])
        return f"({item})[]" if " | " in item else f"{item}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"Record<string, {_kind(schema['additionalProperties'])}>"
    return BASIC[schema["type"]]


def _union(name: str, members: list[str]) -> str:
    return _lines(name, [_name(member) for member in members])


def _lines(name: str, members: list[str]) -> str:
    line = f"export type {name} = {' | '.join(members)};\n"
    return line if len(line) <= LINE else "\n".join([f"export type {name} =", *(f"  | {one}" for one in members)]) + ";\n"


def _literals(values: list[str]) -> str:
    return " | ".join(f"'{value}'" for value in values)


def _name(model: str) -> str:
    return NAMES.get(model, model)


if __name__ == "__main__":
    WIRE.write_text(source())
    HTTP.write_text(http_source())
