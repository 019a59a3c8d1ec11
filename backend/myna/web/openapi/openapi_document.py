"""The HTTP routes as an OpenAPI document: quart-schema's, from the models on the routes, with the errors that follow from them."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from quart import Quart
from quart_schema import APIKeySecurityScheme, HttpSecurityScheme, Info, OpenAPIProvider, QuartSchema
from quart_schema.openapi import QUART_SCHEMA_SECURITY_ATTRIBUTE
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE
from werkzeug.routing import BaseConverter, Rule

from myna.protocol.errors import (
    Behind,
    ChatError,
    Forbidden,
    InvalidFrame,
    InvalidText,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
)
from myna.web.auth import COOKIE
from myna.web.openai.schema import OpenAIError
from myna.web.openapi.annotations import ANSWERS, ERRORS
from myna.web.openapi.json_schema import SCHEMAS, Schema, error_codes, tidy
from myna.web.operator import OPERATOR_COOKIE
from myna.web.problems import PROBLEM, Problem

VERSION = "1"  # of this interface


class RouteDocuments(OpenAPIProvider):
    """quart-schema's view of the routes, with named models, our errors and answers that are no JSON."""

    def generate_rules(self) -> Iterable[Rule]:
        """Every route but the page, which is all other addresses."""
        return [rule for rule in super().generate_rules() if rule.endpoint != "page.show_page"]

    def operation_id(self, method: str, path: str, func: Any) -> str:
        """The handler's name."""
        return str(func.__name__)

    def build_path_parameter(self, name: str, converter: BaseConverter) -> Schema:
        """Ids are UUIDs."""
        schema = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"}
        return {"name": name, "in": "path", "required": True, "schema": schema}

    def build_request_body(self, model: Any, source: Any) -> tuple[Schema, Schema]:
        """The model by its name, below the others."""
        body, components = super().build_request_body(model, source)
        return {"required": True, **_by_name(model, body, components)}, components

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[Schema, Schema]:
        """The model by its name, below the others."""
        response, components = super().build_response_object(model, headers_model)
        return _by_name(model, response, components), components

    def build_paths(self, rule: Rule) -> tuple[Schema, Schema]:
        """The route with its other answers and its errors."""
        paths, components = super().build_paths(rule)
        handler = self._app.view_functions[rule.endpoint]
        for operations in paths.values():
            for method, operation in operations.items():
                answers = {str(status): answer for status, answer in operation["responses"].items()}
                for status, (description, media) in getattr(handler, ANSWERS, {}).items():
                    answer = answers.setdefault(str(status), {"description": description})
                    if media:
                        answer["content"] = {**answer.get("content", {}), **{one: {} for one in media}}
                operation["responses"] = dict(sorted(answers.items())) | _errors(handler, method, rule, set(answers))
                operation.setdefault("security", [])
        return paths, components


def _by_name(model: Any, described: Schema, components: Schema) -> Schema:
    (media, content), *_ = described["content"].items()
    components[model.__name__] = content["schema"]
    return {**described, "content": {media: {"schema": {"$ref": SCHEMAS + model.__name__}}}}


def _errors(handler: Any, method: str, rule: Rule, answered: set[str]) -> Schema:
    """What else a route answers, by status: the codes that follow from what it takes, and those it is annotated with."""
    security = getattr(handler, QUART_SCHEMA_SECURITY_ATTRIBUTE, ())
    openai = rule.rule.startswith("/v1/")
    takes_body = hasattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE)
    errors: list[type[ChatError]] = []
    if security:
        errors += [Unauthorized, Behind]
    if rule.rule.startswith("/api/"):
        errors.append(InvalidFrame)
    if takes_body:
        errors += [InvalidText, TooLarge]
    if rule.arguments and not openai:
        errors.append(NotFound)
    if method != "get":
        errors += [RateLimited] if openai else [RateLimited, Forbidden]
    media, model = ("application/json", OpenAIError) if openai else (PROBLEM, Problem)
    by_status: dict[int, list[str]] = {}
    for error in (*errors, *getattr(handler, ERRORS, ())):
        by_status.setdefault(error.status, []).append(f"`{error.code}`")
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
            "content": {media: {"schema": {"$ref": SCHEMAS + model.__name__}}},
        }
        for status, codes in sorted(by_status.items())
        if str(status) not in answered
    }


def register(app: Quart) -> QuartSchema:
    """Let quart-schema read and write the routes' models. Its own pages load scripts from elsewhere, so none is served."""
    return QuartSchema(
        app,
        openapi_path=None,
        info=Info(title="Myna's HTTP routes", version=VERSION),
        conversion_preference="pydantic",
        openapi_provider_class=RouteDocuments,
        security_schemes={
            "token": HttpSecurityScheme(scheme="bearer"),
            "cookie": APIKeySecurityScheme(name=COOKIE, in_="cookie"),
            "operator": HttpSecurityScheme(scheme="bearer"),
            "operator_cookie": APIKeySecurityScheme(name=OPERATOR_COOKIE, in_="cookie"),
            "key": HttpSecurityScheme(scheme="bearer"),
        },
    )


def openapi(app: Quart) -> Schema:
    """The app's routes as an OpenAPI 3.1 document."""
    document: Schema = app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    schemas = document["components"]["schemas"]
    for model in (Problem, OpenAIError):
        own = model.model_json_schema(ref_template=SCHEMAS + "{model}", mode="serialization")
        schemas |= own.pop("$defs", {}) | {model.__name__: own}
    document["paths"] = dict(sorted(document["paths"].items()))
    document["components"]["schemas"] = {name: tidy(schemas[name]) for name in sorted(schemas)}
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                parameter["schema"] = tidy(parameter["schema"], optional=True)
    return {**document, "x-error-codes": error_codes()}
