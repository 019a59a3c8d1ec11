"""GET /metrics shows a node's numbers as they are now, and names no owner."""

from prometheus_client.parser import text_string_to_metric_families

from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Served, person_at

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
