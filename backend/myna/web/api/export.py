"""HTTP: /api/conversations/{id}/export — one conversation as a file to keep. It reads, and holds one conversation at a time."""

import json
import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

from quart import Blueprint, Response, request

from myna.protocol import timestamps
from myna.protocol.errors import InvalidFrame
from myna.protocol.views import ConversationView, MessageView
from myna.web.api.requests import id_of, session_of, shown
from myna.web.services import Services

FORMATS = {"markdown": ("md", "text/markdown; charset=utf-8"), "json": ("json", "application/json")}
NAME_LIMIT = 60  # characters of a file's name: at 4 bytes each it stays below the 255 that file systems take
SCHEMA = "myna.conversation/1"  # says what a JSON export is to whoever imports it
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("export", __name__)

    @routes.get("/api/conversations/<conversation_id>/export")
    async def export_conversation(conversation_id: str) -> Response:
        """The whole conversation as a download."""
        session = session_of(services)
        wanted = request.args.get("format", "")
        if wanted not in FORMATS:
            raise InvalidFrame(f"format takes one of {', '.join(FORMATS)}.")
        conversation = await services.queries.conversation(session, id_of(conversation_id, "conversation"))
        messages = await services.queries.whole_conversation(session, conversation.id)
        suffix, content_type = FORMATS[wanted]
        text = as_markdown(conversation, messages) if wanted == "markdown" else as_json(conversation, messages)
        response = Response(text, content_type=content_type)
        response.headers["Content-Disposition"] = disposition(conversation.title, suffix)
        return response

    return routes


def as_json(conversation: ConversationView, messages: Sequence[MessageView]) -> str:
    """Everything known, in the words of the HTTP answers."""
    about = shown(conversation, "owner", "messages", "preview")
    items = [shown(view, "owner", "conversation_id") for view in messages]
    return json.dumps(
        {"schema": SCHEMA, "exported_at": timestamps.now(), "conversation": about, "messages": items}, ensure_ascii=False, indent=2
    )


def as_markdown(conversation: ConversationView, messages: Sequence[MessageView]) -> str:
    """The conversation as one reads it: what a person wrote stands quoted, as it was typed; replies are Markdown already."""
    said = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
    blocks = [f"# {_one_line(conversation.title)}", f"*{said}, begun {_moment(conversation.created_at)}.*"]
    for view in messages:
        if view.role == "user":
            blocks += [f"## You · {_moment(view.created_at)}", "\n".join(f"> {line}".rstrip() for line in view.text.splitlines())]
        else:
            note = "" if view.status == "complete" and view.finish_reason == "stop" else f" · {view.finish_reason or view.status}"
            blocks += [f"## Myna · {_moment(view.created_at)}{note}", closed(view.text)]
            if view.error is not None:
                blocks.append(f"*No answer: {view.error.detail}*")
    return "\n\n".join(block for block in blocks if block) + "\n"


def closed(text: str) -> str:
    """Markdown whose last code fence is closed, so that a reply which was cut there does not swallow the rest."""
    fence = ""
    for line in text.splitlines():
        if (found := _FENCE.fullmatch(line)) is None:
            continue
        marks, rest = found[1], found[2]
        if not fence:
            fence = "" if marks[0] == "`" and "`" in rest else marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text.rstrip()}\n{fence}" if fence else text.rstrip()


def disposition(title: str, suffix: str) -> str:
    """The Content-Disposition of a file named after a title: RFC 6266, with RFC 5987's form for other than ASCII letters."""
    # No control, format (bidi!) or private characters, and nothing that a file system takes for more than a name.
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in title)
    name = " ".join(_NOT_IN_NAMES.sub(" ", visible).split())[:NAME_LIMIT].strip(" .") or "conversation"
    # Decomposing can bring such characters back (a wide quotation mark becomes a plain one).
    plain = _NOT_IN_NAMES.sub("", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    ascii_name = plain.strip(" .") or "conversation"
    return f"attachment; filename=\"{ascii_name}.{suffix}\"; filename*=UTF-8''{quote(f'{name}.{suffix}', safe='')}"


def _one_line(title: str) -> str:
    return " ".join(title.split()) or "Conversation"


def _moment(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"
