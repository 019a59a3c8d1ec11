"""The clients of OpenAI's API, unmodified, at `/v1` with only base URL and key changed: each in a process of its own, all at once.

The Python ones have an environment of their own (make .venv/clients/ready), as instructor wants an older openai than the
newest, which tests/unit/api/test_openai_clients.py tries.
"""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.services.budgets import SLOWNESS
from tests.unit.api.conftest import serving

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv" / "clients" / "bin" / "python"
LONGEST_S = 55 * SLOWNESS  # imports of these clients alone take ten seconds of processor

CHAT = ("text", "stream", "tools", "structured", "retries", "timeout")
AI = (*CHAT, "cancel", "streamed_retries")
CLIENTS: dict[str, tuple[str, ...]] = {
    "langchain": (*CHAT, "cancel", "responses"),
    "pydantic": (*CHAT, "cancel", "responses"),
    "instructor": ("tools", "json", "json_schema", "md_json", "stream", "retries"),
    "litellm": (*CHAT, "responses"),
    "js openai": (*CHAT, "cancel", "responses"),
    "js ai_responses": AI,
    "js ai_chat": AI,
    "js ai_compatible": AI,
}

Outcomes = dict[tuple[str, str], str]


async def outcomes_of(client: str, url: str) -> Outcomes:
    """Run one client against a node; what came of each of its checks: ok, or a traceback."""
    if client.startswith("js "):
        command = ["node", "--no-warnings", str(HERE / "clients.mjs"), client.removeprefix("js "), url]
    else:
        command = [str(PYTHON), str(HERE / "python_clients.py"), client, url]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, cwd=HERE)
    try:
        async with asyncio.timeout(LONGEST_S):
            output, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        output, errors = await process.communicate()
    sys.stderr.write(f"{client}: {errors.decode(errors='replace')[-2000:]}")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
    return {(client, line["check"]): line["outcome"] for line in lines}


@pytest.fixture(scope="module")
async def outcomes() -> Outcomes:
    """What came of every check of every client."""
    async with serving() as node:
        results = await asyncio.gather(*(outcomes_of(client, node.url) for client in CLIENTS))
    return {check: outcome for found in results for check, outcome in found.items()}


@pytest.mark.parametrize(("client", "check"), [(client, check) for client, checks in CLIENTS.items() for check in checks])
async def test_a_client_gets_what_it_wants(outcomes: Outcomes, client: str, check: str) -> None:
    assert outcomes.get((client, check), "it never came to this check") == "ok"


async def test_every_check_is_listed_here(outcomes: Outcomes) -> None:
    assert outcomes.keys() <= {(client, check) for client, checks in CLIENTS.items() for check in checks}
