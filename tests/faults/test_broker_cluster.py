"""A RabbitMQ cluster under load: leaders killed, one parted from the others, all restarted in turn: nothing is lost, turns go on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults import scenarios
from tests.faults.cluster import Cluster
from tests.faults.conftest import migrated, of_its_own
from tests.faults.silence import silence
from tests.services.budgets import budget
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq_cluster import RabbitCluster
from tests.services.stack import Stack

VHOST = "faults"
TURNS_GO_ON_S = 4  # some 1 s; the worst seen, with ten times more to do than the cores can, is a publish repeated after its limit of 5 s
PARTED_S = 3  # beyond what an election takes


@pytest.fixture
async def members() -> AsyncIterator[RabbitCluster]:
    cluster = RabbitCluster()
    try:
        await cluster.start()
        await cluster.members[0].make_vhost(VHOST)
        yield cluster
    finally:
        await cluster.stop()


@pytest.fixture
async def cluster(members: RabbitCluster, postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Cluster]:
    database = await postgres_server.make_database(migrated)
    environment = {"CHAT_MOCK_SCENARIOS": str(scenarios.write(tmp_path))}
    stack = Stack(members.url(VHOST), postgres_server.url(database), **environment)
    async with of_its_own(Cluster(stack, members.members[0], VHOST, postgres_server)) as cluster:
        yield cluster
    await postgres_server.drop_database(database)


@pytest.mark.timeout(budget(300))
async def test_a_cluster_that_loses_each_of_three_members_in_turn_loses_no_message(cluster: Cluster, members: RabbitCluster) -> None:
    clients = cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    await asyncio.sleep(2)  # RabbitMQ 3.10.8 may lose a quorum queue that is killed within half a second of its declaration

    for queue in ("chat_queue", "chat_responses"):
        leader = await members.leader(VHOST, queue)
        async with silence(clients, f"the leader of {queue} killed and started", TURNS_GO_ON_S):
            await leader.kill()
            await leader.start()

    parted = await members.leader(VHOST, "chat_responses")
    async with silence(clients, "the leader of chat_responses parted from the others", TURNS_GO_ON_S):
        await members.cut_off(parted)
        await asyncio.sleep(PARTED_S)
        await members.reunite(parted)

    for number, member in enumerate(members.members, 1):
        await members.replicated(VHOST, "chat_queue", "chat_responses")
        async with silence(clients, f"member {number} of a rolling restart", TURNS_GO_ON_S):
            await member.terminate()
            await member.start()

    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed
