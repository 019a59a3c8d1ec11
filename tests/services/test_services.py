"""The tests' own services do what the fault tests rely on."""

import socket

import aio_pika
import asyncpg
import httpx
import pytest

from tests.services.chromium import chromium
from tests.services.http import HttpClient
from tests.services.postgres import PostgresServer
from tests.services.processes import free_ports
from tests.services.rabbitmq import RabbitNode


async def publish(url: str, queue: str = "kept") -> None:
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, durable=True)
        message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, declared.name, timeout=5)


async def depth(url: str, queue: str = "kept") -> int:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, durable=True)
        return declared.declaration_result.message_count or 0


def test_a_port_stays_with_who_asked_for_it_while_its_server_starts_and_starts_again() -> None:
    (port,) = free_ports(1)
    for address in ("127.0.0.1", "127.0.0.2"):
        with socket.socket() as another, pytest.raises(OSError, match="in use"):
            another.bind((address, port))
        with socket.create_server(("127.0.0.1", port)) as server:  # sets SO_REUSEADDR
            assert server.getsockname()[1] == port


async def test_a_killed_node_comes_back_with_what_it_had_confirmed(rabbit: RabbitNode, amqp_url: str) -> None:
    await publish(amqp_url)
    await rabbit.sync_declarations()
    await rabbit.kill()
    with pytest.raises(OSError, match="onnect"):
        await publish(amqp_url)
    await rabbit.start()
    assert await depth(amqp_url) == 1


async def test_a_stopped_broker_refuses_and_a_started_one_serves(rabbit: RabbitNode, amqp_url: str) -> None:
    await rabbit.stop_app()
    with pytest.raises(OSError, match="onnect"):
        await publish(amqp_url)
    await rabbit.start_app()
    await publish(amqp_url)


async def test_a_frozen_node_answers_nobody_until_it_is_thawed(rabbit: RabbitNode, amqp_url: str) -> None:
    rabbit.freeze()
    with pytest.raises(httpx.TimeoutException):
        async with HttpClient(timeout=1) as client:
            await client.get(f"http://127.0.0.1:{rabbit.management_port}/")
    rabbit.thaw()
    await publish(amqp_url)


async def test_a_memory_alarm_blocks_publishers_until_it_is_cleared(rabbit: RabbitNode, amqp_url: str) -> None:
    await rabbit.raise_memory_alarm()
    with pytest.raises(TimeoutError):
        await publish(amqp_url)
    await rabbit.clear_memory_alarm()
    await publish(amqp_url)


async def test_an_operator_deletes_a_queue(rabbit: RabbitNode, vhost: str, amqp_url: str) -> None:
    await publish(amqp_url)
    await rabbit.delete_queue(vhost, "kept")
    assert await rabbit.manage("GET", f"queues/{vhost}") == []


async def make_table(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept (at timestamptz default now())")
    await connection.close()


async def test_a_prepared_database_is_a_fresh_copy_each_time(postgres: PostgresServer) -> None:
    for _ in range(2):
        name = await postgres.make_database(make_table)
        connection = await asyncpg.connect(postgres.url(name))
        assert await connection.fetchval("select count(*) from kept") == 0
        await connection.execute("insert into kept default values")
        await connection.close()
        await postgres.drop_database(name)


@pytest.mark.parametrize("immediate", [False, True])
async def test_a_restart_ends_connections_and_keeps_what_was_committed(
    postgres: PostgresServer, empty_database_url: str, immediate: bool
) -> None:
    await make_table(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("insert into kept default values")
    await postgres.restart(immediate=immediate)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("select 1")
    again = await asyncpg.connect(empty_database_url)
    assert await again.fetchval("select count(*) from kept") == 1
    await again.close()


async def test_the_browser_opens_a_page() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.set_content("<h1>Myna</h1>")
        assert await page.inner_text("h1") == "Myna"
