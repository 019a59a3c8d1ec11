"""Annotations of routes for the documents, beside their models: answers that are not JSON, and errors."""

from collections.abc import Callable
from typing import Any, TypeVar

from myna.protocol.errors import ChatError

F = TypeVar("F", bound=Callable[..., Any])
ANSWERS, ERRORS = "_myna_answers", "_myna_errors"
OPENAI_KEY: dict[str, list[str]] = {"key": []}  # the security scheme of the routes below /v1


def answers(status: int, description: str, *media: str) -> Callable[[F], F]:
    """Decorate a route that answers with these media types (none: with no content), besides its models."""

    def decorate(handler: F) -> F:
        setattr(handler, ANSWERS, {**getattr(handler, ANSWERS, {}), status: (description, media)})
        return handler

    return decorate


def raises(*errors: type[ChatError]) -> Callable[[F], F]:
    """Decorate a route that ends in these errors too: those that do not follow from what it takes (see openapi_document.py)."""

    def decorate(handler: F) -> F:
        setattr(handler, ERRORS, (*getattr(handler, ERRORS, ()), *errors))
        return handler

    return decorate
