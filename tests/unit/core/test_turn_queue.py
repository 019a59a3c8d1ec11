"""One open turn per conversation, the rest in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.turn_queue import TooManyWaiting, TurnQueue
from myna.protocol.event_fields import WAITING_LIMIT

CONVERSATION, OTHER = ("ann", "talk"), ("ann", "other")


def test_the_first_turn_opens_and_the_next_waits_for_its_end() -> None:
    turns = TurnQueue[str]()
    assert turns.enter(CONVERSATION, "r1", "one") is True
    assert turns.enter(CONVERSATION, "r2", "two") is False
    assert turns.close(CONVERSATION, "r1") == "two"


def test_conversations_do_not_wait_for_each_other() -> None:
    turns = TurnQueue[str]()
    turns.enter(CONVERSATION, "r1", "one")
    assert turns.enter(OTHER, "r2", "two") is True


def test_eight_wait_and_the_ninth_is_refused() -> None:
    turns = TurnQueue[int]()
    turns.enter(CONVERSATION, "r", -1)
    for number in range(WAITING_LIMIT):
        assert turns.enter(CONVERSATION, f"r{number}", number) is False
    with pytest.raises(TooManyWaiting):
        turns.enter(CONVERSATION, "r9", 9)
    assert turns.waiting(CONVERSATION) == list(range(WAITING_LIMIT))
    assert turns.waiting_count == WAITING_LIMIT


def test_a_turn_of_another_node_holds_the_line_too() -> None:
    turns = TurnQueue[str]()
    turns.opened(CONVERSATION, "elsewhere")
    assert turns.enter(CONVERSATION, "r1", "one") is False
    assert turns.close(CONVERSATION, "elsewhere") == "one"


def test_the_line_moves_only_when_every_open_turn_is_over() -> None:
    turns = TurnQueue[str]()
    turns.opened(CONVERSATION, "here")
    turns.opened(CONVERSATION, "there")
    turns.enter(CONVERSATION, "r1", "one")
    assert turns.close(CONVERSATION, "here") is None
    assert turns.close(CONVERSATION, "there") == "one"


def test_an_end_that_is_told_twice_moves_the_line_once() -> None:
    turns = TurnQueue[str]()
    turns.enter(CONVERSATION, "r1", "one")
    turns.enter(CONVERSATION, "r2", "two")
    turns.enter(CONVERSATION, "r3", "three")
    assert turns.close(CONVERSATION, "r1") == "two"
    turns.opened(CONVERSATION, "r2")
    assert turns.close(CONVERSATION, "r1") is None
    assert turns.waiting(CONVERSATION) == ["three"]


def test_what_is_withdrawn_is_never_given_out() -> None:
    turns = TurnQueue[str]()
    turns.enter(CONVERSATION, "r1", "one")
    turns.enter(CONVERSATION, "r2", "two")
    assert turns.withdraw(CONVERSATION, "two") is True
    assert turns.withdraw(CONVERSATION, "two") is False
    assert turns.close(CONVERSATION, "r1") is None
    assert turns.enter(CONVERSATION, "r3", "three") is True


STEPS = ("offer", "end", "end elsewhere", "begin elsewhere", "withdraw")


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=60))
def test_whatever_happens_the_order_is_kept_and_nobody_is_forgotten(steps: list[tuple[str, int]]) -> None:
    turns = TurnQueue[int]()
    open_now: set[str] = set()
    line: list[int] = []
    for number, (what, which) in enumerate(steps):
        given_out: int | None = None
        if what == "offer":
            try:
                if turns.enter(CONVERSATION, f"r{number}", number):
                    assert not open_now
                    open_now.add(f"r{number}")
                else:
                    line.append(number)
            except TooManyWaiting:
                assert len(line) == WAITING_LIMIT
        elif what == "begin elsewhere":
            turns.opened(CONVERSATION, f"e{which}")
            open_now.add(f"e{which}")
        elif what == "withdraw":
            assert turns.withdraw(CONVERSATION, which) is (which in line)
            line = [one for one in line if one != which]
        else:
            ended = f"e{which}" if what == "end elsewhere" else min(open_now, default="none")
            given_out = turns.close(CONVERSATION, ended)
            open_now.discard(ended)
        if given_out is not None:
            assert not open_now
            assert given_out == line.pop(0)
            turns.opened(CONVERSATION, f"r{given_out}")
            open_now.add(f"r{given_out}")
        assert turns.waiting(CONVERSATION) == line
        assert [item for _, item in turns.all_waiting()] == line
        assert turns.open_count == len(open_now)
        assert open_now or not line, "somebody waits for nothing"
