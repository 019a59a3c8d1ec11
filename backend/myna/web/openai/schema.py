"""Answers and errors of OpenAI's chat API."""

from typing import Any, Literal

from myna.mock_ai import PROFILES
from myna.mock_ai.port import Brain
from myna.protocol.errors import ChatError, RequestRefused
from myna.web.api.models import Answer, absent

MODEL = "myna"  # the default profile; `myna-<profile>` names one


class Fault(RequestRefused):
    """Below /v1: a field holds something that it does not take; `param` names it."""

    code, status = "invalid_value", 400

    def __init__(self, detail: str, *, param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class NoSuchModel(Fault):
    """Below /v1: there is no model of this name."""

    code, status = "model_not_found", 404


class Model(Answer):
    """A profile of the mock, as a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(Answer):
    """All of them."""

    object: Literal["list"]
    data: list[Model]


class Usage(Answer):
    """Words and signs, counted over all messages and the reply."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CalledFunction(Answer):
    """A function and its arguments, as JSON text."""

    name: str
    arguments: str


class CallToMake(Answer):
    """A tool that the client is to call."""

    id: str
    type: Literal["function"]
    function: CalledFunction


class CompletionMessage(Answer):
    """The reply: a text or tool calls."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: list[CallToMake] | None = absent()


class Choice(Answer):
    """The one reply; `length` where it reached its limit."""

    index: Literal[0]
    message: CompletionMessage
    logprobs: None
    finish_reason: Literal["stop", "length", "tool_calls"]


class Completion(Answer):
    """A reply. As a stream it comes in `chat.completion.chunk` events and ends with `data: [DONE]`."""

    id: str
    created: int
    model: str
    object: Literal["chat.completion"]
    choices: list[Choice]
    usage: Usage


class ErrorDetail(Answer):
    """What went wrong; `code` may be one of `reply.failed`."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(Answer):
    """An error below /v1, as an answer's body or as the last event of a stream."""

    error: ErrorDetail


def models() -> list[str]:
    """The names that `model` takes."""
    return [MODEL, *(f"{MODEL}-{profile}" for profile in PROFILES)]


def model(name: str, *, strict: bool = True) -> Model:
    """One of them, or with `strict` off any other name. Raises `NoSuchModel`."""
    if strict and name not in models():
        detail = f"There is no model {name[:60]!r}; the models are {', '.join(models())}."
        raise NoSuchModel(detail, param="model")
    return Model(id=name, object="model", created=0, owned_by=MODEL)


def profile_of(name: str, brain: Brain, rules: str | None, *, strict: bool) -> str | None:
    """The profile that a model's name stands for, the brain's or one of these rules; None: the default one. Raises `NoSuchModel`."""
    profile = name.removeprefix(f"{MODEL}-")
    if profile != name and brain.option_problem(profile, None, rules) is None:
        return profile
    model(name, strict=strict)
    return None


# The status and OpenAI's code of a reply that failed before its first part; others are 503 where another try may help, else 400.
_FAILURES = {
    "rate_limited": (429, "rate_limit_exceeded"),
    "overloaded": (503, "overloaded"),
    "server_error": (500, "server_error"),
    "timeout": (408, "timeout"),
    "context_length": (400, "context_length_exceeded"),
}
_RETRY_AFTER_S = 1.0


def failure(frame: dict[str, Any]) -> Fault:
    """A `reply.failed` as an error."""
    status, code = _FAILURES.get(frame["code"], (503 if frame["retryable"] else 400, frame["code"]))
    fault = Fault(frame["detail"])
    fault.code, fault.status = code, frame.get("status") or status
    fault.retry_after_s = frame.get("retry_after_s", _RETRY_AFTER_S if fault.status in (429, 503) else None)
    return fault


def is_openai_path(path: str) -> bool:
    """Whether this is the path of an OpenAI-compatible route."""
    return path == "/v1" or path.startswith("/v1/")


def error_body(error: ChatError) -> OpenAIError:
    """An error as OpenAI's clients read it."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    detail = ErrorDetail(message=error.detail, type=kind, param=getattr(error, "param", None), code=error.code)
    return OpenAIError(error=detail)
