"""/api/session: a new owner for a client that has none, a fresh token for one whose is old, and the end of both."""

from datetime import timedelta
from typing import Any

from quart import Blueprint, Response, after_this_request, request
from quart_schema import validate_response

from myna.protocol.errors import Busy
from myna.protocol.session import Session
from myna.web.api.models import Answer
from myna.web.api.requests import needs_session, no_content
from myna.web.auth import COOKIE, arrived_by_tls, check_origin, token_of
from myna.web.openapi.annotations import answers, raises
from myna.web.request_costs import address
from myna.web.services import Services


class SessionAnswer(Answer):
    """An owner and the token that proves it, also set as a cookie."""

    owner: str
    token: str


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("session", __name__)

    @routes.post("/api/session")
    @validate_response(SessionAnswer, 200)
    @validate_response(SessionAnswer, 201)
    async def create_session() -> tuple[SessionAnswer, int, dict[str, str]]:
        """A new owner (201), or the same one for a valid cookie or token (200), with a fresh token where that is older than a day."""
        check_origin(request.headers, services.settings.allowed_origins)
        token = token_of(request.headers, request.cookies)
        session = services.sessions.read(token) if token else None
        status = 200
        if session is None:
            limits = services.limits
            limits.check_rate("new_sessions", limits.new_sessions, address(limits))
            session, status = services.sessions.create(), 201
        session = services.sessions.renew(session)
        _remember(session, timedelta(days=services.settings.session_days))
        return SessionAnswer.model_validate(session), status, {"Cache-Control": "no-store"}

    @routes.delete("/api/session")
    @answers(204, "All of it is deleted.")
    @raises(Busy)
    @needs_session(services)
    async def forget_session(session: Session) -> Response:
        """Delete everything of this owner, for good, and end the session: its sockets close with 4401, its tokens open nothing."""
        await services.mock_setups.clear(session.owner)
        await services.commands.forget(session)
        response = no_content()
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=arrived_by_tls(request))
        return response

    return routes


def _remember(session: Session, age: timedelta) -> None:
    secure = arrived_by_tls(request)

    @after_this_request
    def set_cookie(response: Any) -> Any:
        response.set_cookie(COOKIE, session.token, max_age=age, httponly=True, samesite="Strict", path="/", secure=secure)
        return response
