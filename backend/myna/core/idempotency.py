"""Thought: whether an id is new, a repetition or a conflict, by what the window or the rows know of it. No I/O."""

from myna.core.submission import Ask, accepted, conflict, not_found
from myna.core.window import OwnerWindow
from myna.protocol import events as e
from myna.protocol.errors import Busy, ChatError
from myna.protocol.frames import MessageAccepted
from myna.store.port import Known


def judged_by_window(ask: Ask, window: OwnerWindow | None) -> MessageAccepted | ChatError | None:
    """The answer to an id that the recent past knows; None: it does not know it. Finds the text of one more reply, if it can."""
    if window is None:
        return None
    if ask.conversation_id in window.deleted:
        return not_found(ask)
    before = window.keys.get(ask.id)
    if before is None:
        message = window.keys.get(ask.message_id or "")
        if ask.text is None and isinstance(message, e.MessageCreated) and message.conversation_id == ask.conversation_id:
            ask.text = message.text
        return None
    same = before.conversation_id == ask.conversation_id and (
        before.text == ask.text if isinstance(before, e.MessageCreated) else before.message_id == ask.message_id
    )
    return accepted(ask, duplicate=True) if same else conflict(ask)


def judged_by_rows(ask: Ask, known: Known | None) -> MessageAccepted | ChatError | None:
    """The answer to an id that the database knows; None: it is new, and its text is known. `known` is None with the database away."""
    if known is None:
        # A new message goes on; what only the database knows must wait.
        return Busy("The database is away; ask for another reply later.", ref=ask.id, retry_after_s=5) if ask.text is None else None
    if known.deleted:
        return not_found(ask)
    return _message(ask, known) if ask.message_id is None else _regenerate(ask, known)


def _message(ask: Ask, known: Known) -> MessageAccepted | ChatError | None:
    before = known.message
    if before is None:
        return None if known.reply is None else conflict(ask)
    same = before.conversation_id == ask.conversation_id and before.text == ask.text
    return accepted(ask, duplicate=True) if same else conflict(ask)


def _regenerate(ask: Ask, known: Known) -> MessageAccepted | ChatError | None:
    if known.reply is not None:
        return accepted(ask, duplicate=True) if known.reply.message_id == ask.message_id else conflict(ask)
    if ask.text is None:
        message = known.message
        if message is None or message.conversation_id != ask.conversation_id or message.role != "user":
            return not_found(ask)
        ask.text = message.text
    return None
