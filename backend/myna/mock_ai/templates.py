"""Texts of a scenario file with `${…}` in them: captured groups and what the request says. `$${` is a literal `${`."""

import re
from collections.abc import Mapping

from myna.mock_ai.parts import MAX_BYTES

# What a template may name besides the groups of a regular expression, and what it means.
VARIABLES = {
    "text": "the message",
    "turn": "which user message of the conversation this is, from 1",
    "attempt": "which try of the same request this is, from 1",
    "model": "the model that was named",
    "tool_result": "the last result of a tool",
}
_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([^{}]{0,60})\}")


def placeholders(template: str) -> list[str]:
    """The names that a template uses."""
    return [found[1] for found in _PLACEHOLDER.finditer(template) if found[1] is not None]


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its values; a group that took no part in the match is empty. Ends soon after MAX_BYTES characters."""
    if "${" not in template:
        return template
    pieces, length, at = [], 0, 0
    for found in _PLACEHOLDER.finditer(template):
        value = "${" if found[1] is None else values.get(found[1], "")
        pieces += [template[at : found.start()], value]
        length += found.start() - at + len(value)
        at = found.end()
        if length > MAX_BYTES:
            return "".join(pieces)
    return "".join([*pieces, template[at:]])
