"""The benchmark itself: a small run of it goes through and fills its tables. How fast anything is, is no test's business."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.budgets import budget

FIGURES = ("headline", "turns", "idle", "storm", "growth", "backlog")


@pytest.mark.timeout(budget(300))
def test_a_quick_run_fills_every_table_with_numbers(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", *FIGURES, "--report", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    sections = report.read_text().split("\n## ")[1:]
    assert len(sections) == len(FIGURES) + 1 + 3  # latency has a table of its own, and the headline one for each load
    assert sorted(file.name for file in (tmp_path / "charts").iterdir()) == ["delay-of-a-part.svg", "parts-a-second.svg"]
    for section in sections:
        rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ") and "---" not in line]
        assert len(rows) >= 2, section
        for row in rows[1:]:
            figures = [cell for cell in row[1:] if cell.strip()]
            assert figures, section
            assert all(any(letter.isdigit() for letter in cell) and "nan" not in cell for cell in figures), section
