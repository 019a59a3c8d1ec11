"""The SQL that nodes run is that of the tables and statements in the source."""

import json

from myna.store.postgres import compiled, compiling

HINT = "Run: python -m myna.store.postgres.compiling"


def test_the_compiled_file_is_up_to_date() -> None:
    content = json.loads(compiling.FILE.read_text())
    assert content["tables"] == compiling.columns(), HINT
    assert content["statements"] == compiling.statements(), HINT


def test_parameters_that_are_always_the_same_need_not_be_given() -> None:
    page = compiled.Statement("SELECT $1, $2, $1", ["owner", "number", "owner"], {"number": 3})
    assert page.arguments({"owner": "a", "of another": 1}) == ["a", 3, "a"]
