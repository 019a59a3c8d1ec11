"""/api/mock: the rules that an owner sets for the mock AI's replies to its own messages, and failures for its next requests."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import document_request, validate_response

from myna.mock_ai import BUILT_IN, ScenarioError, canonical
from myna.mock_ai.scenario_fields import FailFields
from myna.pipeline.mock_setups import MockSetups
from myna.protocol.errors import Busy, InvalidFrame, TooLarge
from myna.protocol.session import Session
from myna.slices import in_thread
from myna.store.port import MOCK_FAILURES_OF_OWNER
from myna.web.api.models import Answer
from myna.web.api.requests import data_of, needs_key_or_session, no_content, validate_body
from myna.web.openapi.annotations import answers, raises
from myna.web.services import Services

RULES_BYTES = 32 * 1024  # each message of the owner carries them
KINDS = {"application/yaml": "yaml", "application/x-yaml": "yaml", "text/yaml": "yaml", "application/toml": "toml", "text/toml": "toml"}


class QueuedFailure(FailFields):
    """What the next requests fail with, as `fail` in a scenario file."""

    times: Annotated[int, Field(ge=1, le=MOCK_FAILURES_OF_OWNER, description="how many requests, one after another")] = 1


class ScenarioFile(BaseModel):
    """A scenario file, as docs/mock-ai.md has it."""

    version: Literal[1] = 1
    strict: bool = False
    profiles: dict[str, Any] = {}
    scenarios: dict[str, Any] = {}
    rules: list[Any] = []


class MockSetup(Answer):
    """What this owner set the mock AI to."""

    rules: Annotated[dict[str, Any] | None, Field(description="a scenario file")]
    failures: Annotated[list[dict[str, Any]], Field(description="what the next requests below /v1 fail with, in order")]


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("mock_setup", __name__)
    setups = services.mock_setups
    _add_failures(routes, services)

    @routes.get("/api/mock")
    @needs_key_or_session(services)
    @validate_response(MockSetup)
    async def show_mock_setup(session: Session) -> MockSetup:
        """What the owner of this key set the mock AI to."""
        return await _setup_of(setups, session)

    @routes.post("/api/mock/rules")
    @raises(TooLarge)
    @document_request(ScenarioFile)
    @needs_key_or_session(services)
    @validate_response(MockSetup)
    async def set_mock_rules(session: Session) -> MockSetup:
        """Replace the owner's rules by a scenario file: JSON, or YAML or TOML where Content-Type says so.

        They come before the file of the installation and count for messages sent from now on, this owner's only. All that is
        wrong is told at once, with lines.
        """
        await setups.set_rules(session.owner, await in_thread(_rules, await data_of(), request.mimetype))
        return await _setup_of(setups, session)

    @routes.delete("/api/mock")
    @answers(204, "Rules and failures are gone.")
    @needs_key_or_session(services)
    async def clear_mock_setup(session: Session) -> Response:
        """Forget the owner's rules and queued failures."""
        await setups.clear(session.owner)
        return no_content()

    return routes


def _add_failures(routes: Blueprint, services: Services) -> None:
    setups = services.mock_setups

    @routes.post("/api/mock/failures")
    @raises(Busy)
    @needs_key_or_session(services)
    @validate_body(QueuedFailure)
    @validate_response(MockSetup)
    async def queue_mock_failures(session: Session, data: QueuedFailure) -> MockSetup:
        """Let the owner's next requests below /v1 fail, each failure once."""
        failure = json.dumps(data.model_dump(exclude={"times"}, exclude_none=True), ensure_ascii=False)
        await setups.queue_failures(session.owner, [failure] * data.times)
        return await _setup_of(setups, session)


async def _setup_of(setups: MockSetups, session: Session) -> MockSetup:
    rules = setups.rules(session.owner)
    failures = [json.loads(one) for one in await setups.queued_failures(session.owner)]
    return MockSetup(rules=None if rules is None else json.loads(rules), failures=failures)


def _rules(body: str | bytes, media_type: str) -> str:
    """The body as JSON. Raises `InvalidFrame` with every mistake in it, or `TooLarge`."""
    try:
        text = body.decode() if isinstance(body, bytes) else body
        rules = canonical(text, KINDS.get(media_type, "json"), BUILT_IN)
    except (ScenarioError, UnicodeDecodeError) as error:
        raise InvalidFrame(str(error)) from None
    if len(rules.encode()) > RULES_BYTES:
        raise TooLarge(f"The rules of one owner take at most {RULES_BYTES:,} bytes of JSON.")
    return rules
