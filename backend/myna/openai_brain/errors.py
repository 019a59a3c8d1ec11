"""What goes wrong at the upstream server, as the failure that a person reads. No detail repeats a key or an address."""

import json
from collections.abc import Mapping

import openai

from myna.mock_ai.port import Failure

# What reading a stream raises: the SDK's own errors, and what it lets through of broken events.
UPSTREAM_ERRORS = (openai.OpenAIError, json.JSONDecodeError)
LONGEST_DETAIL = 300  # characters of what the upstream server says


def failure_of(error: Exception) -> Failure:
    """The failure that an error of the upstream server, or of the way to it, stands for."""
    if isinstance(error, openai.APITimeoutError):
        return Failure("timeout", "The AI took too long. Trying again may help.", True, 0.0)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, openai.APIConnectionError):
        return Failure("server_error", "The AI's server can't be reached. Trying again may help.", True, 0.0)
    return Failure("server_error", "The AI broke off its reply. Trying again may help.", True, 0.0)


def _of_status(error: openai.APIStatusError) -> Failure:
    wait_s = _retry_after_s(error.response.headers)
    match error.status_code:
        case 429:
            return Failure("rate_limited", "The AI gets too many requests. Trying again may help.", True, 0.0, retry_after_s=wait_s)
        case 408 | 504:
            return Failure("timeout", "The AI took too long. Trying again may help.", True, 0.0)
        case 503 | 529:
            return Failure("overloaded", "The AI has too much to do. Trying again may help.", True, 0.0, retry_after_s=wait_s)
        case status if status >= 500:
            return Failure("server_error", "The AI's server is broken. Trying again may help.", True, 0.0)
        case 401 | 403:
            return Failure("server_error", "The AI's server does not take this installation's key.", False, 0.0)
        case _ if error.code == "context_length_exceeded":
            return Failure("context_length", "This conversation is too long for the AI.", False, 0.0)
        case _:
            return Failure("refused", f"The AI's server refuses this: {_said(error)}", False, 0.0)


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    said = body.get("message") if isinstance(body, Mapping) else None
    return (said if isinstance(said, str) and said else f"status {error.status_code}")[:LONGEST_DETAIL]


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
