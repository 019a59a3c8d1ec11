"""How a conversation's line in the list follows from its messages: one meaning for every implementation of the store."""

from datetime import datetime

from msgspec.structs import replace

from myna.protocol.titles import title_from
from myna.protocol.views import ConversationView, MessageView, preview_of


def with_message(conversation: ConversationView | None, message: MessageView) -> ConversationView:
    """A conversation's line with one message more; None: it is the first.

    Raises `ValueError` for a timestamp that is not RFC 3339.
    """
    if conversation is None:
        title = title_from(message.text) if message.text.strip() else ""
        at = message.created_at
        conversation = ConversationView(message.owner, message.conversation_id, title, at, at, 0, "")
    return replace(
        conversation,
        updated_at=max(conversation.updated_at, message.created_at, key=datetime.fromisoformat),
        messages=conversation.messages + 1,
        preview=preview_of(message.text) or conversation.preview,
    )
