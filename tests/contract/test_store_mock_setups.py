"""What a store promises about what owners set the mock AI to: rules and queued failures, apart for each owner."""

import asyncio

import pytest

from myna.store import port
from tests.contract.store_fixtures import StoreHarness, new_id


async def test_rules_are_replaced_and_removed(store_harness: StoreHarness) -> None:
    setups = store_harness.store.mock_setups
    first, second = new_id(), new_id()
    await setups.set_rules(first, "{}")
    await setups.set_rules(second, '{"version":1}')
    await setups.set_rules(first, '{"strict":true}')
    mine = [one for one in await setups.rules() if one.owner in (first, second)]
    assert mine == [port.MockRules(second, '{"version":1}'), port.MockRules(first, '{"strict":true}')]

    await setups.set_rules(first, None)
    await setups.set_rules(first, None)
    assert first not in {one.owner for one in await setups.rules()}


async def test_failures_are_taken_once_each_and_in_order(store_harness: StoreHarness) -> None:
    setups = store_harness.store.mock_setups
    owner, other = new_id(), new_id()
    assert await setups.queue_failures(owner, ["a", "b"])
    assert await setups.queue_failures(owner, ["c"])
    assert await setups.queue_failures(other, ["theirs"])
    assert await setups.queued_failures(owner) == ["a", "b", "c"]
    assert {owner, other} <= set(await setups.owners_with_failures())
    assert [await setups.take_failure(owner) for _ in range(4)] == ["a", "b", "c", None]
    assert await setups.queued_failures(other) == ["theirs"]


async def test_two_nodes_never_take_the_same_failure(store_harness: StoreHarness) -> None:
    owner = new_id()
    here, there = store_harness.store.mock_setups, (await store_harness.second_store()).mock_setups
    assert await here.queue_failures(owner, [str(n) for n in range(20)])
    taken = await asyncio.gather(*(node.take_failure(owner) for _ in range(20) for node in (here, there)))
    found = [one for one in taken if one is not None]
    while (one := await here.take_failure(owner)) is not None:  # who met a row that another was taking found none
        found.append(one)
    assert sorted(found, key=int) == [str(n) for n in range(20)]


async def test_an_owner_has_so_many_failures_and_no_more(store_harness: StoreHarness) -> None:
    setups, owner = store_harness.store.mock_setups, new_id()
    assert await setups.queue_failures(owner, ["x"] * (port.MOCK_FAILURES_OF_OWNER - 1))
    assert not await setups.queue_failures(owner, ["y", "z"])
    assert await setups.queue_failures(owner, ["y"])
    await setups.drop_failures(owner)
    assert await setups.queued_failures(owner) == []


async def test_the_oldest_rules_go_when_there_are_too_many(store_harness: StoreHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    setups, oldest = store_harness.store.mock_setups, new_id()
    await setups.set_rules(oldest, "{}")
    for _ in range(port.MOCK_SETUPS):
        await setups.set_rules(new_id(), "{}")
    kept = [one.owner for one in await setups.rules()]
    assert len(kept) == port.MOCK_SETUPS
    assert oldest not in kept
