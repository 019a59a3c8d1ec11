"""HTTP: /docs, /openapi.json and /asyncapi.json — this interface as the running program knows it, with no internet."""

from quart import Blueprint, Response, jsonify

from myna.web.openapi.documents import asyncapi, openapi
from myna.web.openapi.html import page
from myna.web.services import Services


def blueprint(_: Services) -> Blueprint:
    """The routes. Nothing is kept: making all of it takes milliseconds."""
    routes = Blueprint("docs", __name__)

    @routes.get("/openapi.json")
    async def show_openapi() -> Response:
        """The HTTP routes."""
        return jsonify(openapi())

    @routes.get("/asyncapi.json")
    async def show_asyncapi() -> Response:
        """The socket."""
        return jsonify(asyncapi())

    @routes.get("/docs")
    async def show_docs() -> Response:
        """Both, readable."""
        return Response(page(openapi(), asyncapi()), content_type="text/html; charset=utf-8")

    return routes
