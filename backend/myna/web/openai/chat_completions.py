"""OpenAI's chat API below /v1, on the same queues: a request is a message of a conversation, its answer the reply's events."""

from typing import Any

from quart import Blueprint
from quart_schema import document_request, document_response, validate_response

from myna.protocol.errors import Busy, Conflict, NotFound
from myna.protocol.session import Session
from myna.web.api.requests import data_of
from myna.web.openai import requests, schema
from myna.web.openai.answering import answer, needs_key
from myna.web.openai.completion import CompletionWriter
from myna.web.openapi.annotations import answers, raises
from myna.web.services import Services

# What the official clients send with a request, and a browser asks to be allowed.
CLIENT_HEADERS = (
    "idempotency-key", "openai-beta", "openai-organization", "openai-project", "x-stainless-arch", "x-stainless-async",
    "x-stainless-custom-poll-interval", "x-stainless-helper-method", "x-stainless-lang", "x-stainless-os",
    "x-stainless-package-version", "x-stainless-poll-helper", "x-stainless-read-timeout", "x-stainless-retry-count",
    "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-timeout",
)  # fmt: skip


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("openai", __name__, url_prefix="/v1")

    @routes.get("/models")
    @needs_key(services)
    @validate_response(schema.Models)
    async def list_models(_: Session) -> schema.Models:
        """One model for each profile of the mock."""
        return schema.Models(object="list", data=[schema.model(name) for name in schema.models()])

    @routes.get("/models/<model>")
    @raises(schema.NoSuchModel)
    @needs_key(services)
    @validate_response(schema.Model)
    async def show_model(_: Session, model: str) -> schema.Model:
        """One of the models."""
        return schema.model(model)

    @routes.post("/chat/completions")
    @raises(schema.Fault, schema.NoSuchModel, NotFound, Conflict, Busy)
    @answers(200, "The reply.", "text/event-stream")
    @document_request(requests.CompletionRequest)
    @document_response(schema.Completion)
    @needs_key(services)
    async def complete_chat(session: Session) -> Any:
        """The reply to the last user message, whole or as a stream.

        A reply that fails before its first part is an error with a status of its own, streamed requests too. Sampling
        options are ignored; hanging up stops the reply.
        """
        completion = await requests.read(await data_of())
        return await answer(services, session, completion, lambda reply_id: CompletionWriter(completion, reply_id))

    return routes
