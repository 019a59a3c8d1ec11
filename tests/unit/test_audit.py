"""An audit tells what is vulnerable, and never that all is well where nothing was looked up."""

import pytest

from tests.audit import say_page, say_python


def test_a_vulnerable_package_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    bad = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
    skipped = {"name": "b", "skip_reason": "not found"}

    assert say_python("lock", {"dependencies": [bad, skipped]})
    assert say_page({"vulnerabilities": {"c": {"severity": "high"}}, "metadata": {"dependencies": {"total": 3}}})

    said = capsys.readouterr().out
    assert "lock: 1 packages audited, 1 are on no list.\n  a 1: PYSEC-1\n" in said
    assert "3 packages audited.\n  c: high\n" in said


def test_packages_without_a_known_vulnerability_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert not say_python("lock", {"dependencies": [{"name": "a", "version": "1", "vulns": []}]})
    assert not say_page({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 3}}})
    assert capsys.readouterr().out == "lock: 1 packages audited.\nfront/package-lock.json: 3 packages audited.\n"


@pytest.mark.parametrize("report", [None, {}, {"dependencies": [{"name": "a", "skip_reason": "not found"}]}, {"message": "405"}])
def test_where_nothing_was_looked_up_it_says_so(report: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert not say_python("lock", report)
    assert not say_page(report)
    assert capsys.readouterr().out.count("not audited") == 2
