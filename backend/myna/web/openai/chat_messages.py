"""The messages of a conversation as OpenAI's clients send them, read as the mock AI takes them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from myna.mock_ai.port import HistoryMessage, ToolCall


class Lenient(BaseModel):
    """The base of what these clients send: unknown fields are left alone, as they come with every release."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class ContentPart(Lenient):
    """A piece of a message. Text is read; of an image, a sound or a file only that it is there."""

    type: str
    text: str | None = None
    image_url: Any = None
    refusal: str | None = None

    @property
    def shown(self) -> str:
        """The piece as text."""
        if self.text is not None:
            return self.text
        url = self.image_url.get("url", "") if isinstance(self.image_url, dict) else self.image_url or ""
        where = str(url)[:200] if not str(url).startswith("data:") else ""
        return self.refusal or f"[{self.type.removeprefix('input_').removesuffix('_url').replace('_', ' ')}{f': {where}' if where else ''}]"


class CalledFunction(Lenient):
    """What an earlier reply called."""

    name: str
    arguments: str = "{}"


class CallMade(Lenient):
    """A tool call of an earlier reply."""

    id: str
    function: CalledFunction


class ChatMessage(Lenient):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None
    tool_calls: list[CallMade] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All of its pieces."""
        return self.content if isinstance(self.content, str) else "\n".join(part.shown for part in self.content or ())

    def history(self) -> HistoryMessage:
        """The same as the mock AI reads it."""
        roles: dict[str, Any] = {"developer": "system", "function": "tool"}
        calls = tuple(ToolCall(call.id, call.function.name, call.function.arguments) for call in self.tool_calls or ())
        return HistoryMessage(roles.get(self.role, self.role), self.text, calls, self.tool_call_id)
