"""HTTP: /api/session — an owner for whoever has none."""

from quart import Blueprint, Response, jsonify, request

from myna.web.api.requests import with_cookie
from myna.web.auth import check_origin, token_of
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("session", __name__)

    @routes.post("/api/session")
    async def create_session() -> Response:
        """201 and a fresh owner, or 200 and the same one for a valid credential."""
        check_origin(request.headers, services.settings.allowed_origins)
        token = token_of(request.headers, request.cookies)
        session = services.sessions.read(token) if token else None
        status = 200
        if session is None:
            session, status = services.sessions.create(), 201
        response: Response = jsonify({"owner": session.owner, "token": session.token})
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        return with_cookie(response, session)

    return routes
