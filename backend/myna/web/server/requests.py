"""How large a request's body may be, by its address and method."""

from typing import Any

from quart import Request

from myna.protocol.event_fields import FRAME_LIMIT

# The OpenAI dialect sends the whole conversation with each request; about 100 of our longest messages.
HISTORY_LIMIT = 1024 * 1024
# An exported conversation that comes back: a thousand turns of ordinary length.
IMPORT_LIMIT = 4 * 1024 * 1024


def body_limit(method: str, path: str) -> int:
    """The bytes that the body of such a request may have."""
    return HISTORY_LIMIT if path.startswith("/v1/") else IMPORT_LIMIT if method == "PUT" else FRAME_LIMIT


class SizedRequest(Request):
    """Quart knows one limit for all bodies, decided before any of our code runs."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, max_content_length: int | None = None, **kwargs: Any) -> None:
        limit = body_limit(method, path)
        super().__init__(method, scheme, path, *args, max_content_length=limit, **kwargs)
        self.max_content_length = limit
