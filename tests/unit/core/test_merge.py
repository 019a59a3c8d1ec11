"""In which order a conversation is read when parts of it come from the database, from the log and from a reply that runs."""

from myna.core.merge import in_turns, thread
from myna.protocol.views import MessageView
from tests.unit.log_events import ANN, AT, CONVERSATION, accepted_message, uid


def said(number: int) -> MessageView:
    """Message `number`."""
    return MessageView(ANN, CONVERSATION, uid(number), "user", f"message {number}", "complete", AT)


def reply(to: int, number: int, text: str = "a reply") -> MessageView:
    """The reply with this number to message `to`."""
    return MessageView(ANN, CONVERSATION, uid(number), "assistant", text, "complete", AT, message_id=uid(to))


def numbers(views: list[MessageView]) -> list[int]:
    return [next(number for number in range(30) if uid(number) == view.id) for view in views]


def test_a_reply_that_runs_stands_under_its_message_and_before_the_messages_that_wait() -> None:
    assert numbers(in_turns([said(1), said(2), said(3), reply(1, 11), reply(2, 12)])) == [1, 11, 2, 12, 3]


def test_one_more_reply_stands_behind_the_replies_before_it() -> None:
    assert numbers(in_turns([said(1), reply(1, 11), said(2), reply(2, 12), reply(1, 13)])) == [1, 11, 13, 2, 12]


def test_a_reply_whose_message_is_on_an_older_page_keeps_its_place() -> None:
    assert numbers(in_turns([reply(1, 11), said(2), reply(2, 12)])) == [11, 2, 12]


def test_what_is_stored_counts_where_the_log_has_it_too() -> None:
    stored = reply(1, 11, "as stored")
    assert in_turns([said(1), stored, reply(1, 11, "as it runs")]) == [said(1), stored]


def test_messages_without_a_reply_yet_are_waiting_and_others_as_they_were() -> None:
    waiting = accepted_message(2).id
    views = thread([said(1), reply(1, 11), said(2)], [], [], {waiting})
    assert [view.status for view in views] == ["complete", "complete", "waiting"]
