"""The tables' columns and the statements in SQL, as `compiling.py` wrote them into compiled.json.

So a node reads them without SQLAlchemy and SQLModel, whose import takes 0.3 s of a start and 23 MB.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: str  # as Postgres writes it
    key: bool  # part of the primary key
    written: bool  # its value is given by an INSERT: it is none of those that Postgres fills in (defaults, numbers that it alone draws)


class Statement(NamedTuple):
    """A statement with `$1`, `$2` … for these parameters; those that are always the same have their value here."""

    sql: str
    parameters: list[str]
    constants: Mapping[str, Any]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values of `$1`, `$2` … Raises `KeyError` for a parameter that is not given."""
        return [self.constants[name] if name in self.constants else given[name] for name in self.parameters]


_compiled = json.loads(Path(__file__).with_name("compiled.json").read_text())
TABLES = {name: [Column(**column) for column in columns] for name, columns in _compiled["tables"].items()}


def statement(name: str) -> Statement:
    """The statement of this name in statements.py. Raises `KeyError`."""
    return Statement(**_compiled["statements"][name])
