"""A conversation as a tree: where messages that name no parent stand, and the path that leads to the newest."""

from collections.abc import Iterable, MutableMapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from myna.protocol.ids import reply_id_for
from myna.protocol.views import MessageView, Role


def newest_reply(owner: str, last: str, role: Role) -> str:
    """The id of a conversation's newest reply, where the message or reply with the id `last` is the last in it: of a message, its first."""
    return last if role == "assistant" else reply_id_for(owner, last)


def with_parents(views: Iterable[MessageView], newest: MutableMapping[tuple[str, str], str]) -> list[MessageView]:
    """The same, in the order of the log, with a parent for each: who has none follows the newest reply of the conversation.

    `newest` holds that reply's id, by owner and conversation, as it is before these; it is brought up to date.
    """
    placed: list[MessageView] = []
    for view in views:
        conversation = view.owner, view.conversation_id
        placed.append(view if view.parent_id is not UNSET else replace(view, parent_id=newest.get(conversation)))
        newest[conversation] = newest_reply(view.owner, view.id, view.role)
    return placed


def newest_path(views: Sequence[MessageView]) -> list[MessageView]:
    """The messages and replies from the root to the one that was said last, out of those of one conversation."""
    by_id = {view.id: view for view in views}
    at = max(reversed(views), key=lambda view: view.created_at, default=None)
    if at is not None:  # clocks differ: a reply may seem older than its message
        at = next((view for view in reversed(views) if view.message_id == at.id), at)
    path: list[MessageView] = []
    while at is not None:
        path.append(by_id.pop(at.id))
        at = by_id.get(at.parent_id or "")
    return path[::-1]
