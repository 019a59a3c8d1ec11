"""A key is a world of its own: its rules, its queued failures and its journal, set and read over HTTP while the node runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from myna.broker.embedded.broker import EmbeddedBroker
from tests.fakes.memory_store import MemoryStore
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, serving

WORKERS = 16


@asynccontextmanager
async def key_at(served: Served, key: str) -> AsyncIterator[HttpClient]:
    """A client with this key."""
    async with HttpClient(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


@pytest.fixture
async def client(served: Served) -> AsyncIterator[HttpClient]:
    async with key_at(served, "sk-mock-setup") as one:
        await one.delete("/api/mock")
        yield one


async def ask(client: httpx.AsyncClient, text: str, **more: Any) -> str:
    """What is said to this over /v1."""
    answer = await client.post("/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": text}], **more})
    assert answer.status_code == 200, answer.text
    content: str = answer.json()["choices"][0]["message"]["content"]
    return content


async def set_rules(client: httpx.AsyncClient, *rules: dict[str, Any], **more: Any) -> None:
    answer = await client.post("/api/mock/rules", json={"rules": list(rules), **more})
    assert answer.status_code == 200, answer.text


async def test_rules_of_a_key_count_at_once_and_until_they_are_cleared(client: HttpClient) -> None:
    await set_rules(client, {"match": {"regex": r"order (\d+)"}, "reply": {"text": "Order ${1} left."}})
    assert await ask(client, "where is order 77?") == "Order 77 left."

    await set_rules(client, {"match": {"contains": "order"}, "reply": {"text": "Which order?"}})
    assert await ask(client, "where is order 77?") == "Which order?"

    assert (await client.delete("/api/mock")).status_code == 204
    assert await ask(client, "where is order 77?") not in ("Order 77 left.", "Which order?")
    assert (await client.get("/api/mock")).json() == {"rules": None, "failures": []}


async def test_a_message_may_name_a_profile_or_scenario_of_its_owners_own_and_nobody_elses(client: HttpClient, person: Person) -> None:
    own = {"profiles": {"at-a-stroke": {"whole": True}}, "scenarios": {"refund": {"text": "It is on its way."}}}
    await set_rules(client, **own)
    assert len((await ask(client, "Why do bridges hum?", model="myna-at-a-stroke")).split()) < 30

    options = {"scenario": "refund", "profile": "at-a-stroke"}
    refused = await person.post("/api/messages", json={"text": "hi", "options": options})
    assert "There is no profile “at-a-stroke”" in refused.json()["detail"]
    await set_rules(person, **own)
    accepted = await person.say("hi", options=options)
    assert (await person.answered(accepted["conversation_id"]))[-1]["text"] == "It is on its way."


async def test_rules_may_come_as_yaml_or_toml(client: HttpClient) -> None:
    yaml = "rules: [{match: {exact: hi}, reply: {text: from yaml}}]"
    assert (await client.post("/api/mock/rules", content=yaml, headers={"Content-Type": "application/yaml"})).status_code == 200
    assert await ask(client, "hi") == "from yaml"
    toml = '[[rules]]\nmatch.exact = "hi"\nreply.text = "from toml"\n'
    assert (await client.post("/api/mock/rules", content=toml, headers={"Content-Type": "application/toml"})).status_code == 200
    assert await ask(client, "hi") == "from toml"


async def test_wrong_rules_are_refused_with_all_their_mistakes_and_the_old_ones_stay(client: HttpClient) -> None:
    await set_rules(client, {"match": {"exact": "hi"}, "reply": {"text": "kept"}})
    refused = await client.post("/api/mock/rules", json={"rules": [{"match": {"trun": 1}, "reply": {"use": "nothing"}}]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_frame")
    assert "did you mean turn?" in refused.json()["detail"]
    large = await client.post("/api/mock/rules", json={"scenarios": {"a": {"text": "x" * 32_000}, "b": {"text": "y" * 2_000}}})
    assert large.status_code == 413
    assert await ask(client, "hi") == "kept"


async def test_sixteen_workers_with_conflicting_rules_never_meet(served: Served) -> None:
    async def worker(n: int) -> list[str]:
        async with key_at(served, f"sk-worker-{n}") as one:
            said = []
            for turn in range(5):
                await set_rules(one, {"match": {"exact": "who am I?"}, "reply": {"text": f"worker {n}, rule {turn}"}})
                said += await asyncio.gather(*(ask(one, "who am I?") for _ in range(3)))
            return said

    said = await asyncio.gather(*map(worker, range(WORKERS)))
    assert said == [[f"worker {n}, rule {turn}" for turn in range(5) for _ in range(3)] for n in range(WORKERS)]


async def test_the_next_requests_fail_as_queued_and_the_one_after_them_succeeds(served: Served, client: HttpClient) -> None:
    queued = await client.post("/api/mock/failures", json={"code": "rate_limited", "retry_after_s": 3, "times": 2})
    assert len(queued.json()["failures"]) == 2
    await client.post("/api/mock/failures", json={"code": "teapot", "detail": "Tea.", "status": 418})
    async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="sk-mock-setup", max_retries=0) as one:
        statuses: list[tuple[int, str | None]] = []
        for _ in range(4):
            try:
                await one.chat.completions.create(model="m", messages=[{"role": "user", "content": "/echo hi"}])
                statuses.append((200, None))
            except openai.APIStatusError as error:
                statuses.append((error.status_code, error.response.headers.get("retry-after")))
    assert statuses == [(429, "3"), (429, "3"), (418, None), (200, None)]


async def test_queued_failures_go_to_one_request_each(client: HttpClient) -> None:
    await client.post("/api/mock/failures", json={"code": "server_error", "times": 10})
    body = {"model": "m", "messages": [{"role": "user", "content": "/echo hi"}]}
    answers = await asyncio.gather(*(client.post("/v1/chat/completions", json=body) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [500] * 10


async def test_an_unknown_failure_is_refused_with_what_it_needs(client: HttpClient) -> None:
    refused = await client.post("/api/mock/failures", json={"code": "soup"})
    assert refused.status_code == 400
    assert "detail" in refused.json()["detail"]


async def test_the_journal_has_what_was_sent_which_rule_was_followed_and_what_was_answered(client: HttpClient) -> None:
    await set_rules(client, {"name": "greeting", "match": {"exact": "hi"}, "reply": {"text": "hello"}})
    await ask(client, "hi")
    await ask(client, "/echo there")
    await client.post("/api/mock/failures", json={"code": "overloaded"})
    await client.post("/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": "and now?"}]})

    first, second, third = (await client.get("/api/mock/journal?limit=3")).json()["items"]
    assert (first["text"], first["rule"], first["reply"], first["status"]) == ("hi", "greeting", "hello", "complete")
    assert first["timings"]["total_ms"] >= 0
    assert (second["rule"], second["reply"]) == ("/echo", "there")
    assert (third["status"], third["rule"], third["error"]["code"]) == ("failed", "queued failure", "overloaded")


async def test_the_journal_has_the_model_and_who_called_and_no_secret(client: HttpClient, person: Person) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "/echo hi"}]}
    secrets = {"x-api-key": "sk-secret", "cookie": "a=secret", "x-forwarded-for": "10.0.0.7"}
    await client.post("/v1/chat/completions", json=body, headers={"x-stainless-retry-count": "2", "user-agent": "agent/1", **secrets})
    await person.say("/echo hi")

    call = (await client.get("/api/mock/journal")).json()["items"][-1]
    assert (call["model"], call["headers"]) == ("gpt-4o", {"user-agent": "agent/1", "x-stainless-retry-count": "2"})
    said = (await person.get("/api/mock/journal")).json()["items"][-1]
    assert (said["model"], said["headers"]) == (None, {})


async def test_another_keys_journal_is_ones_own(served: Served, client: HttpClient) -> None:
    await ask(client, "/echo mine")
    async with key_at(served, "sk-somebody-else-entirely") as other:
        assert (await other.get("/api/mock/journal")).json() == {"items": []}


async def test_the_pages_owner_has_rules_of_its_own_on_every_way_in(person: Person) -> None:
    await set_rules(person, {"match": {"exact": "hi"}, "reply": {"text": "by my rules"}})
    accepted = await person.say("hi")
    items = await person.answered(accepted["conversation_id"])
    assert items[-1]["text"] == "by my rules"
    assert await ask(person, "hi") == "by my rules"


async def test_without_a_key_there_is_nothing_to_see(served: Served) -> None:
    async with HttpClient(base_url=served.url) as nobody:
        assert (await nobody.get("/api/mock")).status_code == 401


async def test_a_node_that_starts_later_knows_the_rules_and_the_failures() -> None:
    broker, store = EmbeddedBroker(), MemoryStore()
    async with serving(broker=broker, store=store) as first, key_at(first, "sk-later") as one:
        await set_rules(one, {"match": {"exact": "hi"}, "reply": {"text": "known"}})
        await one.post("/api/mock/failures", json={"code": "server_error"})
    async with serving(store=store) as second, key_at(second, "sk-later") as one:
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        assert (await one.post("/v1/chat/completions", json=body)).status_code == 500
        assert await ask(one, "hi") == "known"


async def test_what_one_node_is_told_the_other_goes_by() -> None:
    broker, store = EmbeddedBroker(), MemoryStore()
    async with (
        serving(broker=broker, store=store) as here,
        serving(broker=broker, store=store) as there,
        key_at(here, "sk-both") as one,
        key_at(there, "sk-both") as other,
    ):
        await set_rules(one, {"match": {"exact": "hi"}, "reply": {"text": "known"}})

        async def known() -> bool:
            return (await other.get("/api/mock")).json()["rules"] is not None

        await until(known, 10, "the other node to have read of it")
        assert await ask(other, "hi") == "known"
        await one.post("/api/mock/failures", json={"code": "server_error"})
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        answers = [await client.post("/v1/chat/completions", json=body) for _ in range(5) for client in (one, other)]
        assert sorted(answer.status_code for answer in answers) == [200] * 9 + [500]
