"""A process that starts imports no library that it has no use for: each of these would take it 0.1 to 0.5 s."""

import json
import subprocess
import sys

import pytest

# What a node or a responder needs later or never, and then imports by itself.
LATER = {"alembic", "sqlalchemy", "sqlmodel", "openai", "opentelemetry"}
WEB = {"quart", "hypercorn", "asyncpg"}
# What a start imports one after the other, and what must not be there by then.
STARTS: dict[str, list[tuple[str, set[str]]]] = {
    "node": [
        ("myna.cli.main", LATER | WEB | {"aio_pika", "pydantic"}),  # of `myna --help`
        ("myna.cli.serve, myna.node.start", LATER | WEB | {"aio_pika", "myna.mock_ai"}),  # then an embedded database can start
        ("myna.node.server", LATER | {"aio_pika", "asyncpg"}),  # of `myna mock`
        ("myna.store.postgres.store", LATER | {"aio_pika"}),  # of `make run`
        ("myna.broker.rabbitmq.broker", LATER),
    ],
    "responder": [("myna.cli.respond, myna.broker.rabbitmq.broker", LATER | WEB)],
}
STEPS = """
import json, sys
for modules, unwanted in json.loads(sys.argv[1]):
    exec(f"import {modules}")
    print(modules, sorted(sys.modules.keys() & set(unwanted)), sep=": ")
"""


@pytest.mark.parametrize("process", STARTS)
def test_a_start_imports_no_library_without_need(process: str) -> None:
    steps = json.dumps([(modules, sorted(unwanted)) for modules, unwanted in STARTS[process]])
    imported = subprocess.run([sys.executable, "-c", STEPS, steps], capture_output=True, text=True, check=True).stdout.splitlines()
    assert imported == [f"{modules}: []" for modules, _ in STARTS[process]]
