"""The ledger over a log finds each kind of broken promise, and is clean over what the contract allows."""

from typing import Any

import pytest

from myna.checker.ledger import SENTENCES, Accepted, Ledger

ANN, BEN = "ann", "ben"


def accept(ledger: Ledger, *replies: str, owner: str = ANN, ordered: bool = True) -> None:
    for reply in replies:
        ledger.accept(Accepted(owner, "chat", f"m-{reply}", reply, ordered))


def frame(kind: str, reply: str, **more: Any) -> dict[str, Any]:
    return {"type": f"reply.{kind}", "reply_id": reply, "message_id": f"m-{reply}", "attempt": 1, **more}


def delta(reply: str, index: int, text: str = "x") -> dict[str, Any]:
    return frame("delta", reply, index=index, text=text)


def completed(reply: str, text: str = "xx", parts: int = 2, reason: str = "stop") -> dict[str, Any]:
    return frame("completed", reply, parts=parts, text=text, finish_reason=reason)


def whole(reply: str) -> list[dict[str, Any]]:
    return [frame("started", reply), delta(reply, 0), delta(reply, 1), completed(reply)]


def take(ledger: Ledger, *frames: dict[str, Any], owner: str = ANN) -> None:
    for one in frames:
        ledger.take(owner, one)


def test_what_is_promised_and_kept_is_counted_and_clean() -> None:
    ledger = Ledger()
    accept(ledger, "r1", "r2", "r3")
    take(ledger, {"type": "message.created", "id": "m-r1"}, *whole("r1"), frame("failed", "r2", code="overloaded"))
    take(ledger, *whole("of before the ledger began"))

    assert (ledger.tally.accepted, ledger.tally.answered, ledger.failed, ledger.open) == (3, 2, 1, ["r3"])
    assert ledger.tally.counts == {}


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([*whole("r1"), completed("r1")], "duplicated"),
        ([frame("started", "r1"), delta("r1", 0), delta("r1", 0)], "duplicated"),
        ([*whole("r1"), delta("r1", 2)], "unexpected"),
        ([frame("started", "r1"), delta("r1", 1)], "gaps"),
        ([frame("started", "r1"), delta("r1", 0), completed("r1")], "gaps"),
        ([frame("started", "r1"), delta("r1", 0), delta("r1", 1, "y"), completed("r1")], "mismatched"),
        ([*whole("r2")], "reordered"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_promise_is_found(frames: list[dict[str, Any]], kind: str) -> None:
    ledger = Ledger()
    accept(ledger, "r1", "r2")
    take(ledger, *frames)

    assert kind in ledger.tally.counts


def test_a_reply_may_begin_anew_where_its_brain_cannot_continue() -> None:
    ledger = Ledger()
    accept(ledger, "r1", "r2")
    take(ledger, frame("started", "r1"), delta("r1", 0), frame("started", "r1", attempt=2, restarted=True), *whole("r1")[1:])
    take(ledger, frame("started", "r2"), delta("r2", 0), frame("started", "r2", attempt=2, restarted=True), delta("r2", 1))

    assert ledger.tally.counts == {"gaps": 1}, "and then it begins at its first part"


def test_what_goes_to_another_owner_is_leaked() -> None:
    ledger = Ledger()
    accept(ledger, "r1")
    take(ledger, delta("r1", 0), owner=BEN)

    assert ledger.tally.counts == {"leaked": 1}


def test_what_is_accepted_twice_is_doubled() -> None:
    ledger = Ledger()
    accept(ledger, "r1", "r1")

    assert ledger.tally.counts == {"duplicated": 1}


def test_what_is_stopped_or_fails_while_it_waits_or_was_not_sent_in_an_order_overtakes_nobody() -> None:
    ledger = Ledger()
    accept(ledger, "r1", "r2", "r3")
    accept(ledger, "by hand", ordered=False)
    take(ledger, completed("r2", "", 0, "stopped"), frame("failed", "r3", code="x"), *whole("by hand"), *whole("r1"))

    assert ledger.tally.counts == {}


def test_all_faults_are_counted_and_some_are_told() -> None:
    ledger = Ledger()
    accept(ledger, "r1")
    take(ledger, *(delta("r1", 0) for _ in range(101)))

    assert ledger.tally.counts == {"duplicated": 100}
    assert len(ledger.tally.broken["duplicated"]) == SENTENCES
