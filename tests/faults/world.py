"""A pipeline under load for fault tests: nodes, responders, talkers, and the checker over all of it at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.checker.checking import Rows, check
from tests.checker.verdict import Verdict
from tests.faults.talker import TROUBLE, Talker
from tests.services.budgets import budget
from tests.services.postgres import PostgresServer
from tests.services.processes import until
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Node, Process, Stack

RECOVERIES: list[tuple[str, float, float]] = []  # what, measured seconds, budget


class World:
    """One stack on one virtual host and one database. `fixed_urls`: where talkers go instead of to the nodes (a proxy, say)."""

    def __init__(self, stack: Stack, rabbit: RabbitNode, vhost: str, postgres: PostgresServer) -> None:
        self.stack = stack
        self.rabbit = rabbit
        self.vhost = vhost
        self.postgres = postgres
        self.talkers: list[Talker] = []
        self._runs: list[asyncio.Task[None]] = []
        self._seeds = 0

    # --- processes ---

    async def staff(self, nodes: int, responders: int) -> None:
        """Have so many of each, running and ready; dead ones are started again."""
        for process in (*self.stack.nodes, *self.stack.responders):
            if not process.running:
                await self.start(process)
        while len(self.stack.nodes) < nodes:
            await self.stack.add_node()
        while len(self.stack.responders) < responders:
            await self.stack.add_responder()
        for node in self.stack.nodes:
            await node.ready()

    async def start(self, process: Process) -> None:
        """Start a process again and wait until it is in charge of itself (nodes: ready)."""
        lives = len(process.said("responder.started"))
        await process.start()

        async def begun() -> bool:
            return isinstance(process, Node) or len(process.said("responder.started")) > lives

        await until(begun, budget(30), f"the start of {process.name}")

    async def dismiss_responders(self) -> None:
        """No responder is left."""
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
        """/api/pipeline of this node, or of any that runs, as a stranger sees it."""
        async with httpx.AsyncClient(base_url=node.url if node else self.urls()[0], trust_env=False, timeout=10) as client:
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

    def talker(self, *, urls: Callable[[], list[str]] | None = None, **traits: Any) -> Talker:
        """One more client, not running by itself yet."""
        self._seeds += 1
        talker = Talker(urls or self.urls, seed=self._seeds, **traits)
        self.talkers.append(talker)
        return talker

    def talk(self, count: int, **traits: Any) -> list[Talker]:
        """So many talkers, talking from now on."""
        talkers = [self.talker(**traits) for _ in range(count)]
        self._runs += [asyncio.create_task(talker.run(), name=talker.name) for talker in talkers]
        return talkers

    async def finish(self, *, within_s: float = 60, node: Node | None = None) -> Verdict:
        """Let the talkers come to rest, read what is stored, and judge it all. Raises what a talker raised."""
        for talker in self.talkers:
            talker.talking = False
        if self._runs:
            done, pending = await asyncio.wait(self._runs, timeout=budget(within_s), return_when=asyncio.FIRST_EXCEPTION)
            for run in done:
                run.result()
            if pending:
                raise TimeoutError("\n".join(talker.state for talker in self.talkers if not talker.settled))
        rows = await self.rows(node or next(node for node in self.nodes if node.running))
        verdict = check([talker.history() for talker in self.talkers], rows)
        print("\n" + verdict.table())
        await self.leave()
        return verdict

    async def leave(self) -> None:
        """Every talker goes, whatever is still open."""
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        for talker in self.talkers:
            await talker.close()
        self.talkers, self._runs = [], []

    async def rows(self, node: Node) -> Rows:
        """Every talker's conversations, once everything is written."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}

        async def written() -> bool:
            for talker in self.talkers:
                if talker.token is None or talker.owner is None:
                    continue
                for conversation in talker.conversations:
                    try:
                        items = await talker.items(node.url, conversation)
                    except httpx.HTTPError:
                        return False
                    found[talker.owner, conversation] = items
                    if not all("stored_at" in item for item in items):
                        return False
            return True

        await until(written, budget(30), "everything written to the database")
        return found

    # --- recovery ---

    @asynccontextmanager
    async def recovering(self, what: str, within_s: float) -> AsyncIterator[None]:
        """The time from here until a fresh client's message is answered whole, after what the body does. Printed, and bounded."""
        begun = time.monotonic()
        yield
        await self.probe(within_s, begun)
        took = time.monotonic() - begun
        note(what, took, budget(within_s))

    async def probe(self, within_s: float, begun: float) -> None:
        """A fresh client says something and hears the answer; tried until it works. Raises `TimeoutError`."""
        while True:
            talker = Talker(self.urls, seed=0, pause_s=0)
            try:
                await talker.reconnect()
                if await self._answers(talker):
                    return
            except TROUBLE as error:
                if time.monotonic() - begun > budget(within_s):
                    raise TimeoutError(f"no answer within {budget(within_s):.0f} s") from error
                await asyncio.sleep(0.2)
            finally:
                await talker.close()

    async def _answers(self, talker: Talker) -> bool:
        sent = await talker.send("is anybody there?")
        answer = asyncio.ensure_future(talker.end_of(sent["id"], 5))
        cut = asyncio.ensure_future(talker.closed())
        try:
            await asyncio.wait((answer, cut), return_when=asyncio.FIRST_COMPLETED)
            return answer.done() and answer.result()["type"] == "reply.completed"
        finally:
            for wait in (answer, cut):
                wait.cancel()
            await asyncio.gather(answer, cut, return_exceptions=True)


def note(what: str, seconds: float, within_s: float) -> None:
    """Remember and print one recovery time; raises `TimeoutError` when it is over its budget."""
    RECOVERIES.append((what, seconds, within_s))
    print(f"\n  recovery: {what}: {seconds:.1f} s (of {within_s:.0f} s)")
    if seconds > within_s:
        raise TimeoutError(f"{what}: recovery took {seconds:.1f} s, allowed are {within_s:.0f} s")
