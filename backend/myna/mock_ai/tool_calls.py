"""Tool calls as they stand in a reply's text: each a fenced block of JSON, so that any transport carries and any page shows them."""

import json
from collections.abc import Sequence
from typing import Any

from myna.mock_ai.json_values import generate
from myna.mock_ai.port import Tool, ToolCall
from myna.mock_ai.seeded_random import SeededRandom

FENCE = "```tool_call\n"
_CLOSE = "\n```\n"


def tool_call_text(tool: Tool, arguments: dict[str, Any] | None, rng: SeededRandom, text: str = "") -> str:
    """One call as a block; arguments that aren't given are made from the tool's schema, with a look at the message's text.

    Raises `UnsatisfiableError` for a schema that no value fits.
    """
    call_id = f"call_{rng.between(0, 16**24 - 1):024x}"
    if arguments is None:
        arguments = generate({"type": "object", **tool.parameters}, rng, text)
    body = json.dumps({"id": call_id, "name": tool.name, "arguments": arguments}, ensure_ascii=False)
    return f"{FENCE}{body}{_CLOSE}"


def read_tool_calls(text: str) -> Sequence[ToolCall]:
    """The calls of a reply that consists of such blocks and nothing else; none for any other text."""
    calls: list[ToolCall] = []
    while text.startswith(FENCE):
        body, closed, text = text.removeprefix(FENCE).partition(_CLOSE)
        try:
            data = json.loads(body)
            calls.append(ToolCall(str(data["id"]), str(data["name"]), json.dumps(data["arguments"], ensure_ascii=False)))
        except (ValueError, TypeError, KeyError):
            return ()
        if not closed:
            return ()
    return () if text else calls
