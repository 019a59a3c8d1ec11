"""GET /docs, /openapi.json and /asyncapi.json: this interface as the running program has it, with no internet."""

import asyncio
import json
from typing import NamedTuple

from quart import Blueprint, Quart, Response, current_app

from myna.web.openapi.annotations import answers
from myna.web.openapi.asyncapi_document import asyncapi
from myna.web.openapi.html import page
from myna.web.openapi.openapi_document import openapi
from myna.web.services import Services


class Documents(NamedTuple):
    """The HTTP routes, the socket and the queues, and both readable."""

    openapi: bytes
    asyncapi: bytes
    html: str


def render(app: Quart) -> Documents:
    """All of them; takes some 100 ms."""
    routes, channels = openapi(app), asyncapi()
    return Documents(json.dumps(routes).encode(), json.dumps(channels).encode(), page(routes, channels))


class Rendering:
    """Has the documents rendered once, when one is first read, in a thread: nobody else waits for it."""

    def __init__(self) -> None:
        self._rendering: asyncio.Task[Documents] | None = None

    async def documents(self) -> Documents:
        """The documents."""
        if self._rendering is None:
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            self._rendering = asyncio.create_task(asyncio.to_thread(render, app), name="documents")
        return await asyncio.shield(self._rendering)  # who reads first may leave first


def blueprint(_: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("docs", __name__)
    rendering = Rendering()

    @routes.get("/openapi.json")
    @answers(200, "The document.", "application/json")
    async def show_openapi() -> Response:
        """The HTTP routes as OpenAPI 3.1."""
        return Response((await rendering.documents()).openapi, content_type="application/json")

    @routes.get("/asyncapi.json")
    @answers(200, "The document.", "application/json")
    async def show_asyncapi() -> Response:
        """The socket and the queues as AsyncAPI 3.0."""
        return Response((await rendering.documents()).asyncapi, content_type="application/json")

    @routes.get("/docs")
    @answers(200, "A page.", "text/html")
    async def show_docs() -> Response:
        """This interface, readable."""
        return Response((await rendering.documents()).html, content_type="text/html; charset=utf-8")

    return routes
