"""Which tool a reply calls, and what it says once tools have answered, so that agents come to an end."""

import json
import re

from myna.mock_ai.port import Prompt, Tool
from myna.mock_ai.seeded_random import SeededRandom

MAX_SHOWN = 2_000  # characters of one result that are said back

_WORD = re.compile(r"[a-z]{3,}")
_EVERYDAY = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "you",
        "your",
        "get",
        "set",
        "can",
        "what",
        "how",
        "this",
        "that",
        "are",
        "from",
        "call",
        "use",
        "tool",
        "function",
        "returns",
        "return",
        "given",
    ]
)
_RESULT_INTROS = (
    "The tools have answered.",
    "This is what came back.",
    "I asked, and here is the answer.",
    "Looked up, not borrowed, for once.",
)


def tool_to_call(prompt: Prompt, rng: SeededRandom) -> Tool | None:
    """The tool that this reply calls, or None for a reply in words.

    Where the choice is free, the one that has most words in common with the message, and none once tools have answered.
    """
    if not prompt.tools or prompt.tool_choice == "none":
        return None
    if prompt.tool_choice not in ("auto", "required"):
        return next((tool for tool in prompt.tools if tool.name == prompt.tool_choice), None)
    if prompt.tool_choice == "auto" and prompt.results:
        return None
    answered = _called_since_the_message(prompt)
    left = [tool for tool in prompt.tools if tool.name not in answered] or [prompt.tools[-1]]
    asked = _words(prompt.text)
    best = max(left, key=lambda tool: _likeness(tool, asked))  # the first of equals
    return best if prompt.tool_choice == "required" or _likeness(best, asked) else None


def results_text(prompt: Prompt, rng: SeededRandom) -> str:
    """A reply that uses what the tools answered."""
    names = {call.id: call.name for message in prompt.history for call in message.tool_calls}
    blocks = [rng.pick(_RESULT_INTROS)]
    for result in prompt.results:
        name = names.get(result.tool_call_id or "", "the tool")
        blocks.append(f"**{name}**: {_readable(result.text)}")
    return "\n\n".join(blocks)


def _called_since_the_message(prompt: Prompt) -> set[str]:
    if not prompt.results:
        return set()
    answered = {result.tool_call_id for result in prompt.results}
    return {call.name for message in prompt.history[-40:] for call in message.tool_calls if call.id in answered}


def _likeness(tool: Tool, asked: frozenset[str]) -> int:
    name, about = _words(tool.name), _words(tool.description) | _words(" ".join(tool.parameters.get("properties", {})))
    return 3 * len(name & asked) + len(about & asked)


def _words(text: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text[:4_000]).lower()
    return frozenset(word.removesuffix("s") for word in _WORD.findall(spaced) if word not in _EVERYDAY)


def _readable(result: str) -> str:
    """A result as a person reads it: the fields of a flat JSON object as a list, anything else as it is."""
    shown = result if len(result) <= MAX_SHOWN else result[:MAX_SHOWN] + " …"
    try:
        data = json.loads(result)
    except (ValueError, RecursionError):
        return shown or "nothing"
    if isinstance(data, dict) and data and not any(isinstance(value, dict | list) for value in data.values()):
        return "\n\n" + "\n".join(f"- {name}: {value}" for name, value in data.items())
    return shown if not isinstance(data, dict | list) else f"\n\n```json\n{shown}\n```"
