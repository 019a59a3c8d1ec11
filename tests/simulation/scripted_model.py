"""The simulation's model: a reply follows from its idempotency key alone, with waits between its parts to be interrupted in."""

import asyncio
import random
from collections.abc import AsyncIterator

from myna.mock_ai.port import End, Failure, Part, Prompt, ReplyStep

HISTORY = 2_000  # characters that it is told of a conversation, and makes nothing of


def script(key: str) -> tuple[list[str], bool]:
    """The parts of the reply with this key, and whether it is refused after them."""
    rng = random.Random(key)
    parts = [f"{word}{'.' * rng.randint(0, 3)} " for word in range(rng.choice((0, 1, 2, 3, 5, 8)))]
    return parts, rng.random() < 0.1


class ScriptBrain:
    """Replies with the script of each key."""

    deterministic = True

    async def close(self) -> None:
        pass

    def option_problem(self, profile: str | None, scenario: str | None, rules: str | None = None) -> str | None:
        return None

    def history_limit(self, seed: int | None) -> int:
        return HISTORY

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        parts, refused = script(prompt.key)
        for index, text in enumerate(parts):
            if index >= start:
                # Not by the reply's random numbers: a wait may differ from one try to the next.
                await asyncio.sleep(random.choice((0.0, 0.0, 0.05, 0.4)))
                yield Part(text, 0.0)
        yield Failure("refused", "The script says no.", retryable=True, after_s=0.0) if refused else End("stop", 0.0)
