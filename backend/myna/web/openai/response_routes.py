"""OpenAI's Responses API below /v1."""

from typing import Any

from quart import Blueprint
from quart_schema import document_request, document_response

from myna.protocol.errors import Busy, Conflict
from myna.protocol.session import Session
from myna.web.api.requests import data_of
from myna.web.openai import response_requests, responses, schema
from myna.web.openai.answering import answer, needs_key
from myna.web.openapi.annotations import answers, raises
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("openai_responses", __name__, url_prefix="/v1")

    @routes.post("/responses")
    @raises(schema.Fault, schema.NoSuchModel, Conflict, Busy)
    @answers(200, "The response.", "text/event-stream")
    @document_request(response_requests.ResponsesRequest)
    @document_response(responses.ModelResponse)
    @needs_key(services)
    async def create_response(session: Session) -> Any:
        """The same over the Responses API. Nothing is kept between requests: the conversation is sent as `input`."""
        asked = await response_requests.read(await data_of())
        completion = await asked.completion()
        return await answer(services, session, completion, lambda reply_id: responses.ResponseWriter(asked, completion, reply_id))

    return routes
