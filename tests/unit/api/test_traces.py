"""One trace follows a message from the request to the row, over gateway, queue, responder, log and relay; switched off there is none."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.rabbitmq.broker import _properties
from myna.telemetry import tracing
from tests.fakes.memory_store import MemoryStore
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.unit.api.conftest import Served, person_at, serving

CALLER = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
SPANS = ["accept", "answer", "publish", "relay", "store"]


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """What is sent while traces are on."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.switch_on(provider.get_tracer("test"))
    yield exporter
    tracing.switch_on(None)


@pytest.fixture
async def traced(exporter: InMemorySpanExporter) -> AsyncIterator[Served]:
    async with serving() as node:
        yield node


async def spans_of(exporter: InMemorySpanExporter, count: int) -> dict[str, list[ReadableSpan]]:
    """The spans that have ended, by name, once there are so many."""

    async def there() -> bool:
        return len(exporter.get_finished_spans()) >= count

    await until(there, 20, f"{count} spans")
    found: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def ids(span: ReadableSpan) -> tuple[str, str, str | None]:
    """Trace, span and parent."""
    return (
        format_trace_id(span.context.trace_id),
        format_span_id(span.context.span_id),
        format_span_id(span.parent.span_id) if span.parent else None,
    )


async def test_one_trace_goes_on_from_the_callers_to_the_row(traced: Served, exporter: InMemorySpanExporter) -> None:
    async with person_at(traced) as person:
        person.headers["traceparent"] = f"00-{CALLER[0]}-{CALLER[1]}-01"
        accepted = await person.say("/echo a secret text")
    spans = await spans_of(exporter, len(SPANS))

    assert sorted(spans) == SPANS
    found = {name: ids(one) for name, (one,) in spans.items()}
    assert {trace for trace, _, _ in found.values()} == {CALLER[0]}
    assert found["accept"][2] == CALLER[1]
    assert found["publish"][2] == found["accept"][1]
    assert {found[name][2] for name in ("answer", "relay", "store")} == {found["publish"][1]}
    attributes = [dict(one.attributes or {}) for (one,) in spans.values()]
    assert {found["myna.message_id"] for found in attributes if "myna.message_id" in found} == {accepted["id"]}
    assert len({found["myna.reply_id"] for found in attributes if "myna.reply_id" in found}) == 1
    assert "secret" not in str(attributes)
    assert [event.name for event in spans["answer"][0].events] == ["first part"]


async def test_every_node_that_follows_has_a_span_and_says_how_many_sockets_it_told(exporter: InMemorySpanExporter) -> None:
    broker, store = EmbeddedBroker(), MemoryStore()
    async with serving(broker, store) as first, serving(broker, store) as second:
        client = ChatClient()
        await client.open(second.url)
        async with person_at(first) as person:
            person.headers["Authorization"] = f"Bearer {client.token}"
            await person.say("/echo hi")
        spans = await spans_of(exporter, len(SPANS) + 1)
        await client.close()
    assert sorted(str((span.attributes or {})["myna.connections"]) for span in spans["relay"]) == ["0", "1"]
    assert len({ids(span)[0] for several in spans.values() for span in several}) == 1


async def test_a_failed_reply_and_a_refused_message_are_errors_with_their_code(traced: Served, exporter: InMemorySpanExporter) -> None:
    async with person_at(traced) as person:
        await person.say("/fail refused")
        spans = await spans_of(exporter, len(SPANS))
        assert (spans["relay"][0].status.is_ok, spans["relay"][0].status.description) == (False, "refused")
        exporter.clear()
        traced.broker.lose()
        request = asyncio.ensure_future(person.post("/api/messages", json={"text": "hello"}))
        refused = await spans_of(exporter, 2)
        traced.broker.recover()
        await request
    assert {span.status.description for several in refused.values() for span in several} == {"busy"}


def test_other_programs_find_the_trace_of_a_message_alone_in_its_headers(exporter: InMemorySpanExporter) -> None:
    line = b'{"owner":"o","type":"message.created","id":"x","text":"\\"traceparent\\":","traceparent":"00-%b-%b-01"}'
    line %= (CALLER[0].encode(), CALLER[1].encode())
    assert (_properties([line]).headers or {})["traceparent"] == f"00-{CALLER[0]}-{CALLER[1]}-01"
    assert "traceparent" not in (_properties([line, line]).headers or {})
    tracing.switch_on(None)
    assert "traceparent" not in (_properties([line]).headers or {})


async def test_switched_off_nothing_travels(frail: Served) -> None:
    async with person_at(frail) as person:
        person.headers["traceparent"] = f"00-{CALLER[0]}-{CALLER[1]}-01"
        await person.answered((await person.say("/echo hi"))["conversation_id"])
    assert not any(b"traceparent" in record.body for record in frail.broker.queues.log)


def test_switched_off_the_library_is_not_even_loaded() -> None:
    code = "import sys, myna.node.server, myna.node.responder_process; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
