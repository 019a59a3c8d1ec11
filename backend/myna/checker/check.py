"""Judges a run from outside: what clients sent and received, and what the history says afterwards. Pure.

Nothing in it knows the server's code; it holds a run to the contract's words: every accepted message is answered once, in the
order sent, with the very text that its parts make and that is stored, and nobody is told of anybody else. Each stands in its
conversation's tree where its sender put it, for every listener and in the rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from myna.checker.chain import ENDS, Chain, is_event
from myna.checker.history import Connection, Frame, History
from myna.checker.verdict import Verdict

FINAL = ("complete", "stopped", "failed")
# Refusals that tell a client to send the same again; any other would mean that a right frame was taken for a wrong one.
AGAIN = ("busy", "rate_limited", "unavailable")

Row = Mapping[str, Any]
Rows = Mapping[tuple[str, str], Sequence[Row]]  # by owner and conversation: a conversation's items as HTTP gives them, oldest first


def check(histories: Sequence[History], rows: Rows) -> Verdict:
    """Every broken promise of a run that has come to rest, with counts. `rows` holds every conversation anybody spoke in."""
    verdict = Verdict(clients=len(histories))
    owners = {frame["conversation_id"]: history.owner for history in histories for frame in history.sent() if "conversation_id" in frame}
    ids = [frame["id"] for history in histories for frame in history.sent() if frame["type"] == "message.send"]
    verdict.sent, verdict.repeats = len(set(ids)), len(ids) - len(set(ids))
    for history in histories:
        _count(history, verdict)
        for frame in history.received():
            _place(frame, history, owners, verdict)
        _parents(history, verdict)
        for chain in history.chains():
            Chain(history.name, verdict).walk(chain)
        for connection in history.connections:
            _order(history, connection, verdict)
    for owner in {history.owner for history in histories}:
        _settle(owner, [history for history in histories if history.owner == owner], rows, verdict)
    return verdict


def _count(history: History, verdict: Verdict) -> None:
    verdict.sockets += len(history.connections)
    verdict.resumed += sum(connection.resumed for connection in history.connections)
    verdict.closed.update(connection.close_code for connection in history.connections if connection.close_code is not None)
    verdict.refused.update(frame["code"] for frame in history.received() if frame["type"] == "error")
    verdict.deltas += sum(frame["type"] == "reply.delta" for frame in history.received())


def _place(frame: Frame, history: History, owners: Mapping[str, str], verdict: Verdict) -> None:
    """Whether this frame may be received here at all."""
    what = f"{history.name} received {frame['type']}"
    if frame["type"] == "error":
        if frame["code"] not in AGAIN:
            verdict.add("unexpected", f"{what} {frame['code']}: {frame['detail']}")
    elif is_event(frame) or frame["type"] == "message.accepted":
        owner = owners.get(frame["conversation_id"])
        if owner is None:
            verdict.add("unexpected", f"{what} in conversation {frame['conversation_id']}, where nobody spoke")
        elif owner != history.owner:
            verdict.add("leaked", f"{what} in conversation {frame['conversation_id']} of another owner")


def _order(history: History, connection: Connection, verdict: Verdict) -> None:
    """What one socket sent to one conversation is answered in the order sent."""
    refused = {frame.get("ref") for frame in connection.received if frame["type"] == "error"}
    accepted = {frame["id"] for frame in connection.received if frame["type"] == "message.accepted"}
    sends = [frame for frame in connection.sent if frame["type"] == "message.send"]
    ids = [frame["id"] for frame in sends]
    once = [frame for frame in sends if frame["id"] in accepted and frame["id"] not in refused and ids.count(frame["id"]) == 1]
    place: dict[str, int] = {}
    for number, frame in enumerate(frame for frame in history.received() if frame["type"] in ENDS):
        place.setdefault(frame["message_id"], number)
    by_conversation: dict[str, list[str]] = defaultdict(list)
    for frame in once:
        if frame["id"] in place:
            by_conversation[frame["conversation_id"]].append(frame["id"])
    for ordered in by_conversation.values():
        for earlier, later in pairwise(ordered):
            if place[earlier] > place[later]:
                verdict.add("reordered", f"{history.name}: {later} was answered before {earlier}, which was sent first")


def _parents(history: History, verdict: Verdict) -> None:
    """What one client received that messages follow is what their senders named."""
    named = {frame["id"]: frame["parent_id"] for frame in history.sent() if "parent_id" in frame}
    for frame in history.received():
        if frame["type"] == "message.created" and frame["id"] in named and frame.get("parent_id") != named[frame["id"]]:
            verdict.add(
                "misplaced", f"{history.name} was told that {frame['id']} follows {frame.get('parent_id')}, not {named[frame['id']]}"
            )


def _tree(items: Sequence[Row], sent: Mapping[str, Frame], verdict: Verdict) -> None:
    """A conversation is a tree: everything follows something in it, as its sender said, and nothing goes round in a circle."""
    parents = {item["id"]: item["parent_id"] for item in items}
    for item in items:
        parent = item["parent_id"]
        if parent is not None and parent not in parents:
            verdict.add("misplaced", f"{item['id']} follows {parent}, which its conversation does not have")
        if item["role"] == "assistant" and parent != item["message_id"]:
            verdict.add("misplaced", f"reply {item['id']} follows {parent} and not its message")
        named = sent.get(item["id"], {})
        if "parent_id" in named and named["parent_id"] != parent:
            verdict.add("misplaced", f"{item['id']} follows {parent} in the history, and was sent to follow {named['parent_id']}")
        seen: set[str] = set()
        while parent is not None and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent)
        if parent is not None:
            verdict.add("misplaced", f"{item['id']} stands in a circle")


def _settle(owner: str, histories: Sequence[History], rows: Rows, verdict: Verdict) -> None:
    """One owner's promises against the history: accepted = answered = stored, each once, with one text."""
    sent = {frame["id"]: frame for history in histories for frame in history.sent() if frame["type"] == "message.send"}
    accepted = {frame["id"] for history in histories for frame in history.received() if frame["type"] == "message.accepted"}
    ends: dict[str, Frame] = {}
    for history in histories:
        for frame in history.received():
            if frame["type"] in ENDS:
                _same_end(history.name, ends.setdefault(frame["reply_id"], frame), frame, verdict)
    heard_ends = {frame["message_id"] for frame in ends.values()}
    items = [item for (of, _), found in rows.items() if of == owner for item in found]
    for of, conversation in rows:
        if of == owner:
            _tree(rows[of, conversation], sent, verdict)
    messages = _by_id((item for item in items if item["role"] == "user"), verdict)
    replies = _by_id((item for item in items if item["role"] == "assistant"), verdict)
    answers: dict[str, list[Row]] = defaultdict(list)
    for reply in replies.values():
        answers[reply["message_id"]].append(reply)
    for message_id in accepted | heard_ends:
        if message_id not in sent:
            verdict.add("unexpected", f"{message_id} was accepted or answered, and {owner} never sent it")
    for message_id in accepted & sent.keys():
        verdict.accepted += 1
        final = [row for row in answers[message_id] if row["status"] in FINAL]
        verdict.answered += bool(final) or message_id in heard_ends
        _stored(message_id, sent[message_id], messages.get(message_id), final, verdict)
    for message_id, found in answers.items():
        if len(found) > 1:
            verdict.add("duplicated", f"message {message_id} has {len(found)} replies in the history")
    for message_id in messages.keys() - sent.keys():
        verdict.add("unexpected", f"the history has message {message_id}, which {owner} never sent")
    for reply_id, end in ends.items():
        _same_text(reply_id, end, replies.get(reply_id), verdict)
    verdict.failed.update(row.get("error", {}).get("code", "?") for row in replies.values() if row["status"] == "failed")


def _same_end(name: str, first: Frame, frame: Frame, verdict: Verdict) -> None:
    for part in ("type", "text", "finish_reason", "parts"):
        if first.get(part) != frame.get(part):
            verdict.add("mismatched", f"{name} received another end of {frame['reply_id']}: {part} {frame.get(part)!r:.60}")


def _by_id(items: Iterable[Row], verdict: Verdict) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for item in items:
        if item["id"] in found:
            verdict.add("duplicated", f"the history has {item['role']} {item['id']} twice")
        found[item["id"]] = item
    return found


def _stored(message_id: str, frame: Frame, message: Row | None, final: Sequence[Row], verdict: Verdict) -> None:
    if message is None:
        verdict.add("lost", f"message {message_id} was accepted and is not in the history")
        return
    if not final:
        verdict.add("lost", f"message {message_id} was accepted and never answered")
        return
    if message["text"] != frame["text"]:
        verdict.add("mismatched", f"message {message_id} is in the history with another text")
    if all("stored_at" in row for row in (message, *final)):
        verdict.stored += 1
    else:
        verdict.add("lost", f"message {message_id} or its reply was never written to the database")


def _same_text(reply_id: str, end: Frame, row: Row | None, verdict: Verdict) -> None:
    if row is None:
        verdict.add("lost", f"the end of reply {reply_id} was received, and the history does not have it")
    elif (end["type"] == "reply.failed") != (row["status"] == "failed"):
        verdict.add("mismatched", f"reply {reply_id} ended as {end['type']} and is in the history as {row['status']}")
    elif end["type"] == "reply.completed" and (end["text"], end["parts"]) != (row["text"], row["parts"]):
        verdict.add("mismatched", f"reply {reply_id} is in the history with another text or number of parts")
