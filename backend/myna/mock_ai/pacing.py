"""Cuts a drafted reply into parts with waits, as a profile paces them, and makes it fail as often as the profile says."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from msgspec.structs import replace

from myna.mock_ai.draft import STOP, Draft
from myna.mock_ai.failures import failure
from myna.mock_ai.parts import fit, fits, split
from myna.mock_ai.port import End, Failure, Part, ReplyStep
from myna.mock_ai.profiles import Profile
from myna.mock_ai.seeded_random import SeededRandom

RESUMED_AFTER_S = 0.05  # seconds before the first part of a reply that goes on elsewhere: its reader has waited enough
_TOKEN = re.compile(r"\w+|[^\w\s]")
LONG = 4_000  # characters of a text whose tokens are counted by its bytes: all beyond ASCII is taken for letters then
# For each byte: a letter or digit, a blank, or another sign.
_KINDS = bytes(
    ord("a") if byte >= 128 or chr(byte).isalnum() or byte == ord("_") else ord(" ") if chr(byte).isspace() else ord("!")
    for byte in range(256)
)


def count_tokens(text: str) -> int:
    """About as many as a tokenizer would find: words and signs. Takes some 5 ms for a million characters, whatever they are."""
    if len(text) <= LONG:
        return len(_TOKEN.findall(text))
    kinds = text.encode("utf-8", "replace").translate(_KINDS)
    return kinds.count(b"!") + kinds.count(b" a") + kinds.count(b"!a") + kinds.startswith(b"a")


def paced(draft: Draft, profile: Profile, rng: SeededRandom, errors: Callable[[], SeededRandom]) -> list[ReplyStep]:
    """The draft as parts with waits, and its ending; failures are drawn from `errors()`, everything else from `rng`."""
    ending = draft.ending or STOP
    if draft.parts is not None:
        return [*draft.parts, ending]
    text = draft.text
    if not fits(text):
        text, ending = fit(text), End("length", 0.0)
    in_one = profile.whole and draft.each_after_s is None
    parts = [text] * bool(text) if in_one else split(text, profile.words_per_part, rng)
    if draft.ending is None and profile.goes_wrong:
        parts, ending = _with_errors(parts, ending, profile, errors())
    low, high = profile.first_after_s
    wait = low + (high - low) * rng.unit() if draft.first_after_s is None else draft.first_after_s
    if not parts:
        return [replace(ending, after_s=max(wait, ending.after_s))]
    steps: list[ReplyStep] = []
    for n, part in enumerate(parts):
        if n:
            wait = _gap(part, profile, rng) if draft.each_after_s is None else draft.each_after_s
        steps.append(Part(part, wait))
    steps.append(ending)
    return steps


def resumed(steps: list[ReplyStep], start: int) -> Iterator[ReplyStep]:
    """The reply from part `start` on; only its ending when there are no more parts than that."""
    at = min(start, len(steps) - 1)
    first = steps[at]
    yield replace(first, after_s=min(first.after_s, RESUMED_AFTER_S))
    yield from islice(steps, at + 1, None)


def _gap(part: str, profile: Profile, rng: SeededRandom) -> float:
    """Seconds before a part that is not the first: even around the profile's mean, and now and then a stall."""
    mean = count_tokens(part) / profile.tokens_per_s if profile.tokens_per_s else 1.0 / profile.parts_per_s if profile.parts_per_s else 0.0
    gap = mean * (1.0 + profile.jitter * (2.0 * rng.unit() - 1.0))
    if profile.stalls and rng.unit() < profile.stalls:
        low, high = profile.stall_s
        gap += low + (high - low) * rng.unit()
    return gap


def _with_errors(parts: list[str], ending: End | Failure, profile: Profile, errors: SeededRandom) -> tuple[list[str], End | Failure]:
    """The reply as the profile's error rates leave it: all of it, or a beginning and a failure or a cut."""
    draw = errors.unit()
    if draw < profile.refused:
        kept = errors.between(0, len(parts) - 1) if parts and errors.unit() < 0.5 else 0  # half of them fail before the first part
        detail = "The mock gave up on this reply, as this profile sometimes does. Trying again may help."
        return parts[:kept], Failure("overloaded", detail, retryable=True, after_s=0.0)
    threshold = profile.refused + profile.cut
    if draw < threshold and len(parts) > 1:
        return parts[: errors.between(1, len(parts) - 1)], End("length", 0.0)
    for code, share in profile.failures:
        threshold += share
        if draw < threshold:
            # A reset may take back what was sent before it, so that it comes before anything is.
            early = code == "connection_reset" or errors.unit() < 0.5 or not parts
            return parts[: 0 if early else errors.between(0, len(parts) - 1)], failure(code)
    return parts, ending


def limited(steps: list[ReplyStep], stop: tuple[str, ...], max_tokens: int | None) -> list[ReplyStep]:
    """The reply up to the first of `stop`, or after `max_tokens` with the ending `length`, whichever comes first."""
    text = "".join(step.text for step in steps if isinstance(step, Part))
    end, reason = len(text), None
    for sequence in stop:
        if sequence and 0 <= (found := text.find(sequence)) < end:
            end, reason = found, STOP
    if max_tokens is not None:
        tokens = list(islice(_TOKEN.finditer(text, 0, end), max_tokens + 1))
        if len(tokens) > max_tokens:
            end, reason = tokens[max_tokens - 1].end() if max_tokens else 0, End("length", 0.0)
    if reason is None:
        return steps
    kept: list[ReplyStep] = []
    for step in steps:
        if isinstance(step, Part) and end > 0:
            kept.append(replace(step, text=step.text[:end]))
            end -= len(step.text)
    return [*kept, reason]
