"""Fixtures for pytest, found by its name in the package's entry points: `myna_url` for a session, `myna` for each test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from myna.testing.mock_process import Mock, running_mock


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the mock is, and how it is started."""
    group = parser.getgroup("myna")
    group.addoption("--myna-url", help="a running Myna (http://localhost:5055) instead of a mock that is started for the tests")
    group.addoption("--myna-args", default="", help="arguments of `myna mock`, such as '--profile fast --speed 1'")


@pytest.fixture(scope="session")
def myna_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a mock that runs for this session, or of the Myna that --myna-url names, with the whole pipeline."""
    given = pytestconfig.getoption("--myna-url")
    if given:
        yield str(given).rstrip("/")
        return
    with running_mock(pytestconfig.getoption("--myna-args").split()) as url:
        yield url


@pytest.fixture
def myna(myna_url: str) -> Mock:
    """`base_url` and `api_key` for any client of OpenAI's API, and this test's own rules, failures and journal."""
    return Mock(myna_url, f"test-{uuid4()}")
