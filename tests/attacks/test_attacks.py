"""Somebody chats while another address attacks: nothing is lost, little is late, and the attacker is told why it ends.

The figures are printed (`pytest -s`); the limits here are wide, as two busy cores are shared with the attacker.
"""

from collections.abc import AsyncIterator

import pytest

from tests.attacks.attacks import TABLE
from tests.attacks.measuring import attacked_node, faults_in_log, measure
from tests.services.budgets import budget
from tests.services.stack import Node

PING_P99_MS = 50.0
TURN_TIMES = 2.0  # what it takes in quiet
TOLD_S = 2.0
GROWTH_MB = 50.0
BUSY = 5.0  # times as much, where attacker, bystander, node and other tests share two cores


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Node]:
    async with attacked_node() as one:
        yield one


@pytest.mark.parametrize("name", TABLE)
async def test_an_attack_from_one_address_holds_up_nobody_at_another(node: Node, name: str) -> None:
    attack = TABLE[name]

    figures = await measure(node, name, attack.seconds)

    print(f"\n{name}: {figures}")
    assert figures.told.keys() & attack.told
    assert not attack.everything or figures.told == dict.fromkeys(attack.told, attack.everything)
    assert figures.first_s is None or figures.first_s <= attack.waits_s + budget(TOLD_S) * BUSY
    assert figures.attacked.ping_p99 <= budget(PING_P99_MS) * BUSY
    assert figures.attacked.turn_p50 <= max(PING_P99_MS, figures.quiet.turn_p50) * TURN_TIMES * BUSY
    assert figures.peak_mb - figures.before_mb <= GROWTH_MB * 2
    assert figures.ready == {200}


async def test_no_attack_is_an_error_in_the_log(node: Node) -> None:
    assert faults_in_log(node) == []
