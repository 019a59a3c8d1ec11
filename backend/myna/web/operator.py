"""Who may see and do what is the operator's: whoever has the admin token, or anybody where that side is open."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from itsdangerous import BadSignature, TimestampSigner
from quart import request
from quart_schema import security_scheme

from myna.protocol.errors import Unauthorized
from myna.settings import Settings
from myna.web.api.requests import Handler
from myna.web.auth import check_origin
from myna.web.rate_limit import READING
from myna.web.services import Services

OPERATOR_COOKIE = "chat_operator"
COOKIE_AGE_S = 7 * 24 * 3600  # then the page asks for the token again
WITH_TOKEN = "This is for operators: send `Authorization: Bearer` with the CHAT_ADMIN_TOKEN of this installation."  # noqa: S105
CLOSED = (
    "This is for operators, and closed: set CHAT_ADMIN_TOKEN and send it as `Authorization: Bearer`, or set CHAT_OPERATOR_OPEN=true "
    "where nobody else reaches this node."
)


class OperatorAccess:
    """Decides by the settings. With an admin token only that opens; without one the listening address, or a setting, does."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.admin_token
        self._open = settings.operator_open or settings.only_local
        self._signer = TimestampSigner(self._token, salt="chat-operator") if self._token else None

    def check(self, authorization: str, cookie: str) -> None:
        """Raise `Unauthorized` unless a request with these two headers (each "" where it has none) is an operator's."""
        if self._signer is None:
            if not self._open:
                raise Unauthorized(CLOSED)
        elif not (self.is_admin(authorization) or self._is_signed(cookie)):
            raise Unauthorized(WITH_TOKEN)

    def is_admin(self, authorization: str) -> bool:
        """Whether an `Authorization` header carries the admin token; compared in constant time."""
        scheme, _, token = authorization.partition(" ")
        given = token.strip().encode("utf-8", "replace")
        return self._token is not None and scheme.lower() == "bearer" and hmac.compare_digest(given, self._token.encode())

    def cookie(self) -> str:
        """What stands for the token in a cookie: it ends after `COOKIE_AGE_S`, and with the token itself. Raises `Unauthorized`."""
        if self._signer is None:
            raise Unauthorized(CLOSED)
        return self._signer.sign("operator").decode()

    def _is_signed(self, cookie: str) -> bool:
        if self._signer is None or not cookie:
            return False
        try:
            return self._signer.unsign(cookie.encode("utf-8", "replace"), max_age=COOKIE_AGE_S) == b"operator"
        except BadSignature:
            return False


def needs_operator(services: Services) -> Callable[[Handler], Handler]:
    """Decorate a route for operators: others get 401, and a write from another site's page 403."""
    access = OperatorAccess(services.settings)

    def decorate(handler: Handler) -> Handler:
        @security_scheme([{"operator": []}, {"operator_cookie": []}])
        @wraps(handler)
        async def for_operators(**arguments: Any) -> Any:
            authorization = request.headers.get("Authorization", "")
            access.check(authorization, request.cookies.get(OPERATOR_COOKIE, ""))
            if request.method not in READING and not access.is_admin(authorization):
                check_origin(request.headers, services.settings.allowed_origins)
            return await handler(**arguments)

        return for_operators

    return decorate
