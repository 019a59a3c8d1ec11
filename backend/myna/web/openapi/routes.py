"""GET /docs, /openapi.json and /asyncapi.json: this interface as the running program has it, with no internet."""

import json
from functools import cached_property

from quart import Blueprint, Response, current_app

from myna.web.openapi.annotations import answers
from myna.web.openapi.asyncapi_document import asyncapi
from myna.web.openapi.html import page
from myna.web.openapi.openapi_document import openapi
from myna.web.services import Services


class Documents:
    """The documents, each rendered once, when it is first read: that takes some 100 ms."""

    @cached_property
    def openapi(self) -> bytes:
        """The HTTP routes."""
        return json.dumps(openapi(current_app)).encode()

    @cached_property
    def asyncapi(self) -> bytes:
        """The socket and the queues."""
        return json.dumps(asyncapi()).encode()

    @cached_property
    def html(self) -> str:
        """Both, readable."""
        return page(json.loads(self.openapi), json.loads(self.asyncapi))


def blueprint(_: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("docs", __name__)
    documents = Documents()

    @routes.get("/openapi.json")
    @answers(200, "The document.", "application/json")
    async def show_openapi() -> Response:
        """The HTTP routes as OpenAPI 3.1."""
        return Response(documents.openapi, content_type="application/json")

    @routes.get("/asyncapi.json")
    @answers(200, "The document.", "application/json")
    async def show_asyncapi() -> Response:
        """The socket and the queues as AsyncAPI 3.0."""
        return Response(documents.asyncapi, content_type="application/json")

    @routes.get("/docs")
    @answers(200, "A page.", "text/html")
    async def show_docs() -> Response:
        """This interface, readable."""
        return Response(documents.html, content_type="text/html; charset=utf-8")

    return routes
