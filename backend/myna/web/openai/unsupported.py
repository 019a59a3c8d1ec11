"""Fields of a chat completion that can't be served: a request that uses one is refused, and told what to use instead."""

import json
from typing import Any

import msgspec

from myna.web.openai.schema import Fault


class UnsupportedFields(msgspec.Struct):
    """Each is refused where it is given and holds anything."""

    functions: Any = None
    function_call: Any = None
    audio: Any = None
    logprobs: Any = None


INSTEAD = {"functions": "tools", "function_call": "tool_choice"}


def check_unsupported(data: str | bytes) -> None:
    """Raise `Fault` for a body, which is JSON of a request, that uses one of them. Nothing is made of the rest of it."""
    try:
        given = msgspec.json.decode(data, type=UnsupportedFields)
    except (msgspec.MsgspecError, UnicodeDecodeError):  # it takes no NaN, which pydantic does
        fields = json.loads(data)
        given = UnsupportedFields(**{name: fields.get(name) for name in UnsupportedFields.__struct_fields__})
    for name in UnsupportedFields.__struct_fields__:
        if getattr(given, name):
            raise Fault(f"{name} is not supported here{f'; use {INSTEAD[name]}' if name in INSTEAD else ''}.", param=name)
