"""The report of the benchmarks is put together from runs of some figures each."""

from pathlib import Path

from tests.bench import report
from tests.bench.report import Table


def measured(title: str, value: str) -> Table:
    table = Table(title, ("", "ms"), "A note.", measured="Measured some time.")
    table.add("Myna", value)
    return table


def test_a_run_of_some_figures_leaves_the_tables_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "REPORT.md"
    report.write(file, "a machine", [measured("Start", "1.1"), measured("Storm", "2.2")])
    report.write(file, "the same machine, later", [measured("Start", "3.3"), measured("Idle", "4.4")])

    text = file.read_text()
    assert text.startswith("# Benchmarks\n")
    assert "later" in text
    assert [line for line in text.splitlines() if line.startswith(("## ", "| Myna"))] == [
        "## Start", "| Myna | 3.3 |", "## Storm", "| Myna | 2.2 |", "## Idle", "| Myna | 4.4 |",
    ]  # fmt: skip


def test_a_table_that_is_written_again_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "REPORT.md"
    report.write(file, "a machine", [measured("Start", "1.1"), measured("Storm", "2.2")])
    before = file.read_text()
    report.write(file, "a machine", [measured("Storm", "2.2")])

    assert file.read_text() == before
