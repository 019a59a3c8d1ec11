"""`myna mock` and the fixtures on it: a model for other people's tests."""

import asyncio
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from myna.testing.mock_process import Mock, running_mock
from tests.services.budgets import budget

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    with running_mock() as url:
        yield url


@pytest.fixture
def mock(mock_url: str, request: pytest.FixtureRequest) -> Mock:
    return Mock(mock_url, request.node.name)


def said(mock: Mock, text: str, max_retries: int = 0) -> str | None:
    with openai.OpenAI(base_url=mock.base_url, api_key=mock.api_key, max_retries=max_retries) as client:
        return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}]).choices[0].message.content


def processor_s() -> float:
    """Seconds of processor that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_it_starts_in_about_a_second_with_no_broker_and_no_database() -> None:
    begun = processor_s()
    with running_mock() as url:
        assert said(Mock(url, "key"), "/echo hi") == "hi"
    assert processor_s() - begun < budget(1.5)  # with its reply and its end; by the clock it depends on who else works here


def test_it_waits_for_nothing_unless_told(mock: Mock) -> None:
    begun = time.monotonic()
    assert said(mock, "/sleep 20") is not None
    assert time.monotonic() - begun < budget(3)


def test_a_test_has_rules_failures_and_a_journal_of_its_own(mock: Mock, mock_url: str) -> None:
    mock.rules({"name": "order", "match": {"regex": r"order (\d+)"}, "reply": {"text": "Order ${1} left."}})
    mock.fail_next("overloaded", times=2, retry_after_s=0.1)
    assert said(mock, "where is order 7?", max_retries=3) == "Order 7 left."
    assert said(Mock(mock_url, "another"), "where is order 7?") != "Order 7 left."
    assert [entry["rule"] for entry in mock.journal()] == ["queued failure", "queued failure", "order"]


def test_wrong_rules_say_what_is_wrong(mock: Mock) -> None:
    with pytest.raises(ValueError, match="did you mean turn"):
        mock.rules({"match": {"trun": 1}, "reply": {"text": "x"}})


def test_a_wrong_argument_ends_it_with_a_reason() -> None:
    with pytest.raises(RuntimeError, match="exit code 2"), running_mock(["--profile", "warp"]):
        pass


async def test_pytest_finds_the_fixtures_by_itself(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import openai\n\n\n"
        "def test_it(myna):\n"
        "    myna.rules({'match': {'exact': 'ping'}, 'reply': {'text': 'pong'}})\n"
        "    client = openai.OpenAI(base_url=myna.base_url, api_key=myna.api_key)\n"
        "    reply = client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': 'ping'}])\n"
        "    assert reply.choices[0].message.content == 'pong'\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path), cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert b"1 passed" in output, output.decode()


async def test_javascript_tests_have_a_file_for_it(tmp_path: Path) -> None:
    script = tmp_path / "use.mjs"
    script.write_text(
        f"import {{ startMock }} from '{ROOT / 'docs' / 'mock-fixture.mjs'}';\n"
        f"const mock = await startMock({{ command: '{Path(sys.executable).with_name('myna')}' }});\n"
        "const answer = await fetch(`${mock.url}/v1/models`, { headers: { Authorization: 'Bearer key' } });\n"
        "console.log(answer.status);\n"
        "await mock.stop();\n"
    )
    process = await asyncio.create_subprocess_exec("node", str(script), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert (output.strip(), process.returncode) == (b"200", 0)
