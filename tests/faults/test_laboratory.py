"""Everything in the laboratory broken at once, in the embedded mode as `make run` starts it: no promise is, and its ledger says so."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from myna.checker.check import check
from tests.faults import scenarios
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.services.stack import Node

pytestmark = pytest.mark.timeout(budget(150))

# Each for a second where it lasts; the log is replaced last, as the ledger begins anew with it.
FAULTS = (
    "hold_recorder", "cut_database", "pause_responder", "publish_twice", "end_responder", "cut_socket", "cut_broker", "poison",
    "end_responder", "publish_twice", "cut_socket", "replace_log",
)  # fmt: skip
BETWEEN_S = 0.5


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node with its laboratory, as that is open by itself where all is embedded."""
    folder = Path(tempfile.mkdtemp(prefix="myna-lab-"))
    folder.chmod(0o755)
    environment = {
        "CHAT_DATA_DIR": str(folder), "CHAT_LOG_FORMAT": "json", "CHAT_MOCK_PROFILE": "instant",
        "CHAT_MOCK_SCENARIOS": str(scenarios.write(folder)),
    }  # fmt: skip
    node = Node(environment, name="laboratory")
    try:
        await node.start()
        yield node
    finally:
        await node.kill()
        shutil.rmtree(folder, ignore_errors=True)


async def test_with_everything_broken_at_once_no_promise_is(node: Node) -> None:
    clients = [RetryingClient(lambda: [node.url], seed=seed, conversations=2, message=scenarios.mixed) for seed in range(4)]
    runs = [asyncio.create_task(client.run()) for client in clients]
    async with HttpClient(base_url=node.url, timeout=60) as operator:
        ledgers = [await ledger_of(operator)]
        for number, fault in enumerate(FAULTS):
            await asyncio.sleep(BETWEEN_S)
            operator.headers["Authorization"] = f"Bearer {clients[number % len(clients)].token}"
            await begin(operator, fault)
            ledgers.append(await ledger_of(operator))
        for client in clients:
            client.sending = False
        await asyncio.wait_for(asyncio.gather(*runs), budget(60))
        ledgers.append(await ledger_of(operator))

    rows = {(client.owner or "", one): await written(client, node, one) for client in clients for one in client.conversations}
    verdict = check([client.history() for client in clients], rows)
    print("\n" + verdict.table())
    assert verdict.clean
    assert verdict.answered > len(FAULTS)
    assert [ledger["faults"] for ledger in ledgers if not ledger["green"]] == []
    assert max(int(str(ledger["answered"])) for ledger in ledgers) > len(FAULTS)
    assert ledgers[-1]["open"] == 0


async def begin(operator: HttpClient, fault: str) -> None:
    """Order a fault, again while another one stands in its way."""
    order = {"after_part": 5} if fault == "end_responder" else {"seconds": 1}

    async def begun() -> bool:
        answer = await operator.post(f"/api/lab/faults/{fault}", json=order)
        assert answer.status_code in (202, 409, 503), answer.text
        return answer.status_code == 202

    await until(begun, budget(20), fault)


async def ledger_of(operator: HttpClient) -> dict[str, object]:
    ledger: dict[str, object] = (await operator.get("/api/lab/ledger")).json()
    return ledger


async def written(client: RetryingClient, node: Node, conversation: str) -> list[dict[str, object]]:
    """A conversation once all of it is in the database; none of one in which nothing was sent."""
    rows: list[dict[str, object]] = []
    if not any(frame.get("conversation_id") == conversation for frame in client.sent):
        return rows

    async def all_there() -> bool:
        rows[:] = await client.items(node.url, conversation)
        return all("stored_at" in row for row in rows)

    await until(all_there, budget(20), "everything written")
    return rows
