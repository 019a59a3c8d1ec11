"""Where messages that name no parent stand in their conversation's tree."""

from collections.abc import Iterable, MutableMapping

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
