"""A pipeline of real processes under load, for fault tests: nodes, responders and clients, with a checker over everything at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from myna.checker.check import Rows, check
from myna.checker.verdict import Verdict
from tests.faults.retrying_client import TROUBLE, RetryingClient
from tests.services.budgets import budget
from tests.services.http import HttpClient
from tests.services.postgres import PostgresServer
from tests.services.processes import until
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Node, Process, Stack


class Cluster:
    """One stack on one virtual host and one database, and the clients connected to it."""

    def __init__(self, stack: Stack, rabbit: RabbitNode, vhost: str, postgres: PostgresServer | None = None) -> None:
        """`postgres`: the server, for tests that harm it by `Cluster.postgres`."""
        self.stack = stack
        self.rabbit = rabbit
        self.vhost = vhost
        self._postgres = postgres
        self.clients: list[RetryingClient] = []
        self._runs: list[asyncio.Task[None]] = []
        self._seeds = 0

    @property
    def postgres(self) -> PostgresServer:
        assert self._postgres
        return self._postgres

    # --- processes ---

    async def scale(self, nodes: int, responders: int) -> None:
        """Have at least so many of each, running and ready; processes that ended are started again."""
        for process in (*self.stack.nodes, *self.stack.responders):
            if not process.running:
                await self.start(process)
        while len(self.stack.nodes) < nodes:
            await self.stack.add_node()
        while len(self.stack.responders) < responders:
            await self._started(await self.stack.add_responder(), 1)
        for node in self.stack.nodes:
            await node.ready()

    async def start(self, process: Process) -> None:
        """Start a process again and wait until it works (a node: until it is ready)."""
        starts = len(process.logged("responder.started"))
        await process.start()
        if not isinstance(process, Node):
            await self._started(process, starts + 1)

    async def _started(self, responder: Process, times: int) -> None:
        async def so() -> bool:
            return len(responder.logged("responder.started")) >= times

        await until(so, budget(30), f"the start of {responder.name}")

    async def stop_responders(self) -> None:
        """Kill and forget every responder."""
        for responder in self.stack.responders:
            await responder.kill()
        self.stack.responders.clear()

    @property
    def nodes(self) -> list[Node]:
        return self.stack.nodes

    @property
    def responders(self) -> list[Process]:
        return self.stack.responders

    def urls(self) -> list[str]:
        """Nodes whose process runs."""
        return [node.url for node in self.nodes if node.running]

    async def pipeline(self, node: Node | None = None) -> dict[str, Any]:
        """/api/pipeline of this node, or of any that runs, as any client sees it."""
        async with HttpClient(base_url=node.url if node else self.urls()[0], timeout=10) as client:
            token = (await client.post("/api/session")).json()["token"]
            answer = await client.get("/api/pipeline", headers={"Authorization": f"Bearer {token}"})
            return dict(answer.raise_for_status().json())

    async def queue(self, name: str, **traits: int) -> None:
        """Wait until a queue has this depth, or so many consumers. Raises `TimeoutError`, which says what it had instead."""
        seen: dict[str, Any] = {}

        async def so() -> bool:
            nonlocal seen
            seen = next((queue for queue in (await self.pipeline())["broker"]["queues"] if queue["name"] == name), {})
            return bool(seen) and all(seen[trait] == value for trait, value in traits.items())

        try:
            await until(so, budget(40), f"{name} with {traits}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it had {seen}") from None

    # --- load ---

    def client(self, *, urls: Callable[[], list[str]] | None = None, **traits: Any) -> RetryingClient:
        """One more client; it sends nothing until it is told to."""
        self._seeds += 1
        client = RetryingClient(urls or self.urls, seed=self._seeds, **traits)
        self.clients.append(client)
        return client

    def start_clients(self, count: int, **traits: Any) -> list[RetryingClient]:
        """So many clients that send messages from now on."""
        clients = [self.client(**traits) for _ in range(count)]
        self._runs += [asyncio.create_task(client.run(), name=client.name) for client in clients]
        return clients

    async def finish(self, *, within_s: float = 60, node: Node | None = None) -> Verdict:
        """Stop sending, wait for every reply, read what is stored, and check it all. Raises what a client raised."""
        for client in self.clients:
            client.sending = False
        if self._runs:
            done, pending = await asyncio.wait(self._runs, timeout=budget(within_s), return_when=asyncio.FIRST_EXCEPTION)
            for run in done:
                run.result()
            if pending:
                raise TimeoutError("\n".join(client.state for client in self.clients if not client.settled))
        rows = await self.rows(node or next(node for node in self.nodes if node.running))
        verdict = check([client.history() for client in self.clients], rows)
        print("\n" + verdict.table())
        await self.close_clients()
        return verdict

    async def close_clients(self) -> None:
        """Disconnect every client, whatever it still waits for."""
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        for client in self.clients:
            await client.close()
        self.clients, self._runs = [], []

    async def rows(self, node: Node) -> Rows:
        """Every client's conversations, once everything is written."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}

        async def written() -> bool:
            for client in self.clients:
                if client.token is None or client.owner is None:
                    continue
                for conversation in client.conversations:
                    try:
                        items = await client.items(node.url, conversation)
                    except httpx.HTTPError:
                        return False
                    found[client.owner, conversation] = items
                    if not all("stored_at" in item for item in items):
                        return False
            return True

        await until(written, budget(30), "everything written to the database")
        return found

    # --- recovery ---

    @asynccontextmanager
    async def recovering(self, what: str, within_s: float) -> AsyncIterator[None]:
        """From entry until, after the body, a fresh client's message is answered. Raises `TimeoutError` when that takes too long."""
        begun = time.monotonic()
        yield
        await self.probe(within_s, begun)
        took = time.monotonic() - begun
        record_recovery(what, took, budget(within_s))

    async def probe(self, within_s: float, begun: float) -> None:
        """Send a message as a fresh client until one is answered. Raises `TimeoutError`."""
        while True:
            client = RetryingClient(self.urls, seed=0, pause_s=0)
            try:
                await client.reconnect()
                if await self._answers(client):
                    return
            except TROUBLE as error:
                if time.monotonic() - begun > budget(within_s):
                    raise TimeoutError(f"no answer within {budget(within_s):.0f} s") from error
                await asyncio.sleep(0.2)
            finally:
                await client.close()

    async def _answers(self, client: RetryingClient) -> bool:
        sent = await client.send("is anybody there?")
        answer = asyncio.ensure_future(client.end_of(sent["id"], 5))
        cut = asyncio.ensure_future(client.closed())
        try:
            await asyncio.wait((answer, cut), return_when=asyncio.FIRST_COMPLETED)
            return answer.done() and answer.result()["type"] == "reply.completed"
        finally:
            for wait in (answer, cut):
                wait.cancel()
            await asyncio.gather(answer, cut, return_exceptions=True)


def record_recovery(what: str, seconds: float, within_s: float) -> None:
    """Print one recovery time; raises `TimeoutError` when it is over its limit."""
    print(f"\n  recovery: {what}: {seconds:.1f} s (of {within_s:.0f} s)")
    if seconds > within_s:
        raise TimeoutError(f"{what}: recovery took {seconds:.1f} s, allowed are {within_s:.0f} s")
