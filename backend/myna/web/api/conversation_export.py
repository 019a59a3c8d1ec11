"""GET /api/conversations/{id}/export: one conversation as a file to keep."""

import re
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from myna.protocol import timestamps
from myna.protocol.message_tree import newest_path
from myna.protocol.session import Session
from myna.protocol.views import ConversationView, MessageView
from myna.slices import sliced
from myna.web.api.models import MESSAGE, Answer, MessageItem
from myna.web.api.requests import Query, id_of, needs_session
from myna.web.openapi.annotations import answers
from myna.web.request_costs import hold_texts
from myna.web.services import Services

CHUNK = 64 * 1024  # bytes that are made at once, and lie here until the client has read most of them
NAME_LIMIT = 60  # characters of a file's name: at 4 bytes each it stays below the 255 that file systems take
SCHEMA = "myna.conversation/1"  # by which an import recognises the file
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


class ExportQuery(Query):
    """How the file is to be written."""

    format: Annotated[Literal["markdown", "json"], Field(description="what the file is to be")] = "json"


class ExportedHead(Answer):
    """The conversation without its messages."""

    id: str
    title: str
    created_at: str
    updated_at: str


class Export(Answer):
    """A conversation as a file; `PUT` with it brings the conversation back."""

    schema_: Annotated[Literal["myna.conversation/1"], Field(alias="schema")]
    exported_at: str
    conversation: ExportedHead
    messages: list[MessageItem]


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("conversation_export", __name__)

    @routes.get("/api/conversations/<conversation_id>/export")
    @answers(200, "A download, named after the conversation's title.", "text/markdown")
    @document_response(Export)
    @needs_session(services)
    @validate_querystring(ExportQuery)
    async def export_conversation(session: Session, conversation_id: str, query_args: ExportQuery) -> Response:
        """A whole conversation as a file: as JSON with all its branches, as Markdown the path to what was said last."""
        conversation = await services.queries.conversation(session, id_of(conversation_id, "conversation"))
        messages = await services.queries.whole_conversation(session, conversation.id, hold_texts)
        suffix, content_type, write = FORMATS[query_args.format]
        response = Response(in_chunks(write(conversation, messages)), content_type=content_type)
        response.headers["Content-Disposition"] = disposition(conversation.title, suffix)
        return response

    return routes


def as_json(conversation: ConversationView, messages: Sequence[MessageView]) -> Iterator[str]:
    """Everything known, as the other routes answer it, a message a line."""
    document = {"schema": SCHEMA, "exported_at": timestamps.now(), "conversation": conversation, "messages": []}
    head, tail = Export.model_validate(document).model_dump_json(by_alias=True)[: -len("]}")], "\n]}\n"
    yield head
    for number, view in enumerate(messages):
        yield (",\n" if number else "\n") + MESSAGE.dump_json(MESSAGE.validate_python(view, from_attributes=True)).decode()
    yield tail


def as_markdown(conversation: ConversationView, messages: Sequence[MessageView]) -> Iterator[str]:
    """The newest path through the conversation, as one reads it: what a person wrote stands quoted, as it was typed.

    Replies are Markdown already. What is on other branches is counted.
    """
    path = newest_path(messages)
    count = "1 message" if len(path) == 1 else f"{len(path)} messages"
    others = f" This is the newest branch; {len(messages) - len(path)} more are on others." if len(messages) > len(path) else ""
    yield f"# {_one_line(conversation.title)}\n\n*{count}, begun {_moment(conversation.created_at)}.{others}*\n"
    for view in path:
        if view.role == "user":
            blocks = [f"## You · {_moment(view.created_at)}", "\n".join(f"> {line}".rstrip() for line in view.text.splitlines())]
        else:
            note = "" if view.status == "complete" and view.finish_reason == "stop" else f" · {view.finish_reason or view.status}"
            blocks = [f"## Myna · {_moment(view.created_at)}{note}", closed(view.text)]
            if view.error is not None:
                blocks.append(f"*No answer: {view.error.detail}*")
        yield "".join(f"\n{block}\n" for block in blocks if block)


async def in_chunks(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    """A file, made in slices of time, and no faster than it is read."""
    ended = False
    while not ended:
        chunk, size = [], 0
        async with sliced() as pause:
            while size < CHUNK and not ended:
                piece = next(pieces, None)
                if piece is None:
                    ended = True
                else:
                    chunk.append(piece.encode())
                    size += len(chunk[-1])
                    await pause()
        yield b"".join(chunk)


# Ending of the file's name, content type, writer.
FORMATS = {"markdown": ("md", "text/markdown; charset=utf-8", as_markdown), "json": ("json", "application/json", as_json)}


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
