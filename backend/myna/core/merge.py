"""Merges what the database has with the facts that it does not have yet, into what people read."""

from collections.abc import Iterable, Sequence, Set
from typing import assert_never

from msgspec.structs import replace

from myna.core.replies import OpenReply
from myna.protocol.message_tree import with_parents
from myna.protocol.titles import title_from
from myna.protocol.views import ConversationView, MessageView, preview_of
from myna.store.port import Deleted, Fact, Renamed


def add_fact(rows: dict[str, ConversationView], fact: Fact) -> None:
    """Bring the conversation that this fact is about up to date, as storing it would. `rows` holds it by id, if it exists."""
    match fact:
        case MessageView():
            _add_message(rows, fact)
        case Renamed():
            if (view := rows.get(fact.conversation_id)) is not None:
                rows[view.id] = replace(view, title=fact.title)
        case Deleted():
            rows.pop(fact.conversation_id, None)
        case _:
            assert_never(fact)


def _add_message(rows: dict[str, ConversationView], message: MessageView) -> None:
    view, preview = rows.get(message.conversation_id), preview_of(message.text)
    if view is None:
        title = title_from(message.text) if message.role == "user" else ""
        at = message.created_at
        rows[message.conversation_id] = ConversationView(message.owner, message.conversation_id, title, at, at, 1, preview)
    else:
        updated_at = max(view.updated_at, message.created_at)
        rows[view.id] = replace(view, updated_at=updated_at, messages=view.messages + 1, preview=preview)


def just_begun(reply: OpenReply) -> ConversationView:
    """A conversation of which only the job of its first reply is known."""
    job = reply.job
    return ConversationView(job.owner, job.conversation_id, title_from(job.text), job.at, job.at, 1, preview_of(job.text))


def newest_first(conversations: Iterable[ConversationView]) -> list[ConversationView]:
    """In the order of the list: newest activity first."""
    return sorted(conversations, key=lambda view: (view.updated_at, view.id), reverse=True)


def thread(rows: Sequence[MessageView], facts: Sequence[Fact], running: Sequence[MessageView], waiting: Set[str]) -> list[MessageView]:
    """One conversation's stored messages, those not stored yet, and its replies that are being made or waited for (by message id)."""
    newest: dict[tuple[str, str], str] = {}
    said = [*with_parents(rows, newest), *with_parents((fact for fact in facts if isinstance(fact, MessageView)), newest)]
    views = in_turns([*said, *running])
    return [replace(view, status="waiting") if view.role == "user" and view.id in waiting else view for view in views]


def in_turns(views: Sequence[MessageView]) -> list[MessageView]:
    """Each message followed by its replies, in the order given; the first of two with one id counts."""
    by_id = {view.id: view for view in reversed(views)}
    ordered = [by_id[view.id] for view in views if by_id[view.id] is view]
    replies: dict[str | None, list[MessageView]] = {}
    for view in ordered:
        if view.role == "assistant":
            replies.setdefault(view.message_id, []).append(view)
    turns: list[MessageView] = []
    messages = {view.id for view in ordered if view.role == "user"}
    for view in ordered:
        if view.role == "user":
            turns += [view, *replies.get(view.id, ())]
        elif view.message_id not in messages:  # its message is on an older page
            turns.append(view)
    return turns
