"""Words: this interface as OpenAPI and AsyncAPI documents, made of the models and the table of operations. No I/O."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from myna.protocol import events as e
from myna.protocol.errors import FAILURES, ChatError, Close, Forbidden, RateLimited, RequestRefused, Unauthorized
from myna.protocol.frames import json_schema
from myna.protocol.ids import UUID_PATTERN
from myna.web.auth import COOKIE
from myna.web.openapi.models import DialectError, Problem
from myna.web.openapi.operations import OPERATIONS, Answer, Operation
from myna.web.problems import PROBLEM

VERSION = "1"  # of this interface
CLOSES = {
    Close.BINARY_FRAME: "a binary frame came; speak text",
    Close.TOO_LARGE: "a frame was too large; send less",
    Close.RESTART: "the node restarts; reconnect with jitter and resume",
    Close.OVERLOADED: "the node has all the sockets it takes; reconnect later",
    Close.TOO_SLOW: "the client read too slowly; reconnect and resume",
    Close.FLOODING: "far too many frames; slow down, then reconnect",
}
SOCKET = (
    "JSON text frames, one object each. One socket carries everything of its owner. It opens with the session's cookie, with "
    "`Authorization: Bearer`, or with neither: then `welcome` holds a fresh owner's token."
)
# Of an event, the fields before `type` stay inside the pipeline; these two never leave it.
_INSIDE = {e.ReplyRequested.__name__, e.StopRequested.__name__}
_SCHEMAS = "#/components/schemas/"
Schema = dict[str, Any]


def errors(family: type[ChatError] = ChatError) -> dict[str, str]:
    """The codes of a family of refusals and what they mean."""
    own = {family.code: family.__doc__ or ""} if family.code != ChatError.code else {}
    return own | {code: meaning for one in family.__subclasses__() for code, meaning in errors(one).items()}


# --- the socket -------------------------------------------------------------------------------------------------------


def frames() -> tuple[dict[str, Schema], dict[str, Schema], dict[str, Schema]]:
    """The schemas of what clients send, of what the server sends, and of what these are made of, by name."""
    told = json_schema()
    shared: dict[str, Schema] = {}
    sides: list[dict[str, Schema]] = []
    for side in ("client", "server"):
        own: dict[str, Schema] = {}
        for name, schema in told[side].items():
            if name not in _INSIDE:
                as_sent = _tidy(schema if side == "client" else _as_sent(schema))
                (own if "type" in as_sent["properties"] else shared).setdefault(name, as_sent)
        sides.append(own)
    return sides[0], sides[1], shared


def _as_sent(schema: Schema) -> Schema:
    # The server leaves out what is null and nothing else, so every field that can't be null is there.
    names = list(schema["properties"])
    if "at" in names:
        names = [*names[names.index("type") :], "cursor"]
    properties = {name: schema["properties"].get(name, {"type": "string"}) for name in names}
    needed = [name for name in names if not _nullable(properties[name])]
    return {"description": schema["description"], "type": "object", "properties": properties, "required": needed}


def _nullable(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _tidy(schema: Schema) -> Schema:
    """A schema without titles, without null where a field may simply be absent, and with UUIDs called so."""
    tidy = {key: value for key, value in schema.items() if key not in ("title", "default") or (key == "default" and value is not None)}
    if "const" in tidy:
        tidy.pop("default", None)
    if len(tidy.get("enum", ())) == 1:
        tidy = {"const": tidy["enum"][0]}
    if "const" in tidy or "enum" in tidy:
        tidy["type"] = "string"
    if tidy.get("pattern") == UUID_PATTERN:
        tidy = {"type": "string", "format": "uuid"}
    if "properties" in tidy:
        needed = tidy.get("required", [])
        tidy["properties"] = {name: _field(one, name in needed) for name, one in tidy["properties"].items()}
    if "items" in tidy:
        tidy["items"] = _tidy(tidy["items"])
    return tidy


def _field(schema: Schema, needed: bool) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    kinds = [_tidy(kind) for kind in schema.get("anyOf", ()) if needed or kind != {"type": "null"}]
    if len(kinds) == 1:
        return _tidy({**rest, **kinds[0]})
    return _tidy({**rest, "anyOf": kinds} if kinds else rest)


def asyncapi() -> Schema:
    """The socket as an AsyncAPI 3.0 document, from the server's side: it receives what clients send."""
    client, server, shared = frames()
    messages = {name: _message(name, schema) for name, schema in {**client, **server}.items()}
    query = {
        "epoch": {"type": "string", "description": "of the log that `after` belongs to, from `welcome`"},
        "after": {"type": "string", "description": "the last cursor seen: what was missed since comes first"},
    }
    channel = {
        "address": "/ws",
        "description": SOCKET,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}, "bindingVersion": "0.1.0"}},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Myna's socket", "version": VERSION},
        "channels": {"socket": channel},
        "operations": {"fromClient": _direction("receive", client), "toClient": _direction("send", server)},
        "components": {"messages": messages, "schemas": _refer({**client, **server, **shared})},
        "x-error-codes": {code: meaning for code, meaning in errors().items() if code not in errors(RequestRefused)},
        "x-failure-codes": FAILURES,
        "x-close-codes": {str(int(code)): meaning for code, meaning in CLOSES.items()},
    }


def _message(name: str, schema: Schema) -> Schema:
    kind = schema["properties"]["type"]["const"]
    return {"name": kind, "summary": schema.get("description", ""), "payload": {"$ref": _SCHEMAS + name}}


def _direction(action: str, messages: Mapping[str, Schema]) -> Schema:
    refs = [{"$ref": f"#/channels/socket/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": refs}


def _refer(schema: Any) -> Any:
    """The same with references into the document's components."""
    if isinstance(schema, dict):
        return {key: value.replace("#/$defs/", _SCHEMAS) if key == "$ref" else _refer(value) for key, value in schema.items()}
    return [_refer(item) for item in schema] if isinstance(schema, list) else schema


# --- HTTP -------------------------------------------------------------------------------------------------------------


def openapi() -> Schema:
    """The routes as an OpenAPI 3.1 document."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    answered = {answer.model for operation in OPERATIONS for answer in operation.answers.values() if answer.model is not None}
    models: set[type[BaseModel]] = {*answered, *(one.body for one in OPERATIONS if one.body is not None), Problem, DialectError}
    told = models_json_schema([(model, "validation") for model in sorted(models, key=lambda model: model.__name__)])[1]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Myna's HTTP routes", "version": VERSION},
        "paths": paths,
        "x-error-codes": errors(),
        "components": {
            "schemas": _refer({name: _tidy(schema) for name, schema in told["$defs"].items()}),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "a session's token; for /v1 any text, which is a fresh owner"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(operation: Operation) -> Schema:
    told: Schema = {"summary": operation.about, "operationId": _name(operation)}
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _ID if name.endswith("_id") else _NAME}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    in_query = [
        {"name": name, "in": "query", "required": name in operation.needed, "description": schema["description"],
         "schema": {key: value for key, value in schema.items() if key != "description"}}
        for name, schema in operation.query.items()
    ]  # fmt: skip
    if in_path or in_query:
        told["parameters"] = [*in_path, *in_query]
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(operation.body)}}}
    told["responses"] = {str(status): _answer(answer) for status, answer in operation.answers.items()} | _refusals(operation)
    told["security"] = {"owner": [{"token": []}, {"cookie": []}], "key": [{"token": []}], "anyone": []}[operation.who]
    return told


def _name(operation: Operation) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"{\w+}", "one", operation.path))
    return "_".join([operation.method.lower(), *words])


def _answer(answer: Answer) -> Schema:
    schema = {"schema": _ref(answer.model)} if answer.model is not None else {}
    content = {media: schema if media == "application/json" else {} for media in answer.media}
    return {"description": answer.about, **({"content": content} if content else {})}


def _refusals(operation: Operation) -> dict[str, Schema]:
    """What else an operation may answer, by status: the codes, and in which words."""
    refusals: list[type[ChatError]] = [*operation.refusals, *([] if operation.who == "anyone" else [Unauthorized])]
    if operation.method != "GET":
        refusals += [RateLimited, *([] if operation.who == "key" else [Forbidden])]
    model: type[BaseModel] = DialectError if operation.who == "key" else Problem
    media = "application/json" if operation.who == "key" else PROBLEM
    by_status: dict[int, list[type[ChatError]]] = {}
    for error in refusals:
        by_status.setdefault(error.status, []).append(error)
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: " + ", ".join(f"`{error.code}`" for error in of_status),
            "content": {media: {"schema": _ref(model)}},
        }
        for status, of_status in sorted(by_status.items())
        if status not in operation.answers
    }


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _SCHEMAS + model.__name__}


_ID: Schema = {"type": "string", "format": "uuid"}
_NAME: Schema = {"type": "string"}
