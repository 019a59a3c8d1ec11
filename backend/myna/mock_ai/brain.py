"""Decides what a prompt is answered with, and hands it out part by part. Sleeping is passed in, so that tests need no clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from myna.mock_ai.banks.phrases import AT_ONCE
from myna.mock_ai.commands import Context, command
from myna.mock_ai.composer import compose
from myna.mock_ai.draft import Draft
from myna.mock_ai.failures import failure
from myna.mock_ai.json_values import SchemaError, UnsatisfiableError, generate
from myna.mock_ai.library import BUILT_IN
from myna.mock_ai.load import Load
from myna.mock_ai.pacing import limited, paced, resumed
from myna.mock_ai.parts import clip
from myna.mock_ai.port import Failure, Part, Prompt, ReplyStep
from myna.mock_ai.profiles import DEFAULT_PROFILE, Profile
from myna.mock_ai.scenario_file import with_rules
from myna.mock_ai.scenarios import Scenarios
from myna.mock_ai.seeded_random import SeededRandom
from myna.mock_ai.sentences import sentence
from myna.mock_ai.tool_calls import FENCE, tool_call_text
from myna.mock_ai.tools import results_text, tool_to_call

MAX_HISTORY = 32_000  # characters of a conversation that a seeded reply follows from: some twenty turns
MAX_RULE = 64  # characters of the name of what a reply follows
_SCHEMA_THREAD = ThreadPoolExecutor(1, "schema")  # one: several would take the processor from the event loop together
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
        seed: int | None = None,
        speed: float = 1.0,
        poison: bool = False,
        sleep: Callable[[float], Awaitable[float | None]] = asyncio.sleep,
    ) -> None:
        """ValueError when there is no such profile.

        `scenarios` gives those in force at the moment (None: the built-in ones); `seed` is that of prompts without one
        (None: their key decides); `speed` divides every wait, 0 waits for nothing; `poison` lets /poison crash whoever answers.
        `sleep` may return by how many seconds it took too long: the next wait is shorter by that.
        """
        self._scenarios = scenarios or (lambda: BUILT_IN)
        self._profile = profile
        self._seed = seed
        self._speed = speed
        self._poison = poison
        self._sleep = sleep
        self._loads: dict[Profile, Load] = {}  # of profiles that feel it, as long as they have open replies
        if problem := self.option_problem(profile, None):
            raise ValueError(problem)

    def option_problem(self, profile: str | None, scenario: str | None, rules: str | None = None) -> str | None:
        """None when a prompt may name these; else one sentence that says what is wrong and what is allowed."""
        if profile is None and scenario is None:
            return None
        scenarios = self._scenarios()
        own = json.loads(rules) if rules else {}  # its names alone: reading the rest of it takes up to 20 ms
        profiles = {**scenarios.profiles, **own.get("profiles", {})}
        return _option_problem(profiles, {**scenarios.names(), **own.get("scenarios", {})}, profile, scenario)

    def history_limit(self, seed: int | None) -> int:
        """Only a seeded reply follows from the conversation; see the port."""
        return 0 if seed is None and self._seed is None else MAX_HISTORY

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        """Parts `start`, `start + 1` … and one ending, each handed over once its wait is over."""
        steps, profile = await self._drawn(prompt, start), self._profile_of(prompt)
        late_s: float | None = 0.0
        if profile is None or not profile.feels_load:
            for step in steps:
                if step.after_s > 0 and self._speed > 0:
                    late_s = await self._sleep(step.after_s / self._speed - (late_s or 0.0))
                yield step
            return
        load = self._loads.setdefault(profile, Load(profile))
        if load.full and not start:
            yield failure("overloaded", "Too many replies wait in line. Trying again may help.")
            return
        await load.turn()
        try:
            for step in steps:
                if step.after_s > 0 and self._speed > 0:
                    late_s = await self._sleep(step.after_s * load.factor / self._speed - (late_s or 0.0))
                yield step
        finally:
            load.leave()
            if load.idle:
                self._loads.pop(profile, None)

    async def _drawn(self, prompt: Prompt, start: int) -> Iterable[ReplyStep]:
        steps = self.steps(prompt, start=start)
        if not prompt.tools and prompt.response_schema is None and prompt.rules is None:
            return steps
        # Values for a JSON Schema take up to a second, rules read anew some 20 ms: a thread leaves the event loop to the others.
        return await asyncio.get_running_loop().run_in_executor(_SCHEMA_THREAD, list, steps)

    async def close(self) -> None:
        """It holds nothing."""

    def _profile_of(self, prompt: Prompt) -> Profile | None:
        try:
            return self._scenarios_of(prompt).profiles.get(prompt.profile or self._profile)
        except ValueError:
            return None

    def _scenarios_of(self, prompt: Prompt) -> Scenarios:
        """Those in force, with the owner's own before them. Raises `ValueError` for rules that can't be read."""
        return self._scenarios() if prompt.rules is None else with_rules(prompt.rules, self._scenarios())

    def steps(self, prompt: Prompt, *, start: int = 0) -> Iterator[ReplyStep]:
        """The same without the waiting. From `start` on it is the tail of the whole reply, but for a short first wait."""
        if start < 0:
            raise ValueError(f"start must be 0 or more, got {start}")
        try:
            scenarios = self._scenarios_of(prompt)
        except ValueError:  # of a newer release, or published by hand
            yield Failure("unknown_option", "The rules of this message can't be read here.", retryable=False, after_s=0.0)
            return
        names = scenarios.names() if prompt.scenario is not None else ()
        if problem := _option_problem(scenarios.profiles, names, prompt.profile, prompt.scenario):
            yield Failure("unknown_option", problem, retryable=False, after_s=0.0)
            return
        profiles = scenarios.profiles
        profile = profiles[prompt.profile or self._profile]
        seed = self._seed if prompt.seed is None else prompt.seed
        drawn_from = ("", prompt.key) if seed is None else (seed, prompt.text, *_said_before(prompt))
        rng = SeededRandom(*drawn_from)
        try:
            draft = self._draft(prompt, scenarios, profile, rng)
        except (SchemaError, UnsatisfiableError) as problem:
            draft = Draft("", Failure("invalid_schema", str(problem), retryable=False, after_s=0.0))
        profile = profiles.get(draft.profile, profile) if draft.profile else profile
        steps = paced(draft, profile, rng, lambda: SeededRandom("errors", prompt.attempt, *drawn_from))
        if (prompt.stop or prompt.max_tokens is not None) and not draft.text.startswith(FENCE):
            steps = limited(steps, prompt.stop, prompt.max_tokens)
        if draft.rule is not None and not isinstance(steps[-1], Part):
            steps[-1] = replace(steps[-1], rule=draft.rule[:MAX_RULE])
        yield from resumed(steps, start) if start else steps

    def _draft(self, prompt: Prompt, scenarios: Scenarios, profile: Profile, rng: SeededRandom) -> Draft:
        """What is said: by the scenario that was named, a command, a rule, or else made for what the request asks for."""
        if prompt.failure is not None:
            return Draft("", failure(**prompt.failure), rule="queued failure")
        if prompt.scenario is not None:
            return scenarios.named(prompt.scenario, prompt, rng)
        typed = Context(prompt, rng, scenarios, self._poison) if "/" in prompt.text[:32] else None
        if typed and (known := command(typed, known_only=True)) is not None:
            return known
        if (scripted := scenarios.matched(prompt, rng)) is not None:
            return scripted
        if typed and (unknown := command(typed, known_only=False)) is not None:
            return unknown
        if (tool := tool_to_call(prompt, rng)) is not None:
            return Draft(tool_call_text(tool, None, rng, prompt.text))
        if prompt.response_schema is not None:
            made = json.dumps(generate(prompt.response_schema, rng, prompt.text), ensure_ascii=False)
            return Draft(f"```json\n{made}\n```" if prompt.json_block else made)
        if prompt.results:
            return Draft(results_text(prompt, rng))
        if profile.whole:
            return Draft(sentence(rng.pick(AT_ONCE), rng, begin=clip(prompt.text, _BEGIN)))
        return Draft(compose(prompt.text, rng))


def _option_problem(profiles: Iterable[str], scenarios: Iterable[str], profile: str | None, scenario: str | None) -> str | None:
    if profile is not None and profile not in profiles:
        return f"There is no profile {_quoted(profile)}; the profiles are {', '.join(profiles)}."
    if scenario is not None and scenario not in scenarios:
        return f"There is no scenario {_quoted(scenario)}; the scenarios are {', '.join(scenarios)}."
    return None


def _said_before(prompt: Prompt) -> Iterator[str]:
    """What a seeded reply follows from besides its text: the conversation so far, and what tools answered."""
    for message in (*prompt.history, *prompt.results):
        yield message.role
        yield message.text


def _quoted(name: str) -> str:
    return f"“{clip(name, 40)}”"
