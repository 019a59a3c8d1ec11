"""What is wrong with a frame or a request's body, as the one refusal that its sender gets."""

import json
import re

from pydantic import ValidationError

from myna.mock_ai.port import Brain
from myna.protocol import text_rules
from myna.protocol.errors import ChatError, InvalidFrame, InvalidText
from myna.protocol.event_fields import TEXT_LIMIT
from myna.protocol.field_types import Options
from myna.protocol.titles import NAME_LIMIT
from myna.protocol.validation_errors import Shape, wrong

TEXT_LIMITS = {"text": TEXT_LIMIT, "title": NAME_LIMIT}  # characters of what a person writes, by field
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_BYTES = re.compile(_SURROGATE.pattern.encode())


def check_options(brain: Brain, options: Options | None, rules: str | None, ref: str | None) -> None:
    """Raise `InvalidFrame` when options name a profile or scenario that neither the brain has nor its owner's `rules`."""
    if options is not None and (problem := brain.option_problem(options.profile, options.scenario, rules)):
        raise InvalidFrame(problem, ref=ref)


def refusal(error: ValidationError | UnicodeEncodeError, data: str | bytes, shape: Shape, ref: str | None = None) -> ChatError:
    """The refusal of `data`, which was to be JSON of one of the models in `shape`: `InvalidText` or `InvalidFrame`."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidText(f"{_text_rule('text')}.", ref=ref)
    for name in TEXT_LIMITS if _may_hold_surrogate(data) else ():
        if has_lone_surrogate(data, name):
            return InvalidText(f"{_text_rule(name)}.", ref=ref)
    found = wrong(error, shape)
    if found.place in TEXT_LIMITS and found.kind not in ("missing", "string_type", "extra_forbidden"):
        return InvalidText(f"{_text_rule(found.place)}.", ref=ref)
    return InvalidFrame(f"{found.sentence}.", ref=ref)


def _text_rule(name: str) -> str:
    return f"{name} takes 1 to {TEXT_LIMITS[name]} characters, not all of them blank, none of them {text_rules.REFUSED_CHARACTERS}"


def _may_hold_surrogate(data: str | bytes) -> bool:
    """Whether to look closer, which takes a whole parse."""
    return (_SURROGATE if isinstance(data, str) else _SURROGATE_BYTES).search(data) is not None  # type: ignore[arg-type]


def has_lone_surrogate(data: str | bytes, name: str = "text") -> bool:
    """Whether this field of a refused object holds a lone surrogate; the validator only says that an escape is wrong."""
    return text_rules.has_lone_surrogate(text_field(data, name) or "")


def text_field(data: str | bytes, name: str) -> str | None:
    """A text field of an object that was refused as a whole; None where there is none."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None
