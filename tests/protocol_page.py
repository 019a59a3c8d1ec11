"""Writes docs/protocol.md from the program's own definitions: `python -m tests.protocol_page`. A test says when it is out of date."""

import asyncio
import re
from pathlib import Path
from typing import Any

from quart import Quart

from myna.broker.embedded.broker import EmbeddedBroker
from myna.conform import RULES
from myna.node.loop_supervisor import Supervisor
from myna.node.node import Node, make_services
from myna.protocol.topology import QUEUES
from myna.settings import Settings
from myna.web.openapi.asyncapi_document import asyncapi, frames
from myna.web.openapi.openapi_document import openapi
from tests.fakes.memory_store import MemoryStore

PAGE = Path(__file__).parents[1] / "docs" / "protocol.md"
HEAD = """# The protocol

Written by `python -m tests.protocol_page` from the program's own definitions: change those. A running node serves the same with
every field of every body, at `/docs` for people and at `/openapi.json` and `/asyncapi.json` for machines.
[Two clients](clients.md) keep it; `myna conform URL` holds any server to it.

A client connects to `GET /ws?epoch=<epoch>&after=<cursor>`, with the last cursor it saw or without a query; it sends and receives
JSON text frames, one object each. One socket carries everything of its owner.
"""


def the_app() -> Quart:
    """A node's app that nobody starts."""
    settings = Settings(_env_file=None, secret_key="only to write a page, 0123456789")
    return Node(make_services(settings, EmbeddedBroker(), MemoryStore(), responder=False), Supervisor()).app


def page(app: Quart) -> str:
    """The whole page."""
    client, server, _ = frames()
    document, routes = asyncapi(), openapi(app)
    parts = [HEAD, "## From client to server\n", _frames(client), "## From server to client\n", _frames(server)]
    parts += ["## What a client may rely on\n\nEach is a rule of `myna conform`.\n", _rules()]
    parts += ["## HTTP\n", _routes(routes), "## Queues\n", _queues()]
    parts += ["## Codes\n\nOf errors that keep the socket open:\n", _table(("code", "meaning"), document["x-error-codes"].items())]
    parts += ["Of `reply.failed`:\n", _table(("code", "meaning"), document["x-failure-codes"].items())]
    parts += ["Of a close:\n", _table(("code", "meaning"), document["x-close-codes"].items())]
    return "\n".join(parts)


def _frames(schemas: dict[str, Any]) -> str:
    rows = []
    for schema in schemas.values():
        needed = schema.get("required", ())
        fields = [f"`{name}`{'' if name in needed else '?'}" for name in schema["properties"] if name != "type"]
        rows.append((schema["properties"]["type"]["const"], ", ".join(fields), _first(schema["description"])))
    return _table(("type", "fields (`?`: may be left out)", "what"), rows)


def _rules() -> str:
    return "\n".join(f"- {rule.section}: {rule.says}." for rule in RULES) + "\n"


def _routes(routes: dict[str, Any]) -> str:
    rows = []
    for path, methods in routes["paths"].items():
        rows += [(f"{method.upper()} {path}", _first(one.get("summary", ""))) for method, one in methods.items()]
    return _table(("route", "what"), rows)


def _queues() -> str:
    arguments = ((queue.name, ", ".join(f"`{name}` {value}" for name, value in sorted(queue.arguments.items()))) for queue in QUEUES)
    return _table(("queue", "arguments"), arguments)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *((f"`{first}`", *rest) for first, *rest in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _first(text: str) -> str:
    return re.split(r"\.(?:\s|$)", " ".join(text.split()), maxsplit=1)[0]


async def main() -> None:
    PAGE.write_text(page(the_app()))


if __name__ == "__main__":
    asyncio.run(main())
