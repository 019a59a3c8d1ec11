"""The websocket and the queues as an AsyncAPI document, made from the frames', events' and queues' own definitions."""

from collections.abc import Mapping, Sequence
from typing import Any

from myna.protocol import events as e
from myna.protocol import failures
from myna.protocol.errors import Close, RequestRefused
from myna.protocol.frames import json_schema
from myna.web.openapi import queue_channels
from myna.web.openapi.json_schema import NULL, SCHEMAS, Schema, error_codes, tidy

VERSION = "1"  # of this interface
SOCKET = (
    "JSON text frames, one object each. One socket carries everything of its owner. It opens with the session's cookie, with "
    "`Authorization: Bearer`, or with neither: then `welcome` holds a fresh owner's token."
)
# Events that no client gets.
_INSIDE = {e.ReplyRequested.__name__, e.StopRequested.__name__}


def frames() -> tuple[dict[str, Schema], dict[str, Schema], dict[str, Schema]]:
    """The schemas of what clients send, of what the server sends, and of what these are made of, by name."""
    by_side = json_schema()
    shared: dict[str, Schema] = {}
    sides: list[dict[str, Schema]] = []
    for side in ("client", "server"):
        own: dict[str, Schema] = {}
        for name, schema in by_side[side].items():
            if name not in _INSIDE:
                as_sent = tidy(schema if side == "client" else _as_sent(schema))
                (own if "type" in as_sent["properties"] else shared).setdefault(name, as_sent)
        sides.append(own)
    return sides[0], sides[1], shared


def _as_sent(schema: Schema) -> Schema:
    # The server leaves out what is null and nothing else, so every field that can't be null is there.
    names = list(schema["properties"])
    if "at" in names:
        names = [*names[names.index("type") :], "cursor"]
    properties = {name: schema["properties"].get(name, {"type": "string"}) for name in names}
    needed = [name for name in names if NULL not in properties[name].get("anyOf", ())]
    return {"description": schema["description"], "type": "object", "properties": properties, "required": needed}


def asyncapi() -> Schema:
    """The socket and the queues as an AsyncAPI 3.0 document, from the program's side: it receives what clients send."""
    client, server, shared = frames()
    schemas = {**client, **server, **shared}
    schemas |= {name: schema for name, schema in queue_channels.schemas().items() if name not in schemas}
    messages = {name: _message(name, schema) for name, schema in {**client, **server}.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Myna's socket and queues", "version": VERSION},
        "channels": {"socket": _socket(list(messages)), **queue_channels.channels()},
        "operations": {"fromClient": _direction("receive", client), "toClient": _direction("send", server), **queue_channels.operations()},
        "components": {
            "messages": {**messages, **queue_channels.messages()},
            "schemas": _refer(schemas),
        },
        "x-error-codes": {code: meaning for code, meaning in error_codes().items() if code not in error_codes(RequestRefused)},
        "x-failure-codes": failures.MEANINGS,
        "x-close-codes": {str(int(code)): code.meaning for code in Close},
    }


def _socket(messages: Sequence[str]) -> Schema:
    query = {
        "epoch": {"type": "string", "description": "of the log that `after` belongs to, from `welcome`"},
        "after": {"type": "string", "description": "the last cursor seen: what was missed since comes first"},
    }
    return {
        "address": "/ws",
        "description": SOCKET,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}, "bindingVersion": "0.1.0"}},
    }


def _message(name: str, schema: Schema) -> Schema:
    kind = schema["properties"]["type"]["const"]
    return {"name": kind, "summary": schema.get("description", ""), "payload": {"$ref": SCHEMAS + name}}


def _direction(action: str, messages: Mapping[str, Schema]) -> Schema:
    refs = [{"$ref": f"#/channels/socket/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": refs}


def _refer(schema: Any) -> Any:
    """The same with references into the document's components."""
    if isinstance(schema, dict):
        return {key: value.replace("#/$defs/", SCHEMAS) if key == "$ref" else _refer(value) for key, value in schema.items()}
    return [_refer(item) for item in schema] if isinstance(schema, list) else schema
