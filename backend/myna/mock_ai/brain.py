"""Turns a prompt into the parts of a reply, their waits and an ending. Sleeping is passed in, so that tests need no clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import islice

from myna.mock_ai.banks.phrases import AT_ONCE
from myna.mock_ai.commands import Context, command
from myna.mock_ai.composer import compose
from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.json_values import SchemaError, UnsatisfiableError, generate
from myna.mock_ai.library import BUILT_IN
from myna.mock_ai.parts import clip, fit, fits, split
from myna.mock_ai.port import End, Failure, Part, Prompt, ReplyStep
from myna.mock_ai.profiles import DEFAULT_PROFILE, PROFILES, Profile
from myna.mock_ai.scenarios import Scenarios
from myna.mock_ai.seeded_random import SeededRandom
from myna.mock_ai.tool_calls import tool_call_text
from myna.mock_ai.tools import results_text, tool_to_call

RESUMED_AFTER_S = 0.05  # seconds before the first part of a reply that goes on elsewhere: its reader has waited enough
_BEGIN = 80  # characters of the message that an instant reply says back


class MockBrain:
    """Answers without a model: a pure function of the prompt and the brain's own seed.

    A prompt that brings a seed gets the same reply to the same text under every key. Without one the key decides, so
    that a text said twice is not answered the same way twice.
    """

    deterministic = True

    def __init__(
        self,
        *,
        scenarios: Callable[[], Scenarios] | None = None,
        profile: str = DEFAULT_PROFILE,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`scenarios` gives those in force at the moment; None: the built-in ones. ValueError when there is no such profile."""
        self._scenarios = scenarios or (lambda: BUILT_IN)
        self._profile = profile
        self._seed = seed
        self._sleep = sleep
        if problem := self.option_problem(profile, None):
            raise ValueError(problem)

    def option_problem(self, profile: str | None, scenario: str | None) -> str | None:
        """None when a prompt may name these; else one sentence that says what is wrong and what is allowed."""
        if profile is not None and profile not in PROFILES:
            return f"There is no profile {_quoted(profile)}; the profiles are {', '.join(PROFILES)}."
        if scenario is not None and scenario not in (names := self._scenarios().names()):
            return f"There is no scenario {_quoted(scenario)}; the scenarios are {', '.join(names)}."
        return None

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        """Parts `start`, `start + 1` … and one ending, each handed over once its wait is over."""
        for step in self.steps(prompt, start=start):
            if step.after_s > 0:
                await self._sleep(step.after_s)
            yield step

    def steps(self, prompt: Prompt, *, start: int = 0) -> Iterator[ReplyStep]:
        """The same without the waiting. From `start` on it is the tail of the whole reply, but for a short first wait."""
        if start < 0:
            raise ValueError(f"start must be 0 or more, got {start}")
        if problem := self.option_problem(prompt.profile, prompt.scenario):
            yield Failure("unknown_option", problem, retryable=False, after_s=0.0)
            return
        profile = PROFILES[prompt.profile or self._profile]
        rng = SeededRandom(self._seed, prompt.key) if prompt.seed is None else SeededRandom(prompt.seed, prompt.text, *_said_before(prompt))
        try:
            draft = self._draft(prompt, profile, rng)
        except (SchemaError, UnsatisfiableError) as problem:
            draft = Draft("", Failure("invalid_schema", str(problem), retryable=False, after_s=0.0))
        profile = PROFILES[draft.profile] if draft.profile else profile
        steps = _paced(draft, profile, rng)
        yield from _resumed(steps, start) if start else steps

    def _draft(self, prompt: Prompt, profile: Profile, rng: SeededRandom) -> Draft:
        """What is said: by the scenario that was named, a command, a rule, or else made for what the request asks for."""
        scenarios = self._scenarios()
        if prompt.scenario is not None:
            return scenarios.named(prompt.scenario, prompt, rng)
        typed = "/" in prompt.text[:32]
        context = Context(prompt, rng, scenarios)
        if typed and (known := command(context, known_only=True)) is not None:
            return known
        if (scripted := scenarios.matched(prompt, rng)) is not None:
            return scripted
        if typed and (unknown := command(context, known_only=False)) is not None:
            return unknown
        if (tool := tool_to_call(prompt, rng)) is not None:
            return Draft(tool_call_text(tool, None, rng, prompt.text))
        if prompt.response_schema is not None:
            return Draft(json.dumps(generate(prompt.response_schema, rng, prompt.text), ensure_ascii=False))
        if prompt.results:
            return Draft(results_text(prompt, rng))
        if profile.whole:
            return Draft(rng.pick(AT_ONCE).format(begin=clip(prompt.text, _BEGIN)))
        return Draft(compose(prompt.text, rng))


def _said_before(prompt: Prompt) -> Iterator[str]:
    """What a seeded reply follows from besides its text: the conversation so far, and what tools answered."""
    for message in (*prompt.history, *prompt.results):
        yield message.role
        yield message.text


def _paced(draft: Draft, profile: Profile, rng: SeededRandom) -> list[ReplyStep]:
    """The draft as parts with waits, and its ending."""
    ending = draft.ending or STOP
    if draft.parts is not None:
        return [*draft.parts, ending]
    text = draft.text
    if not fits(text):
        text, ending = fit(text), End("length", 0.0)
    if profile.whole and draft.each_after_s is None:
        return [Part(text, draft.first_after_s or 0.0), ending] if text else [ending]
    parts: list[str] = split(text, profile.words_per_part, rng)
    if draft.ending is None:
        parts, ending = _with_errors(parts, profile, rng)
    low, high = profile.first_after_s
    wait = low + (high - low) * rng.unit()
    if draft.first_after_s is not None:
        wait = draft.first_after_s
    if not parts:
        return [replace(ending, after_s=max(wait, ending.after_s))]
    steps: list[ReplyStep] = []
    for part in parts:
        steps.append(Part(part, wait))
        wait = _gap(profile, rng) if draft.each_after_s is None else draft.each_after_s
    steps.append(ending)
    return steps


def _gap(profile: Profile, rng: SeededRandom) -> float:
    """Seconds between two parts: even around the profile's mean."""
    return (1.0 + profile.jitter * (2.0 * rng.unit() - 1.0)) / profile.parts_per_s


def _with_errors(parts: list[str], profile: Profile, rng: SeededRandom) -> tuple[list[str], End | Failure]:
    """The reply as the profile's error rates leave it: all of it, or a beginning and a failure or a cut."""
    draw = rng.unit()
    if draw < profile.refused:
        kept = rng.between(0, len(parts) - 1) if rng.unit() < 0.5 else 0  # half of them fail before the first part
        detail = "The mock gave up on this reply, as this profile sometimes does. Trying again may help."
        return parts[:kept], Failure("overloaded", detail, retryable=True, after_s=0.0)
    if draw < profile.refused + profile.cut and len(parts) > 1:
        return parts[: rng.between(1, len(parts) - 1)], End("length", 0.0)
    return parts, STOP


def _resumed(steps: list[ReplyStep], start: int) -> Iterator[ReplyStep]:
    """The reply from part `start` on; only its ending when there are no more parts than that."""
    at = min(start, len(steps) - 1)
    first = steps[at]
    yield replace(first, after_s=min(first.after_s, RESUMED_AFTER_S))
    yield from islice(steps, at + 1, None)


def _quoted(name: str) -> str:
    return f"“{clip(name, 40)}”"
