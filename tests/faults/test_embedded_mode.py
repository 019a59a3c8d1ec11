"""The embedded mode killed: what was accepted is answered by the next start, and its Postgres does not outlive it for long."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from myna.checker.check import check
from tests.faults import scenarios
from tests.faults.cluster import record_recovery
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget
from tests.services.processes import until
from tests.services.stack import Node

pytestmark = pytest.mark.timeout(budget(150))


def postgres_of(folder: Path) -> int:
    return int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_an_embedded_server_killed_in_the_middle_of_a_reply_goes_on_after_the_next_start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="myna-embedded-"))
    folder.chmod(0o755)
    environment = {
        "CHAT_DATA_DIR": str(folder), "CHAT_LOG_FORMAT": "json", "CHAT_MOCK_PROFILE": "instant",
        "CHAT_MOCK_SCENARIOS": str(scenarios.write(folder)),
    }  # fmt: skip
    node = Node(environment, name="embedded")
    client = RetryingClient(lambda: [node.url], seed=1)
    try:
        await node.start()
        for deaths in range(2):
            await client.reconnect()
            message_id = await client.send_scenario("long-forty")
            await client.wait_for_part(message_id, 5 + deaths, budget(20))
            postgres, begun = postgres_of(folder), time.monotonic()
            await node.kill()

            async def gone(postgres: int = postgres) -> bool:
                return not alive(postgres)

            await until(gone, 20, "the end of the embedded Postgres")  # the contract's limit
            record_recovery("embedded server killed, its Postgres ended", time.monotonic() - begun, 20)
            begun = time.monotonic()
            await node.start()
            await client.reconnect()
            record_recovery("embedded server started again, client resumed", time.monotonic() - begun, budget(20))
            assert client.welcome["resumed"]
            end = await client.end_of(message_id, budget(30))
            assert client.text_of(message_id) == end["text"] == scenarios.FORTY_TEXT

        conversation = client.conversations[0]
        rows: list[dict[str, object]] = []

        async def written() -> bool:
            rows[:] = await client.items(node.url, conversation)
            return all("stored_at" in row for row in rows)

        await until(written, budget(20), "everything written")
        verdict = check([client.history()], {(client.owner or "", conversation): rows})
        print("\n" + verdict.table())
        assert verdict.clean
        assert (verdict.answered, verdict.failed) == (2, {})
    finally:
        await client.close()
        await node.kill()
        shutil.rmtree(folder, ignore_errors=True)
