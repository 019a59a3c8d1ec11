"""Route: what a frame or request from outside must be to be taken at all — shape, options, credential, origin. Keeps nothing."""

import json
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from myna.mock_ai.port import Brain
from myna.protocol import text_rules
from myna.protocol.errors import ChatError, Forbidden, InvalidFrame, InvalidText
from myna.protocol.events import TEXT_LIMIT
from myna.protocol.field_types import Options
from myna.protocol.frames import CLIENT_FRAME, MessageSend, Ping, ReplyRegenerate, ReplyStop
from myna.protocol.titles import NAME_LIMIT
from myna.protocol.validation_errors import Shape, wrong
from myna.web.sessions import COOKIE

FRAMES = (MessageSend, ReplyStop, ReplyRegenerate, Ping)
LIMITS = {"text": TEXT_LIMIT, "title": NAME_LIMIT}  # characters of what a person writes, by field


def check_options(brain: Brain, options: Options | None, ref: str | None) -> None:
    """Raise `InvalidFrame` when options name something that the brain does not know."""
    if options is not None and (problem := brain.option_problem(options.profile, options.scenario)):
        raise InvalidFrame(problem, ref=ref)


def parse(data: str) -> MessageSend | ReplyStop | ReplyRegenerate | Ping:
    """A client's frame. Raises `InvalidFrame` or `InvalidText`, which say what is wrong and what is allowed."""
    try:
        return CLIENT_FRAME.validate_json(data)
    except (ValidationError, UnicodeEncodeError) as error:
        raise frame_error(error, data, ref_of(data)) from None


def frame_error(error: ValidationError | UnicodeEncodeError, data: str | bytes, ref: str | None, shape: Shape = FRAMES) -> ChatError:
    """What was wrong with a frame or a request's body, in one sentence."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidText(f"{_text_rule('text')}.", ref=ref)
    for name in LIMITS:
        if has_lone_surrogate(data, name):
            return InvalidText(f"{_text_rule(name)}.", ref=ref)
    found = wrong(error, shape)
    if found.place in LIMITS and found.kind not in ("missing", "string_type", "extra_forbidden"):
        return InvalidText(f"{_text_rule(found.place)}.", ref=ref)
    return InvalidFrame(f"{found.sentence}.", ref=ref)


def _text_rule(name: str) -> str:
    return f"{name} takes 1 to {LIMITS[name]} characters, not all of them blank, none of them {text_rules.REFUSED_CHARACTERS}"


def ref_of(data: str) -> str | None:
    """The `id` of a frame that can't be taken, if it has one that can be said back."""
    ref = _field(data, "id")
    return ref if ref is not None and len(ref) <= 64 and ref.isprintable() else None


def has_lone_surrogate(data: str | bytes, name: str = "text") -> bool:
    """Whether the text of a frame that can't be taken holds half a character; the parser only says that an escape is wrong."""
    return text_rules.has_lone_surrogate(_field(data, name) or "")


def _field(data: str | bytes, name: str) -> str | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def token_of(headers: Any, cookies: Any) -> str | None:
    """The credential of a request: the bearer token, else the cookie."""
    authorization: str = headers.get("Authorization", "")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    cookie: str | None = cookies.get(COOKIE)
    return cookie


def check_origin(headers: Any, allowed: list[str]) -> None:
    """A browser's page must be ours or allowed; who sends no Origin is no browser. Raises `Forbidden`."""
    origin = headers.get("Origin")
    if origin is None or origin in allowed:
        return
    parts = urlsplit(origin)
    if (
        parts.scheme in ("http", "https")
        and parts.netloc.lower() == headers.get("Host", "").lower()
        and origin == f"{parts.scheme}://{parts.netloc}"
    ):
        return
    raise Forbidden("This page's origin is not allowed here (CHAT_ALLOWED_ORIGINS).")
