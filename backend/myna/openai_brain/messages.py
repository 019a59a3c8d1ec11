"""A prompt as the arguments of a chat completion."""

from typing import Any

from myna.mock_ai.port import HistoryMessage, Prompt


def arguments(prompt: Prompt, model: str) -> dict[str, Any]:
    """What is sent upstream; what the prompt does not say is left out."""
    given: dict[str, Any] = {
        "model": model,
        "messages": messages(prompt),
        "seed": prompt.seed,
        "stop": list(prompt.stop) or None,
        "max_tokens": prompt.max_tokens,
        "tools": [_tool(one) for one in prompt.tools] or None,
        "tool_choice": _choice(prompt) if prompt.tools else None,
        "response_format": _format(prompt),
    }
    return {name: value for name, value in given.items() if value is not None}


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The conversation so far with the message at its place, and the results of tools behind it."""
    at = len(prompt.history) if prompt.position is None else prompt.position
    asked = HistoryMessage("user", prompt.text)
    return [_message(one) for one in (*prompt.history[:at], asked, *prompt.history[at:], *prompt.results)]


def _message(message: HistoryMessage) -> dict[str, Any]:
    made: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        calls = [(call.id, {"name": call.name, "arguments": call.arguments}) for call in message.tool_calls]
        made["tool_calls"] = [{"id": call_id, "type": "function", "function": function} for call_id, function in calls]
        made["content"] = message.text or None
    if message.tool_call_id is not None:
        made["tool_call_id"] = message.tool_call_id
    return made


def _tool(tool: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}}


def _choice(prompt: Prompt) -> Any:
    if prompt.tool_choice in ("auto", "none", "required"):
        return prompt.tool_choice
    return {"type": "function", "function": {"name": prompt.tool_choice}}


def _format(prompt: Prompt) -> dict[str, Any] | None:
    if prompt.response_schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": dict(prompt.response_schema)}}
