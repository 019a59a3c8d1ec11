"""Keeps back the beginning of a streamed reply that may turn out to be tool calls."""

from myna.mock_ai.tool_calls import FENCE


class HeldText:
    """The text that is kept back. A reply of calls begins with a fence, so it is text as soon as it begins otherwise."""

    def __init__(self, may_call: bool) -> None:
        self._held: str | None = "" if may_call else None  # None: it is text

    def next(self, part: str) -> str | None:
        """What the stream may say now that this part has come; None while all of it is kept back."""
        if self._held is None:
            return part
        self._held += part
        if self._held.startswith(FENCE) or FENCE.startswith(self._held):
            return None
        return self.rest()

    def rest(self) -> str:
        """What is kept back; from now on nothing is."""
        held, self._held = self._held, None
        return held or ""
