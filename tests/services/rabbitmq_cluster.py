"""A private RabbitMQ cluster of three members on the loopback interface."""

import asyncio
from urllib.parse import quote

import httpx

from tests.services.processes import until
from tests.services.rabbitmq import BOOT_S, RabbitNode

COOKIE = "only-the-tests-know-it"
# As docs/operations.md has it: whoever sees fewer than half of the members stops, and leaders are spread over them.
CONFIGURATION = """
cluster_partition_handling = pause_minority
queue_leader_locator = balanced
cluster_formation.peer_discovery_backend = classic_config
"""


class RabbitCluster:
    """Three members, each with every queue."""

    def __init__(self) -> None:
        first = RabbitNode()
        self.members = [first, RabbitNode(first), RabbitNode(first)]
        names = "".join(f"cluster_formation.classic_config.nodes.{n} = {one.name}\n" for n, one in enumerate(self.members, 1))
        for one in self.members:
            with (one.folder / "rabbitmq.conf").open("a") as file:
                file.write(CONFIGURATION + names)
            cookie = one.folder / ".erlang.cookie"
            cookie.write_text(COOKIE)
            cookie.chmod(0o400)

    async def start(self) -> None:
        """Boot all at once, as RabbitMQ 4 waits for those that it is told of, and wait until each sees the others."""
        await asyncio.gather(*(one.start() for one in self.members))
        for one in self.members:
            await self.whole(one)

    async def stop(self) -> None:
        """End all, and remove their folders."""
        for one in reversed(self.members):
            one.thaw()
            await one.stop()

    def url(self, vhost: str) -> str:
        """CHAT_AMQP_URL of a virtual host."""
        return ",".join(one.url(vhost) for one in self.members)

    async def leader(self, vhost: str, queue: str) -> RabbitNode:
        """The member that leads a queue or stream."""
        found: RabbitNode | None = None

        async def known() -> bool:
            nonlocal found
            try:
                told = await self.members[0].manage("GET", f"queues/{quote(vhost, safe='')}/{queue}")
            except httpx.HTTPError:  # slow, or about to know of the queue
                return False
            found = next((one for one in self.members if one.name == (told.get("leader") or told.get("node"))), None)
            return found is not None and len(told.get("online", ())) == len(self.members)

        await until(known, BOOT_S, f"a leader of {queue} and all its replicas")
        assert found
        return found

    async def replicated(self, vhost: str, *queues: str) -> None:
        """Wait until every member has a replica of each of these that follows its leader."""
        for queue in queues:
            await self.leader(vhost, queue)

    async def whole(self, seen_by: RabbitNode) -> None:
        """Wait until this member sees all."""

        async def all_running() -> bool:
            try:
                return [node["running"] for node in await seen_by.manage("GET", "nodes")] == [True] * len(self.members)
            except httpx.HTTPError:
                return False

        await until(all_running, BOOT_S, "three members that see each other")

    async def cut_off(self, member: RabbitNode) -> None:
        """Part this member from the others: none takes the other's connections."""
        await self._peers_cookie(member, "another")

    async def reunite(self, member: RabbitNode) -> None:
        """Undo `cut_off`, and wait until the member serves again."""
        await self._peers_cookie(member, COOKIE)
        await asyncio.sleep(1)  # it looks for the others every second
        await until(member.serves, BOOT_S, "the member's return")
        await self.whole(member)

    async def _peers_cookie(self, member: RabbitNode, cookie: str) -> None:
        peers = ", ".join(f"'{one.name}'" for one in self.members if one is not member)
        await member.ctl("eval", f"lists:foreach(fun(N) -> erlang:set_cookie(N, '{cookie}'), erlang:disconnect_node(N) end, [{peers}]).")
