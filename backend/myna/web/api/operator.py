"""POST and DELETE /api/operator: keep the admin token's stand-in in a cookie, for the page, and forget it."""

from quart import Blueprint, Response, request
from quart_schema import security_scheme

from myna.protocol.errors import Unauthorized
from myna.web.api.requests import no_content
from myna.web.auth import arrived_by_tls, check_origin
from myna.web.openapi.annotations import answers
from myna.web.operator import COOKIE_AGE_S, OPERATOR_COOKIE, WITH_TOKEN, OperatorAccess
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("operator", __name__)
    access = OperatorAccess(services.settings)

    @routes.post("/api/operator")
    @security_scheme([{"operator": []}])
    @answers(204, "The cookie is set.")
    async def remember_operator() -> Response:
        """Set a cookie that opens the operator's routes for a week, for the admin token as a bearer."""
        check_origin(request.headers, services.settings.allowed_origins)
        value = access.cookie()
        if not access.is_admin(request.headers.get("Authorization", "")):
            raise Unauthorized(WITH_TOKEN)
        return _with_cookie(value, COOKIE_AGE_S)

    @routes.delete("/api/operator")
    @answers(204, "The cookie is gone.")
    async def forget_operator() -> Response:
        """Remove that cookie from this browser."""
        check_origin(request.headers, services.settings.allowed_origins)
        return _with_cookie("", 0)

    return routes


def _with_cookie(value: str, age_s: int) -> Response:
    response = no_content()
    secure = arrived_by_tls(request)
    response.set_cookie(OPERATOR_COOKIE, value, max_age=age_s, httponly=True, samesite="Strict", path="/", secure=secure)
    return response
