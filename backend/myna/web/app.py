"""The Quart app: routes, problem documents, response headers, CORS. It starts nothing."""

from quart import Quart, Response
from quart_cors import cors

from myna.web import hosts, problems, request_log
from myna.web.api import (
    conversation_export,
    conversation_import,
    conversation_messages,
    conversation_scenario,
    conversations,
    dead_letters,
    health,
    lab,
    log,
    messages,
    metrics,
    mock_journal,
    mock_setup,
    operator,
    page,
    pipeline,
    pipeline_turns,
    queue_position,
    requests,
    search,
    session,
)
from myna.web.openai import chat_completions, response_routes
from myna.web.openapi import openapi_document
from myna.web.openapi import routes as documents
from myna.web.server.files import FileResponse
from myna.web.server.requests import SizedRequest
from myna.web.server.upgrade_stream import FrameWebsocket
from myna.web.services import Services
from myna.web.websocket.gateway import Gateway

BLUEPRINTS = (
    session, messages, conversations, conversation_messages, conversation_export, conversation_import, conversation_scenario,
    queue_position, search, operator, dead_letters, pipeline, pipeline_turns, log, lab, health, metrics,
    mock_setup, mock_journal, documents, page,
)  # fmt: skip
OPENAI_BLUEPRINTS = chat_completions, response_routes


def create_app(services: Services, gateway: Gateway) -> Quart:
    """The app that answers HTTP requests and websocket upgrades of one node."""
    app = Quart(__name__, static_folder=None)
    app.websocket_class = FrameWebsocket
    app.response_class = FileResponse
    app.request_class = SizedRequest
    app.config["BODY_TIMEOUT"] = services.settings.body_s
    app.config["EXPLAIN_TEMPLATE_LOADING"] = False
    openapi_document.register(app)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(gateway.blueprint)
    for module in (*BLUEPRINTS, *(OPENAI_BLUEPRINTS if services.settings.openai else ())):
        app.register_blueprint(module.blueprint(services))
    request_log.register(app, services)
    hosts.register(app, services.settings)
    problems.register(app)
    requests.register(app)

    @app.after_request
    async def add_headers(response: Response) -> Response:
        response.headers.update(page.HEADERS)
        return response

    if services.settings.allowed_origins:
        ours = {scope: [*hooks] for scope, hooks in app.before_websocket_funcs.items()}
        app = cors(
            app,
            allow_origin=services.settings.allowed_origins,
            allow_credentials=True,
            allow_headers=["authorization", "content-type", *chat_completions.CLIENT_HEADERS],
            expose_headers=["content-disposition", "retry-after", "x-request-id"],
        )
        # It would reject every socket whose page is not listed, our own page's too: the gateway's check_origin decides there.
        app.before_websocket_funcs.clear()
        app.before_websocket_funcs.update(ours)
    return app
