"""Which connection gets which frames, and what happens to one that does not read them."""

import json

from myna.core.hub import MAILBOX_BYTES, MAILBOX_FRAMES, TAKEN_BYTES, Hub, Mailbox
from myna.core.projection import Projection
from tests.unit.log_events import ANN, BEN, accepted_message, accepted_regenerate, record, uid


class Wakes:
    """Counts how often a reader was woken."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def mailbox(owner: str = "ann") -> Mailbox:
    return Mailbox(owner, Wakes())


def test_every_socket_of_an_owner_gets_every_frame_in_order_and_nobody_else_does() -> None:
    hub, first, second, other = Hub(), mailbox(), mailbox(), mailbox("ben")
    for one in (first, second, other):
        hub.attach(one)
    hub.deliver("ann", [b"1"])
    hub.deliver("ann", [b"2"])
    hub.deliver("nobody", [b"3"])
    assert first.take() == second.take() == [b"1", b"2"]
    assert other.take() == []
    assert hub.count == 3


def test_what_was_taken_is_gone() -> None:
    one = mailbox()
    one.put(b"1")
    assert one.take() == [b"1"]
    assert one.take() == []


def test_a_mailbox_wakes_its_reader_once_for_what_lies_together() -> None:
    wakes = Wakes()
    one = Mailbox("ann", wakes)
    one.put(b"1")
    one.put(b"2")
    assert wakes.count == 1
    one.take()
    one.put(b"3")
    assert wakes.count == 2


def test_a_mailbox_with_a_mark_takes_and_wakes_for_the_frames_that_hold_it() -> None:
    wakes = Wakes()
    one = Mailbox("ann", wakes, b"mine")
    assert all(one.put(frame) for frame in (b"of another", b"this is mine", b"of a third"))
    assert (one.take(), wakes.count) == ([b"this is mine"], 1)


def test_a_full_mailbox_is_marked_and_detached_and_the_others_go_on() -> None:
    hub, slow, quick = Hub(), mailbox(), mailbox()
    hub.attach(slow)
    hub.attach(quick)
    for number in range(MAILBOX_FRAMES + 1):
        hub.deliver("ann", [b"%d" % number])
        quick.take()
    assert slow.overflowed
    assert not quick.overflowed
    assert (hub.count, hub.overflows) == (1, 1)
    assert len(slow.take()) == MAILBOX_FRAMES, "what it has is in order and without a gap"


def test_a_mailbox_that_overflows_wakes_its_reader_to_end_the_connection() -> None:
    wakes = Wakes()
    one = Mailbox("ann", wakes)
    one.put(b"x" * MAILBOX_BYTES)
    assert wakes.count == 1
    one.put(b"y")
    assert (wakes.count, one.overflowed) == (2, True)


def test_frames_of_a_folded_record_reach_their_owners_and_hidden_events_nobody() -> None:
    hub, ann, ben = Hub(), mailbox(ANN), mailbox(BEN)
    hub.attach(ann)
    hub.attach(ben)
    hi, projection = accepted_message(1), Projection("e1")
    hub.observe(projection.fold(record(0, hi, accepted_message(2, owner=BEN), accepted_regenerate(3, hi)), 0.0))
    assert [json.loads(frame)["id"] for frame in ann.take()] == [uid(1)]
    assert [json.loads(frame)["id"] for frame in ben.take()] == [uid(2)]


def test_a_few_huge_frames_fill_a_mailbox_too() -> None:
    one = mailbox()
    assert one.put(b"x" * MAILBOX_BYTES) is True
    assert one.put(b"y") is False
    assert one.overflowed


def test_what_a_socket_had_missed_does_not_count_against_its_mailbox() -> None:
    one = mailbox()
    one.preload([b"old"] * MAILBOX_FRAMES * 2)
    assert one.put(b"new") is True
    assert one.take()[-1] == b"new"
    for _ in range(MAILBOX_FRAMES):
        assert one.put(b"new") is True
    assert one.put(b"one too many") is False


def test_a_long_past_is_taken_piece_by_piece_in_order() -> None:
    one, frame, count = mailbox(), b"x" * 10_000, 3 * TAKEN_BYTES // 10_000
    one.preload([frame] * count)
    one.put(b"live")
    taken = []
    while some := one.take_some():
        assert sum(map(len, some)) < TAKEN_BYTES + len(frame)
        taken += some
    assert taken == [*[frame] * count, b"live"]
    for _ in range(MAILBOX_FRAMES):
        assert one.put(b"new") is True
    assert one.put(b"one too many") is False


def test_a_detached_mailbox_gets_nothing_and_may_be_detached_again() -> None:
    hub, one = Hub(), mailbox()
    hub.attach(one)
    hub.detach(one)
    hub.detach(one)
    hub.deliver("ann", [b"1"])
    assert one.take() == []
    assert hub.count == 0


def test_when_the_log_is_replaced_every_connection_is_expelled() -> None:
    hub, boxes = Hub(), [mailbox(), mailbox(), mailbox("ben")]
    for one in boxes:
        hub.attach(one)
    hub.log_replaced()
    assert all(one.expelled for one in boxes)
    assert hub.count == 0
    hub.deliver("ann", [b"of the new log"])
    assert boxes[0].take() == []
