"""The mock brain: from a prompt to parts, waits and an ending. No I/O and no clock; sleeping is handed in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import islice

from myna.mock_ai.banks.examples import EXAMPLES
from myna.mock_ai.banks.phrases import AT_ONCE
from myna.mock_ai.commands import command
from myna.mock_ai.composer import compose
from myna.mock_ai.dice import Dice
from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.parts import clip, fit, fits, split
from myna.mock_ai.port import End, Part, Prompt, Refusal, Said
from myna.mock_ai.profiles import DEFAULT_PROFILE, PROFILES, Profile
from myna.mock_ai.scenario_file import parse_scenarios
from myna.mock_ai.scenarios import Scenarios

RESUMED_AFTER_S = 0.05  # seconds before the first part of a reply that goes on elsewhere: its reader has waited enough
_BEGIN = 80  # characters of the message that an instant reply says back

BUNDLED = parse_scenarios(EXAMPLES)


class MockBrain:
    """Answers without a model. Everything it says follows from the prompt and its own seed alone.

    A prompt that brings a seed gets the same reply to the same text under every key. Without one the key decides, so
    that a text said twice is not answered the same way twice.
    """

    deterministic = True

    def __init__(
        self,
        *,
        scenarios: Scenarios | None = None,
        profile: str = DEFAULT_PROFILE,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`scenarios` come on top of the bundled ones. ValueError when there is no such profile."""
        self.scenarios = scenarios.over(BUNDLED) if scenarios else BUNDLED
        self._profile = profile
        self._seed = seed
        self._sleep = sleep
        if problem := self.knows(profile, None):
            raise ValueError(problem)

    def knows(self, profile: str | None, scenario: str | None) -> str | None:
        """None when a prompt may name these; else one sentence that says what is wrong and what is allowed."""
        if profile is not None and profile not in PROFILES:
            return f"There is no profile {_quoted(profile)}; the profiles are {', '.join(PROFILES)}."
        if scenario is not None and scenario not in self.scenarios.scripts:
            return f"There is no scenario {_quoted(scenario)}; the scenarios are {', '.join(self.scenarios.scripts)}."
        return None

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[Said]:
        """Parts `start`, `start + 1` … and one ending, each handed over once its wait is over."""
        for said in self.script(prompt, start=start):
            if said.after_s > 0:
                await self._sleep(said.after_s)
            yield said

    def script(self, prompt: Prompt, *, start: int = 0) -> Iterator[Said]:
        """The same with nobody waiting. From `start` on it is the tail of the whole reply, but for a short first wait."""
        if start < 0:
            raise ValueError(f"start must be 0 or more, got {start}")
        if problem := self.knows(prompt.profile, prompt.scenario):
            yield Refusal("unknown_option", problem, retryable=False, after_s=0.0)
            return
        profile = PROFILES[prompt.profile or self._profile]
        dice = Dice(self._seed, prompt.key) if prompt.seed is None else Dice(prompt.seed, prompt.text)
        draft = self._draft(prompt, profile, dice)
        said = _performed(draft, profile, dice)
        yield from _resumed(said, start) if start else said

    def _draft(self, prompt: Prompt, profile: Profile, dice: Dice) -> Draft:
        text = prompt.text
        if prompt.scenario is not None:
            return self.scenarios.scripts[prompt.scenario].draft
        if (scripted := self.scenarios.match(text, prompt.nth)) is not None:
            return scripted
        if "/" in text[:32] and (typed := command(prompt, dice)) is not None:
            return typed
        if profile.whole:
            return Draft(dice.pick(AT_ONCE).format(begin=clip(text, _BEGIN)))
        return Draft(compose(text, dice))


def _performed(draft: Draft, profile: Profile, dice: Dice) -> list[Said]:
    """The draft as parts with waits, and its ending."""
    ending = draft.ending or STOP
    if draft.parts is not None:
        return [*draft.parts, ending]
    text = draft.text
    if not fits(text):
        text, ending = fit(text), End("length", 0.0)
    if profile.whole and draft.each_after_s is None:
        return [Part(text, draft.first_after_s or 0.0), ending] if text else [ending]
    parts: list[str] = split(text, profile.words_per_part, dice)
    if draft.ending is None:
        parts, ending = _tempered(parts, profile, dice)
    low, high = profile.first_after_s
    wait = low + (high - low) * dice.unit()
    if draft.first_after_s is not None:
        wait = draft.first_after_s
    if not parts:
        return [replace(ending, after_s=max(wait, ending.after_s))]
    said: list[Said] = []
    for part in parts:
        said.append(Part(part, wait))
        wait = _gap(profile, dice) if draft.each_after_s is None else draft.each_after_s
    said.append(ending)
    return said


def _gap(profile: Profile, dice: Dice) -> float:
    """Seconds between two parts: even around the profile's mean."""
    return (1.0 + profile.jitter * (2.0 * dice.unit() - 1.0)) / profile.parts_per_s


def _tempered(parts: list[str], profile: Profile, dice: Dice) -> tuple[list[str], End | Refusal]:
    """What the profile's temper leaves of a reply: all of it, or a beginning and a failure or a cut."""
    luck = dice.unit()
    if luck < profile.refused:
        heard = dice.between(0, len(parts) - 1) if dice.unit() < 0.5 else 0  # half of them fail before the first word
        detail = "The mock gave up on this reply, as this profile sometimes does. Trying again may help."
        return parts[:heard], Refusal("overloaded", detail, retryable=True, after_s=0.0)
    if luck < profile.refused + profile.cut and len(parts) > 1:
        return parts[: dice.between(1, len(parts) - 1)], End("length", 0.0)
    return parts, STOP


def _resumed(said: list[Said], start: int) -> Iterator[Said]:
    """The reply from part `start` on; only its ending when there are no more parts than that."""
    at = min(start, len(said) - 1)
    first = said[at]
    yield replace(first, after_s=min(first.after_s, RESUMED_AFTER_S))
    yield from islice(said, at + 1, None)


def _quoted(name: str) -> str:
    return f"“{clip(name, 40)}”"
