"""How a conversation's line in the list follows from its messages: one meaning for every implementation of the store."""

from myna.protocol.timestamps import moment
from myna.protocol.titles import title_from
from myna.protocol.views import ConversationView, MessageView, preview_of


def with_message(conversation: ConversationView | None, message: MessageView) -> ConversationView:
    """A conversation's line with one message more; None: it is the first.

    Raises `ValueError` for a timestamp that is not RFC 3339.
    """
    at, preview = message.created_at, preview_of(message.text)
    if conversation is None:
        title = title_from(message.text) if message.text.strip() else ""
        return ConversationView(message.owner, message.conversation_id, title, at, _later(at, at), 1, preview)
    return ConversationView(
        conversation.owner,
        conversation.id,
        conversation.title,
        conversation.created_at,
        _later(conversation.updated_at, at),
        conversation.messages + 1,
        preview or conversation.preview,
    )


def _later(one: str, other: str) -> str:
    return max(one, other, key=moment)
