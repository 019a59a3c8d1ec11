"""The same on real servers: what was stopped while it waited keeps its place live, in the database, and on another node."""

from uuid import uuid4

from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.services.stack import Stack
from tests.unit.api.test_stopping import in_order, stop_the_third_of_four


async def test_a_message_stopped_while_it_waits_keeps_its_place_after_a_reload_and_on_another_node(stack: Stack) -> None:
    here, conversation_id = await stack.add_node(), str(uuid4())
    await stack.add_responder()
    client = ChatClient()
    await client.open(here.url)
    sent = await stop_the_third_of_four(client, conversation_id)

    async def stored() -> bool:
        return bool((await client.http(here.url, "GET", "/api/pipeline")).json()["recorder"]["pending"] == 0)

    await until(stored, 30, "everything stored")
    await in_order(client, here.url, conversation_id, sent)
    there = await stack.add_node()
    await in_order(client, there.url, conversation_id, sent)
    await client.close()
