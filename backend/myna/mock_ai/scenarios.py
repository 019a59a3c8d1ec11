"""Rules and scripted replies: which reply a request gets. Everything follows from the request, so any process decides the same."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.expressions import compiled, glob_pattern
from myna.mock_ai.failures import failure
from myna.mock_ai.parts import clip, fit, fits
from myna.mock_ai.port import End, Failure, Part, Prompt, Tool
from myna.mock_ai.profiles import PROFILES, Profile
from myna.mock_ai.scenario_fields import FileFields, MatchFields, ReplyFields, RuleFields
from myna.mock_ai.seeded_random import SeededRandom
from myna.mock_ai.templates import fill
from myna.mock_ai.tool_calls import tool_call_text

_compiled = lru_cache(1_024)(compiled)  # some 30 KiB each

# Characters that all expressions of an owner's rules together search for one message: a bad one takes 1 µs for each.
OWNER_SEARCHES = 100_000


class Scenarios:
    """The scripted replies by name and the rules of a file, on top of those of another. The first rule that fits wins."""

    def __init__(self, file: FileFields, base: "Scenarios | None" = None, *, searches: int | None = None) -> None:
        """Where names meet, the file's own replace those of `base`, and its rules come first.

        `searches` bounds how many characters its expressions search for one message, shared among them; None: all there are.
        """
        self.strict: bool = file.strict or (base is not None and base.strict)
        self.problem: str | None = None  # of an edit that could not be used; these are then the scenarios before it
        own = {name: fields.profile for name, fields in file.profiles.items()}
        self.profiles: Mapping[str, Profile] = {**(base.profiles if base else PROFILES), **own}
        self._replies: dict[str, ReplyFields] = {**(base._replies if base else {}), **file.scenarios}
        reach = None if searches is None else searches // max(1, sum(_expressions(rule.match) for rule in file.rules))
        labelled = tuple((rule.name or f"rules[{n}]", rule, reach) for n, rule in enumerate(file.rules))
        self._rules: tuple[tuple[str, RuleFields, int | None], ...] = (*labelled, *(base._rules if base else ()))

    def names(self) -> dict[str, str]:
        """What each scenario is about, by name."""
        return {name: reply.about for name, reply in self._replies.items()}

    def named(self, name: str, prompt: Prompt, rng: SeededRandom) -> Draft:
        """The reply of a scenario that is there."""
        return replace(self._draft(self._replies[name], _variables(prompt), prompt, rng), rule=f"scenario {name}")

    def matched(self, prompt: Prompt, rng: SeededRandom) -> Draft | None:
        """The reply of the first rule that fits; without one None, or in strict mode a failure."""
        folded = prompt.text.strip().casefold()
        for label, rule, reach in self._rules:
            if (groups := _groups(rule.match, prompt, folded, reach)) is not None:
                return replace(self._draft(rule.reply, {**groups, **_variables(prompt)}, prompt, rng), rule=label)
        if self.strict and not prompt.results:
            return Draft(
                "",
                Failure(
                    "no_rule_matched", "No rule of the scenario file fits this message, and strict is on.", retryable=False, after_s=0.0
                ),
            )
        return None

    def _draft(self, reply: ReplyFields, values: Mapping[str, str], prompt: Prompt, rng: SeededRandom) -> Draft:
        profile, finish_reason = None, None
        while True:  # from a reply that only chooses to the one that is said
            profile, finish_reason = reply.profile or profile, reply.finish_reason or finish_reason
            if reply.use is not None:
                reply = self._replies[reply.use]
            elif reply.by_turn is not None:
                reply = reply.by_turn[min(prompt.turn_number, len(reply.by_turn)) - 1]
            elif reply.by_attempt is not None:
                reply = reply.by_attempt[min(prompt.attempt, len(reply.by_attempt)) - 1]
            elif reply.choices is not None:
                reply = rng.weighted(reply.choices, [choice.weight for choice in reply.choices])
            else:
                break
        ending: End | Failure = End("length", 0.0) if finish_reason == "length" else STOP
        if reply.fail is not None:
            fail = reply.fail
            ending = failure(fail.code, fail.detail, fail.retryable, fail.after_s, fail.status, fail.retry_after_s)
        # A reply that names its profile ends as that makes it; any other is safe from the error rates of the prompt's.
        own_ending = None if profile and finish_reason is None and reply.fail is None else ending
        if reply.tool_calls is not None:
            return Draft("".join(_calls(reply, values, prompt, rng)), own_ending, reply.after_s, profile=profile)
        if reply.parts is not None:
            return Draft(ending=ending, parts=_parts(reply, values), profile=profile)
        return Draft(fill(reply.text or "", values), own_ending, reply.after_s, profile=profile)


def _parts(reply: ReplyFields, values: Mapping[str, str]) -> tuple[Part, ...]:
    """The parts filled in; those that captured text has made too long for one reply are cut."""
    if reply.plain_parts is not None:
        return reply.plain_parts
    parts = [Part(fill(part.text, values), part.after_s) for part in reply.parts or ()]
    whole = "".join([part.text for part in parts])
    if fits(whole):
        return tuple(part for part in parts if part.text)
    left = len(fit(whole))
    kept: list[Part] = []
    for part in parts:
        text = clip(part.text, left)
        left -= len(text)
        if text:
            kept.append(Part(text, part.after_s))
    return tuple(kept)


def _calls(reply: ReplyFields, values: Mapping[str, str], prompt: Prompt, rng: SeededRandom) -> Iterator[str]:
    tools = {tool.name: tool for tool in prompt.tools}
    for call in reply.tool_calls or ():
        arguments = None if call.arguments is None else _filled(call.arguments, values)
        yield tool_call_text(tools.get(call.name) or Tool(call.name), arguments, rng)


def _filled(data: Any, values: Mapping[str, str]) -> Any:
    """The data with the templates in it filled in."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, dict):
        return {key: _filled(value, values) for key, value in data.items()}
    return [_filled(value, values) for value in data] if isinstance(data, list) else data


def _variables(prompt: Prompt) -> dict[str, str]:
    return {
        "text": prompt.text,
        "turn": str(prompt.turn_number),
        "attempt": str(prompt.attempt),
        "model": prompt.model,
        "tool_result": prompt.results[-1].text if prompt.results else "",
    }


def _groups(match: MatchFields, prompt: Prompt, folded: str, reach: int | None) -> dict[str, str] | None:
    """What the expressions captured, or None when the request is not one for this rule."""
    if match.turn and not _within(match.turn, prompt.turn_number):
        return None
    if match.attempt and not _within(match.attempt, prompt.attempt):
        return None
    if match.model and not _compiled(glob_pattern(match.model)).search(prompt.model):
        return None
    for name, wanted in (match.header or {}).items():
        if not _compiled(glob_pattern(wanted)).search(prompt.headers.get(name.lower(), "")):
            return None
    if match.exact is not None and not any(text.strip().casefold() == folded for text in match.exact):
        return None
    if match.contains is not None and not any(text.casefold() in folded for text in match.contains):
        return None
    groups = _searched(match.regex, prompt.text, reach)
    return None if groups is None else _of_results(match, prompt, groups, reach)


def _of_results(match: MatchFields, prompt: Prompt, groups: dict[str, str], reach: int | None) -> dict[str, str] | None:
    """The same for what tools answered. A rule that says nothing of it fits only before they have."""
    wanted = match.tool_result
    if wanted is None:
        return None if prompt.results else groups
    names = {call.id: call.name for message in prompt.history for call in message.tool_calls}
    for result in reversed(prompt.results):
        if wanted.tool and not _compiled(glob_pattern(wanted.tool)).search(names.get(result.tool_call_id or "", "")):
            continue
        if wanted.contains is not None and not any(text.casefold() in result.text.casefold() for text in wanted.contains):
            continue
        if (captured := _searched(wanted.regex, result.text, reach)) is not None:
            return {**groups, **captured}
    return None


def _expressions(match: MatchFields) -> int:
    return len(match.regex or ()) + len(match.tool_result.regex or () if match.tool_result else ())


def _searched(patterns: list[str] | None, text: str, reach: int | None) -> dict[str, str] | None:
    """The groups of the first expression found in the first `reach` characters; none where none is wanted, None where it is not found."""
    if patterns is None:
        return {}
    text = text[:reach]
    for pattern in patterns:
        if found := _compiled(pattern).search(text):
            numbered = {str(n): found.group(n) or "" for n in range(len(found.groups()) + 1)}
            return numbered | {name: value or "" for name, value in found.groupdict().items()}
    return None


def _within(span: tuple[int, int | None], number: int) -> bool:
    return span[0] <= number and (span[1] is None or number <= span[1])
