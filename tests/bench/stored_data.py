"""Figures: what a large database and a long log do to speed — turns, history, search, and a node that has to catch up."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from uuid import uuid4, uuid5

import aio_pika
import asyncpg

from myna.broker.rabbitmq.broker import RabbitBroker
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.ids import REPLY_NAMESPACE, reply_id_for
from myna.protocol.session import Session
from myna.protocol.topology import EXCHANGE, GROUP_LINES, RoutingKey
from myna.store.postgres.migrations import migrate
from myna.web.auth import Sessions
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.speed import interleaved
from tests.bench.targets import Services, Target, myna
from tests.services.http import HttpClient
from tests.services.stack import SECRET, Node, Process

BACKLOG_S = 600
ASKS = 200  # history pages and searches, each
WORDS = ["quick", "brown", "fox", "jumps", "lazy", "dog", "while", "rain", "falls", "quiet", "streets", "somebody", "reads", "letter"]
LONG = 1_000  # messages of the longest conversation

# Half of all belongs to one owner: conversation 0 with up to LONG messages, then ten each. The rest is other people's, ten each too.
_MESSAGES = """
INSERT INTO messages (owner, id, conversation_id, ord, turn, role, text, status, created_at, words)
SELECT who, gen_random_uuid(), ('00000000-0000-4000-8000-' || lpad(to_hex(talk), 12, '0'))::uuid, n, n,
       CASE n % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, said, 'complete', now() - make_interval(secs => $1 - n),
       array_to_tsvector(string_to_array('@' || who || ' ' || found, ' '))
FROM (
  SELECT n, CASE WHEN n % 2 = 0 THEN $2::uuid ELSE ('10000000-0000-4000-8000-' || lpad(to_hex(n / 20), 12, '0'))::uuid END AS who,
         CASE WHEN n / 2 < $4 THEN 0 ELSE n / 20 END AS talk,
         $3::text[] AS words
  FROM generate_series(1, $1) AS n
) AS made,
LATERAL (SELECT string_agg(words[1 + (n * 7 + k * k) % array_length(words, 1)], ' ') || ' number' || n AS said,
                string_agg(DISTINCT words[1 + (n * 7 + k * k) % array_length(words, 1)], ' ') || ' number' || n AS found
         FROM generate_series(1, 12) AS k) AS spoken
"""
_CONVERSATIONS = """
INSERT INTO conversations (owner, id, title, created_at, updated_at, messages, preview)
SELECT owner, conversation_id, 'talk', min(created_at), max(created_at), count(*), 'talk' FROM messages GROUP BY owner, conversation_id
"""


async def grown_database(services: Services, owner: str, messages: int) -> str:
    """A migrated database with so many messages; its name."""
    name = await services.postgres.make_database()
    await migrate(services.postgres.url(name))
    if messages:
        connection = await asyncpg.connect(services.postgres.url(name))
        await connection.execute(_MESSAGES, messages, owner, WORDS, LONG)
        await connection.execute(_CONVERSATIONS)
        await connection.execute("SELECT setval('messages_ord_seq', $1)", messages + 1)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    return name


async def stored_messages(services: Services, plan: Plan) -> list[Table]:
    """Turns a second, a page of history and a search at 0, … stored messages; all of them target by target."""
    owner = str(uuid4())
    async with AsyncExitStack() as stack:
        targets: list[Target] = []
        for size in plan.grown:
            database = await grown_database(services, owner, size)
            stack.push_async_callback(services.postgres.drop_database, database)
            targets.append(await stack.enter_async_context(myna(services, name=f"{size:,} messages", database=database)))
        runs = await interleaved(targets, services, plan, "turns", sockets=max(plan.sockets))
        table = Table(
            "Growth: stored messages",
            ("", "turns/s", "÷ empty", "µs/turn, all", "database µs", "history p50 ms", "p95 ms", "search p50 ms", "p95 ms"),
            f"Half of the messages belong to one owner, who asks: a page of 50 of a conversation of {LONG:,} (or of ten) and a search for "
            "two words. Bars: turns ≥ 0.9 of an empty database, history and search p95 ≤ 50 ms.",
        )
        for target in targets:
            pages, searches = await _asked(target, owner)
            rate = runs.rate(target.name)
            table.add(
                target.name,
                rate.text(),
                f"{rate.over(runs.rate(targets[0].name)):.2f}",
                runs.cpu_all_us(target.name).text(),
                runs.cpu_us(target.name, "postgres").text(),
                *(f"{_quantile(values, share):.1f}" for values in (pages, searches) for share in (0.5, 0.95)),
            )
    return [table]


async def _asked(target: Target, owner: str) -> tuple[list[float], list[float]]:
    """Milliseconds of history pages and of searches, of an owner whose token we can make, as we know the key."""
    signer = Sessions(SECRET)
    token = signer._issue(owner, 0).token
    assert isinstance(signer.read(token), Session)
    talks = [f"00000000-0000-4000-8000-{number:012x}" for number in (0, 600, 1_000, 2_000)]
    pages, searches = [], []
    async with HttpClient(base_url=target.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for number in range(ASKS):
            began = time.perf_counter()
            answer = await client.get(f"/api/conversations/{talks[number % len(talks)]}/messages?limit=50")
            pages.append((time.perf_counter() - began) * 1000)
            assert answer.status_code in (200, 404), answer.text
            began = time.perf_counter()
            sought = f"{WORDS[number % len(WORDS)]} {f'number{number * 2}' if number % 2 else 'letter'}"
            answer = await client.get("/api/search", params={"q": sought, "limit": 20})
            searches.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.text
    return pages, searches


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def backlog(services: Services, plan: Plan) -> list[Table]:
    """A node that starts and has a long log to read before it serves."""
    table = Table("A node that has a backlog to read", ("", "events", "ready after s", "events/s"))
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(myna(services, nodes=0, responders=0))
        assert target.stack
        events = await _fill(target.stack.environment["CHAT_AMQP_URL"], plan.backlog)
        began = time.perf_counter()
        node = Node(target.stack.environment)
        target.stack.nodes.append(node)
        await Process.start(node)
        await node.ready(BACKLOG_S)
        took = time.perf_counter() - began
        async with HttpClient(timeout=60) as client:
            assert (await client.get(f"{node.url}/readyz")).status_code == 200
    table.add("Myna: one node", f"{events:,}", f"{took:.1f}", f"{events / took:,.0f}")
    return [table]


async def _fill(amqp_url: str, events: int) -> int:
    """Put so many events into a fresh log: replies of a hundred parts, as many lines together as ours do under load."""
    broker = RabbitBroker(amqp_url, worker="bench")
    keeping = asyncio.create_task(broker.run())
    await broker.wait_up()
    connection = await aio_pika.connect(amqp_url)
    exchange = await (await connection.channel()).get_exchange(EXCHANGE)
    lines: list[bytes] = []
    done = 0
    while done < events:
        lines += _reply(done)
        while len(lines) >= GROUP_LINES:
            body, lines = b"\n".join(lines[:GROUP_LINES]), lines[GROUP_LINES:]
            await exchange.publish(aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), RoutingKey.EVENT.value)
            done += GROUP_LINES
    await connection.close()
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await broker.close()
    return done


def _reply(number: int) -> list[bytes]:
    owner, message = str(uuid5(REPLY_NAMESPACE, str(number // 1_000))), str(uuid4())
    reply, at = reply_id_for(owner, message), timestamps.now()
    asked = e.MessageCreated(owner=owner, reply_id=reply, at=at, conversation_id=message, id=message, text="Tell me something long.")
    about = {"owner": owner, "at": at, "conversation_id": message, "reply_id": reply, "message_id": message, "attempt": 1}
    on_completed = [f" word number {n}" for n in range(100)]
    timings = e.Timings(queued_ms=1, first_part_ms=1, total_ms=2)
    return [
        log_codec.encode(asked),
        log_codec.encode(e.ReplyStarted(**about, worker="bench")),  # type: ignore[arg-type]
        *(log_codec.encode(e.ReplyDelta(**about, index=n, text=text)) for n, text in enumerate(on_completed)),  # type: ignore[arg-type]
        log_codec.encode(e.ReplyCompleted(**about, parts=100, text="".join(on_completed), finish_reason="stop", timings=timings)),  # type: ignore[arg-type]
    ]
