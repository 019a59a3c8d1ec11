"""Views as rows of a table and back, by the columns' names, so that no statement and no mapper lists columns of its own.

A field of a view is the column of the same name. A field that is a record itself is spread over one column for each of its
fields, named with a prefix; it is None where all of them are null. Timestamps are RFC 3339 in views.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from myna.protocol.events import Options, Position, Timings
from myna.protocol.timestamps import moment, rfc3339
from myna.protocol.views import ConversationView, MessageView, ReplyError
from myna.store.port import Checkpoint
from myna.store.postgres.compiled import TABLES, Column

View = TypeVar("View")


class _Spread(NamedTuple):
    """A field that is a record itself."""

    field: str
    record: type
    columns: Sequence[tuple[str, str]]  # the record's fields, and the column of each


@dataclass(frozen=True, slots=True)
class RowMapping(Generic[View]):
    """How the views of one class stand in one table. Made by `map_rows`, which checks that every field has its column."""

    columns: Sequence[Column]  # what a query must select to make a view
    _view: type[View]
    _plain: Sequence[tuple[str, str]]  # fields that are no records, and the column of each
    _timestamps: Sequence[str]  # those of them that are timestamps
    _spread: Sequence[_Spread]
    _prefix: str = ""

    def prefixed(self, prefix: str) -> "RowMapping[View]":
        """The same with a prefix before all columns' names, for a query that selects several views in a row."""
        plain = [(field, prefix + column) for field, column in self._plain]
        spread = [one._replace(columns=[(field, prefix + column) for field, column in one.columns]) for one in self._spread]
        return replace(self, _plain=plain, _spread=spread, _prefix=prefix)

    def select(self, table: Any) -> list[Any]:
        """The columns of this table (or an alias of it) that make a view, under the names that `view` reads."""
        return [getattr(table, column.name).label(self._prefix + column.name) for column in self.columns]

    def view(self, row: Mapping[str, Any]) -> View:
        """The view that a row holds."""
        values = {field: row[column] for field, column in self._plain}
        for field in self._timestamps:
            values[field] = rfc3339(values[field])
        for field, record, columns in self._spread:
            given = {name: row[column] for name, column in columns}
            values[field] = None if all(value is None for value in given.values()) else record(**given)
        return self._view(**values)

    def arrays(self, views: Sequence[View]) -> dict[str, list[Any]]:
        """The views' columns by name, each as an array. Raises `ValueError` for a timestamp that is not RFC 3339."""
        arrays = {column: list(map(attrgetter(field), views)) for field, column in self._plain}
        for name in self._timestamps:
            arrays[name] = [at and moment(at) for at in arrays[name]]
        for field, _, columns in self._spread:
            records = list(map(attrgetter(field), views))
            for name, column in columns:
                arrays[column] = [None if record is None else getattr(record, name) for record in records]
        return arrays


def map_rows(table: str, view: type[View], **spread: tuple[type, str]) -> RowMapping[View]:
    """The mapping of a view's fields to a table's columns; `spread` gives class and prefix of the fields that are records.

    Raises `KeyError` (at import, then) for a field that has no column.
    """
    plain = [(name, name) for name in view.__annotations__ if name not in spread]
    spreads = [_Spread(field, record, [(n, prefix + n) for n in record.__annotations__]) for field, (record, prefix) in spread.items()]
    there = {column.name: column for column in TABLES[table]}
    columns = [there[column] for _, column in [*plain, *(pair for one in spreads for pair in one.columns)]]
    return RowMapping(columns, view, plain, [one.name for one in columns if one.type.startswith("TIMESTAMP")], spreads)


CONVERSATIONS = map_rows("conversations", ConversationView)
MESSAGES = map_rows("messages", MessageView, timings=(Timings, ""), error=(ReplyError, "error_"), options=(Options, "option_"))
CHECKPOINTS = map_rows("checkpoints", Checkpoint, low=(Position, "low_"), high=(Position, "high_"))

# The message and the reply in a row of the statement `IDEMPOTENCY_RECORDS`.
MESSAGE_OF_KEY, REPLY_OF_KEY = MESSAGES.prefixed("message_"), MESSAGES.prefixed("reply_")


def written_columns(table: str) -> list[Column]:
    """The columns whose values an INSERT gives."""
    return [column for column in TABLES[table] if column.written]


def names(columns: Iterable[Column]) -> str:
    """The columns' names as they stand in an INSERT or a SELECT."""
    return ", ".join(column.name for column in columns)


def given(columns: Iterable[Column]) -> str:
    """A FROM item `given`: a row for each element of one array parameter per column. A tsvector's comes as text."""
    columns = list(columns)
    types = ["TEXT" if one.type == "TSVECTOR" else one.type for one in columns]
    return f"unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(types, 1))}) AS given ({names(columns)})"


def in_order(columns: Iterable[Column], arrays: Mapping[str, Any]) -> list[Any]:
    """The parameters of `given`, out of arrays by the columns' names."""
    return [arrays[column.name] for column in columns]
