"""Writes compiled.json anew from tables.py and statements.py: `python -m myna.store.postgres.compiling`. A test holds it to them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg, dialect
from sqlmodel import SQLModel

from myna.store.postgres import tables

FILE = Path(__file__).with_name("compiled.json")
_TYPES = dialect()  # type: ignore[no-untyped-call]
_STATEMENTS = asyncpg.dialect()  # type: ignore[no-untyped-call]


def columns() -> dict[str, Any]:
    """The columns of each table."""
    assert tables.MessageRow.metadata is SQLModel.metadata
    return {
        name: [
            {
                "name": column.name,
                "type": column.type.compile(dialect=_TYPES),
                "key": column.primary_key,
                "written": not column.identity.always if column.identity else column.server_default is None,
            }
            for column in table.columns
        ]
        for name, table in sorted(SQLModel.metadata.tables.items())
    }


def statements() -> dict[str, Any]:
    """The statements by their names."""
    from myna.store.postgres import statements  # its columns come from the file, which must know them by then

    return dict(_compiled(vars(statements)))


def _compiled(module: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, statement in module.items():
        if name.isupper() and not name.startswith("_") and isinstance(statement, Executable):
            compiled = statement.compile(dialect=_STATEMENTS)  # type: ignore[attr-defined]
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            lines = " ".join(line.strip() for line in str(compiled).splitlines())
            yield name, {"sql": lines, "parameters": list(compiled.positiontup or ()), "constants": constants}


def _write(**content: Any) -> None:
    FILE.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    _write(tables=columns(), statements={})
    _write(tables=columns(), statements=statements())
