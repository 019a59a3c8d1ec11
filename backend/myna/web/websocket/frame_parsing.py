"""Parses the frames that clients send over the websocket."""

from pydantic import ValidationError

from myna.protocol.frames import CLIENT_FRAME, CLIENT_FRAMES, ClientFrame
from myna.web.validation import refusal, text_field

REF_CHARACTERS = 64  # an id is a UUID of 36; a longer one is not repeated in the refusal


def parse_frame(data: str) -> ClientFrame:
    """The frame that a client sent as JSON. Raises `InvalidFrame` or `InvalidText`, which say what is wrong and what is allowed."""
    try:
        return CLIENT_FRAME.validate_json(data)
    except (ValidationError, UnicodeEncodeError) as error:
        raise refusal(error, data, CLIENT_FRAMES, ref_of(data)) from None


def ref_of(data: str) -> str | None:
    """The `id` of a refused frame, for the `ref` of its error; None where it has none that can be printed."""
    ref = text_field(data, "id")
    return ref if ref is not None and len(ref) <= REF_CHARACTERS and ref.isprintable() else None
