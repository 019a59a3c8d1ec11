"""The checker catches each kind of broken promise: a good run is broken in one place, and it names that place."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from myna.checker.check import Rows, check
from myna.checker.history import Connection, Frame, History

Items = dict[tuple[str, str], list[dict[str, Any]]]
WELCOME = {"type": "welcome", "resumed": False}
RESUMED = {"type": "welcome", "resumed": True}


PARENTS = {2: "r1"}  # what messages name as what they follow


def turn(conversation: str, number: int, texts: tuple[str, ...] = ("so ", "it ", "is")) -> list[Frame]:
    """What a client receives of one message and its reply."""
    message, reply, about = f"m{number}", f"r{number}", {"conversation_id": conversation}
    of = {**about, "reply_id": reply, "message_id": message, "attempt": 1}
    frames: list[Frame] = [
        {"type": "message.accepted", "id": message, "duplicate": False, **about},
        {"type": "message.created", "id": message, "text": f"text {number}", "parent_id": PARENTS.get(number), **about},
        {"type": "reply.started", "worker": "w", **of},
        *({"type": "reply.delta", "index": index, "text": text, **of} for index, text in enumerate(texts)),
        {"type": "reply.completed", "parts": len(texts), "text": "".join(texts), "finish_reason": "stop", **of},
    ]
    return [{**frame, "cursor": f"{number}.{place}"} for place, frame in enumerate(frames)]


def sends(conversation: str, number: int) -> Frame:
    named = {"parent_id": PARENTS[number]} if number in PARENTS else {}
    return {"type": "message.send", "id": f"m{number}", "conversation_id": conversation, "text": f"text {number}", **named}


def stored(number: int, text: str = "so it is") -> list[dict[str, Any]]:
    """What the history has of one message and its reply."""
    reply = {"id": f"r{number}", "role": "assistant", "message_id": f"m{number}", "text": text, "parts": 3, "status": "complete"}
    message = {"id": f"m{number}", "role": "user", "text": f"text {number}", "status": "complete", "parent_id": PARENTS.get(number)}
    return [{**message, "stored_at": "now"}, {**reply, "stored_at": "now", "parent_id": f"m{number}"}]


def good_run() -> tuple[list[History], Items]:
    """Anna says two things, cut off and resumed in the middle of the second; Ben says one."""
    first, second = turn("a", 1), turn("a", 2)
    again = {**second[0], "duplicate": True}
    anna = History("anna", "anna", [
        Connection(dict(WELCOME), [sends("a", 1), sends("a", 2)], first + second[:4], 1006),
        Connection(dict(RESUMED), [sends("a", 2)], [again, *second[4:]]),
    ])  # fmt: skip
    ben = History("ben", "ben", [Connection(dict(WELCOME), [sends("b", 3)], turn("b", 3))])
    return [anna, ben], {("anna", "a"): stored(1) + stored(2), ("ben", "b"): stored(3)}


def test_a_good_run_is_clean_and_counted() -> None:
    histories, rows = good_run()
    verdict = check(histories, rows)
    assert verdict.clean, verdict.table()
    assert (verdict.clients, verdict.sockets, verdict.resumed) == (2, 3, 1)
    assert (verdict.sent, verdict.repeats, verdict.accepted, verdict.answered, verdict.stored) == (3, 1, 3, 3, 3)
    assert verdict.closed == {1006: 1}


def received(histories: list[History], client: int = 0, connection: int = 0) -> list[Frame]:
    return histories[client].connections[connection].received


def swap_ends(histories: list[History], rows: Items) -> None:
    frames = received(histories)
    first_end = next(frame for frame in frames if frame["type"] == "reply.completed")
    frames.remove(first_end)
    received(histories, connection=1).append(first_end)


def second_answer(histories: list[History], rows: Items) -> None:
    rows["ben", "b"].append({**stored(3)[1], "id": "another reply"})


def repeated_after_resuming(histories: list[History], rows: Items) -> None:
    received(histories, connection=1).insert(0, dict(received(histories)[-1]))


def missing_part(histories: list[History], rows: Items) -> None:
    frames = received(histories, client=1)
    del frames[4]


def missing_last_part(histories: list[History], rows: Items) -> None:
    del received(histories, client=1)[5]


def missing_end(histories: list[History], rows: Items) -> None:
    received(histories, client=1).pop()
    rows["ben", "b"].pop()


def not_in_history(histories: list[History], rows: Items) -> None:
    rows["ben", "b"].clear()


def never_written(histories: list[History], rows: Items) -> None:
    del rows["ben", "b"][1]["stored_at"]


def ended_twice(histories: list[History], rows: Items) -> None:
    received(histories, client=1).append(dict(received(histories, client=1)[-1]))


def other_text_stored(histories: list[History], rows: Items) -> None:
    rows["ben", "b"][1]["text"] = "so it was"


def other_text_said(histories: list[History], rows: Items) -> None:
    received(histories, client=1)[4]["text"] = "he "


def failed_in_history(histories: list[History], rows: Items) -> None:
    rows["ben", "b"][1]["status"] = "failed"


def overheard(histories: list[History], rows: Items) -> None:
    received(histories).append(dict(received(histories, client=1)[1]))


def out_of_nowhere(histories: list[History], rows: Items) -> None:
    received(histories).append({**received(histories)[1], "conversation_id": "z", "id": "m9"})


def answered_unasked(histories: list[History], rows: Items) -> None:
    received(histories, client=1).append(
        {**received(histories, client=1)[-1], "message_id": "m9", "reply_id": "r9", "parts": 0, "text": ""}
    )


def wrongly_refused(histories: list[History], rows: Items) -> None:
    received(histories).append({"type": "error", "code": "conflict", "detail": "no", "ref": "m1"})


def part_after_the_end(histories: list[History], rows: Items) -> None:
    frames = received(histories, client=1)
    frames.append({**frames[-2], "index": 3})


def heard_elsewhere(histories: list[History], rows: Items) -> None:
    next(frame for frame in received(histories) if frame["type"] == "message.created" and frame["id"] == "m2")["parent_id"] = "m1"


def stored_elsewhere(histories: list[History], rows: Items) -> None:
    rows["anna", "a"][2]["parent_id"] = None


def stored_nowhere(histories: list[History], rows: Items) -> None:
    rows["ben", "b"][0]["parent_id"] = "r1"


def in_a_circle(histories: list[History], rows: Items) -> None:
    rows["anna", "a"][0]["parent_id"] = "r2"


def of_another_message(histories: list[History], rows: Items) -> None:
    rows["anna", "a"][3]["parent_id"] = "m1"


BREAKS: list[tuple[str, Callable[[list[History], Items], None]]] = [
    ("lost", missing_end),
    ("lost", not_in_history),
    ("lost", never_written),
    ("duplicated", second_answer),
    ("duplicated", repeated_after_resuming),
    ("duplicated", ended_twice),
    ("reordered", swap_ends),
    ("gaps", missing_part),
    ("gaps", missing_last_part),
    ("mismatched", other_text_stored),
    ("mismatched", other_text_said),
    ("mismatched", failed_in_history),
    ("misplaced", heard_elsewhere),
    ("misplaced", stored_elsewhere),
    ("misplaced", stored_nowhere),
    ("misplaced", in_a_circle),
    ("misplaced", of_another_message),
    ("leaked", overheard),
    ("unexpected", out_of_nowhere),
    ("unexpected", answered_unasked),
    ("unexpected", wrongly_refused),
    ("unexpected", part_after_the_end),
]


@pytest.mark.parametrize(("kind", "harm"), BREAKS, ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_broken_promise_is_named(kind: str, harm: Callable[[list[History], Items], None]) -> None:
    histories, rows = deepcopy(good_run())
    harm(histories, rows)
    verdict = check(histories, rows)
    assert verdict.broken[kind], verdict.table()


def test_a_refused_message_that_is_answered_after_all_breaks_nothing() -> None:
    histories, rows = good_run()
    histories[1].connections[0].received[0] = {"type": "error", "code": "busy", "detail": "later", "ref": "m3"}
    verdict = check(histories, rows)
    assert verdict.clean, verdict.table()
    assert verdict.accepted == 2
    assert verdict.refused == {"busy": 1}


def test_who_could_not_resume_may_join_a_reply_in_its_middle() -> None:
    histories, _ = good_run()
    _, rows = good_run()
    histories[0].connections[1].welcome = dict(WELCOME)
    del histories[0].connections[1].received[1]
    verdict = check(histories, rows)
    assert verdict.clean, verdict.table()


def test_an_accepted_message_nobody_answered_is_lost_even_while_it_streams() -> None:
    histories, rows = good_run()
    received(histories, client=1).pop()
    rows["ben", "b"][1]["status"] = "streaming"
    typed: Rows = rows
    assert check(histories, typed).broken["lost"]
