"""docs/mock-ai.md names every option that there is, and behind each cell of its table of mocks stands a test."""

import re
from pathlib import Path

from myna.mock_ai import COMMANDS, PROFILES
from myna.mock_ai.failures import FAILURES
from myna.settings import Settings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mock-ai.md").read_text()


def test_every_profile_command_failure_and_setting_is_on_the_page() -> None:
    settings = [f"CHAT_{name.upper()}" for name in Settings.model_fields if name.startswith(("mock_", "brain", "openai"))]
    names = [*PROFILES, *(command.name for command in COMMANDS), *FAILURES, *settings]
    assert [name for name in names if f"`{name}`" not in PAGE and f"`{name} " not in PAGE and f"`{name}=" not in PAGE] == []


def test_every_test_that_the_table_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) >= 15
    missing = [(path, name) for path, name in named if not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)]
    assert missing == []
