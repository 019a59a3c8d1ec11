"""GET /metrics shows a node's numbers as they are now, and names no owner."""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from myna.broker.port import broker_status
from myna.node.metrics_port import ResponderCollector
from myna.pipeline.responder import Responder
from myna.web.api.metrics import NodeCollector
from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Served, person_at

DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"
Samples = dict[tuple[str, str], float]


async def scrape(served: Served) -> tuple[Samples, str]:
    """Every sample by name and labels, and the text."""
    async with HttpClient(base_url=served.url) as prometheus:
        answer = await prometheus.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(sample.name, " ".join(sample.labels.values())): sample.value for sample in samples}, answer.text


async def test_messages_are_counted_and_timed(frail: Served) -> None:
    before, _ = await scrape(frail)
    async with person_at(frail) as person:
        for _ in range(3):
            accepted = await person.say("/echo hi")
            await person.answered(accepted["conversation_id"])
    after, text = await scrape(frail)

    assert after["myna_messages_total", ""] - before["myna_messages_total", ""] == 3
    assert after["myna_events_total", ""] - before["myna_events_total", ""] == 12  # created, started, one part, completed
    assert after["myna_reply_queued_seconds_count", ""] == after["myna_reply_first_part_seconds_count", ""] == 3
    assert after["myna_reply_queued_seconds_bucket", "+Inf"] == 3
    assert after["myna_recorder_active", ""] == after["myna_relay_live", ""] == 1
    assert after["myna_queue_consumers", "chat_queue"] >= 1
    assert ("myna_queue_messages", "chat_dead_letters ready") in after
    assert person.owner not in text
    assert accepted["conversation_id"] not in text


async def test_a_turn_that_runs_is_open_and_the_next_one_waits(frail: Served) -> None:
    client = ChatClient()
    await client.open(frail.url)
    first = await client.send(f"/echo {'word ' * 50}", profile="slow")
    await client.until(lambda frame: frame["type"] == "message.accepted")
    second = await client.send("/echo hi", first["conversation_id"])

    async def both_there() -> bool:
        samples, _ = await scrape(frail)
        return (samples["myna_turns", "open"], samples["myna_turns", "waiting"], samples["myna_connections", ""]) == (1, 1, 1)

    await until(both_there, 10, "one open and one waiting turn")
    await client.put({"type": "reply.stop", "conversation_id": first["conversation_id"], "message_id": first["id"]})
    await client.end_of(second["id"])
    await client.close()


async def test_an_outage_is_a_number_not_an_error(frail: Served) -> None:
    frail.store.lose()
    frail.broker.lose()
    samples, _ = await scrape(frail)
    frail.store.recover()
    frail.broker.recover()

    assert samples["myna_store_up", ""] == samples["myna_broker_up", ""] == 0
    assert ("myna_queue_messages", "chat_queue ready") not in samples

    async def up_again() -> bool:
        return (await scrape(frail))[0]["myna_broker_up", ""] == 1

    await until(up_again, 30, "the broker's return")


async def test_requests_frames_replies_and_reads_are_counted_and_timed(frail: Served) -> None:
    async with person_at(frail) as person:
        accepted = await person.say("/echo hi")
        await person.answered(accepted["conversation_id"])
        await person.get("/made/up/by/a/client")
        await person.request("BREW", "/api/session")
    client = ChatClient()
    await client.open(frail.url)
    await client.put({"type": "ping"})
    await client.until(lambda frame: frame["type"] == "pong")
    await client.close()
    samples, text = await scrape(frail)

    assert samples["myna_http_requests_total", "POST /api/messages 202"] == samples["myna_http_request_seconds_count", "/api/messages"] == 1
    assert samples["myna_http_requests_total", "GET /<page:path> 404"] == 1
    assert samples["myna_http_requests_total", "other none 405"] == 1
    assert "BREW" not in text
    assert "made" not in text
    assert samples["myna_socket_frames_total", "ping"] == 1
    assert samples["myna_replies_total", "stop"] == samples["myna_responder_replies_total", "stop"] == 1
    assert samples["myna_responder_deliveries_total", "ack"] == samples["myna_reply_duration_seconds_count", ""] == 1
    assert samples["myna_publish_confirm_seconds_count", ""] > 0
    assert samples["process_open_fds", ""] > 0


async def test_a_code_that_a_client_made_up_is_no_label(frail: Served) -> None:
    rule = {"name": "fails", "match": {"exact": "fail"}, "reply": {"fail": {"code": "invented", "detail": "No."}}}
    async with person_at(frail) as person:
        assert (await person.post("/api/mock/rules", json={"rules": [rule]})).status_code < 300
        await person.answered((await person.say("fail"))["conversation_id"])
    samples, text = await scrape(frail)
    assert samples["myna_replies_total", "other"] == samples["myna_responder_replies_total", "other"] == 1
    assert "invented" not in text


async def test_the_documented_metrics_are_those_there_are(frail: Served) -> None:
    services = frail.node.services
    assert isinstance(services.responder, Responder)
    node = families(NodeCollector(services, await broker_status(services.broker)).collect())
    responder = families(ResponderCollector(services.responder, services.broker, services.loop_lag).collect())
    found = {row(name, family, node, responder) for name, family in (node | responder).items()}
    documented = {line for line in DOCS.read_text().splitlines() if line.startswith("| `")}
    assert sorted(documented - found) == [], "documented, and not there"
    assert sorted(found - documented) == [], "there, and not documented"


def families(collected: Iterable[Metric]) -> dict[str, Metric]:
    """By the name that queries use."""
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in collected}


def row(name: str, family: Metric, node: dict[str, Metric], responder: dict[str, Metric]) -> str:
    """A metric's line of the table."""
    labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ())) or "–"
    of_responders = name.startswith("myna_responder_")  # a node that answers by itself has them too
    where = "responder" if of_responders else "both" if name in node.keys() & responder.keys() else "node"
    return f"| `{name}` | {family.type} | {labels} | {where} | {family.documentation} |"
