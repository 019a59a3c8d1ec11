"""Speed and temper of the named profiles, on replies enough for their averages to show."""

import statistics
import time

import pytest

from myna.mock_ai import BUILT_IN, DEFAULT_PROFILE, PROFILES, End, Failure, MockBrain, Prompt, parse_scenarios
from tests.unit.mock_ai.replies import BRAIN, text_of, whole

MESSAGE = "Why do bridges hum in the wind?"
PACED = [name for name, profile in PROFILES.items() if not profile.whole and not profile.stalls]


@pytest.mark.parametrize("name", PACED)
def test_waits_stay_within_what_the_profile_says(name: str) -> None:
    profile = PROFILES[name]
    low, high = profile.first_after_s
    mean = 1 / profile.parts_per_s
    gaps: list[float] = []
    for key in range(60):
        parts, _ = whole(Prompt(str(key), "/words 120", name))
        assert low <= parts[0].after_s <= high
        gaps += [part.after_s for part in parts[1:]]
    assert min(gaps) >= mean * (1 - profile.jitter) * 0.999
    assert max(gaps) <= mean * (1 + profile.jitter) * 1.001
    assert statistics.mean(gaps) == pytest.approx(mean, rel=0.05)
    assert max(gaps) - min(gaps) > mean * profile.jitter  # it does vary


def test_normal_is_the_default_and_speaks_within_a_second_at_a_good_reading_pace() -> None:
    assert DEFAULT_PROFILE == "normal"
    assert 0.3 <= PROFILES["normal"].first_after_s[0] <= PROFILES["normal"].first_after_s[1] <= 0.6
    assert 25 <= PROFILES["normal"].parts_per_s <= 40
    assert list(BRAIN.steps(Prompt("key", MESSAGE))) == list(BRAIN.steps(Prompt("key", MESSAGE, "normal")))


@pytest.mark.parametrize("text", [MESSAGE, "hi", "/long 5", "/help", "日本", "x" * 8_000])
def test_instant_says_everything_at_once_in_one_part(text: str) -> None:
    parts, ending = whole(Prompt("key", text, "instant"))
    assert [part.after_s for part in parts] == [0.0]
    assert ending == End("stop", 0.0)


def test_instant_refers_to_what_was_said() -> None:
    assert "“Why do bridges hum in the wind?”" in text_of(Prompt("key", MESSAGE, "instant"))


async def test_an_instant_reply_costs_microseconds() -> None:
    prompts = [Prompt(str(n), MESSAGE, "instant") for n in range(2_000)]
    costs = []
    for _ in range(5):
        began = time.process_time()
        for prompt in prompts:
            async for _said in BRAIN.reply(prompt):
                pass
        costs.append((time.process_time() - began) / len(prompts))
    assert min(costs) < 100e-6  # 7 µs where this was written, 15 are the budget; the rest is for slow machines


@pytest.mark.parametrize("name", list(PROFILES))
def test_failures_and_cuts_come_as_often_as_the_profile_says(name: str) -> None:
    profile = PROFILES[name]
    count, failing = 1_000, profile.refused + sum(share for _, share in profile.failures)
    endings = [whole(Prompt(str(key), "who are you?", name)) for key in range(count)]
    refused = [(parts, end) for parts, end in endings if isinstance(end, Failure)]
    cut = [parts for parts, end in endings if isinstance(end, End) and end.finish_reason == "length"]
    assert len(refused) / count == pytest.approx(failing, abs=0.06)
    assert len(cut) / count == pytest.approx(profile.cut, abs=0.06)
    assert all(end.retryable for _, end in refused)
    assert all(parts for parts in cut)
    if failing:  # some fail before the first word and some after it
        assert {bool(parts) for parts, _ in refused} == {True, False}
    for code, share in profile.failures:
        assert sum(end.code == code for _, end in refused) / count == pytest.approx(share, abs=0.03)


def test_a_command_has_its_own_ending_whatever_the_temper() -> None:
    for key in range(60):
        parts, ending = whole(Prompt(str(key), "/echo all of this", "flaky"))
        assert "".join(part.text for part in parts) == "all of this"
        assert ending == End("stop", 0.0)


def test_slow_is_slow_under_every_profile() -> None:
    for name in PROFILES:
        parts, _ = whole(Prompt("key", "/slow 2", name))
        assert len(parts) > 5
        assert {part.after_s for part in parts} == {2.0}


def test_an_unknown_profile_or_scenario_is_named_with_what_is_allowed() -> None:
    brain = MockBrain()
    assert brain.option_problem("fast", "tour") is None
    assert brain.option_problem(None, None) is None
    profile, scenario = brain.option_problem("warp", None), brain.option_problem(None, "warp")
    assert profile is not None
    assert "“warp”" in profile
    assert all(name in profile for name in PROFILES)
    assert scenario is not None
    assert all(name in scenario for name in BUILT_IN.names())


def test_a_prompt_that_slipped_past_the_edge_is_refused_rather_than_raised() -> None:
    parts, ending = whole(Prompt("key", MESSAGE, "warp"))
    assert parts == []
    assert isinstance(ending, Failure)
    assert (ending.code, ending.retryable) == ("unknown_option", False)


def test_a_brain_with_an_unknown_default_profile_is_not_made() -> None:
    with pytest.raises(ValueError, match="the profiles are instant"):
        MockBrain(profile="warp")


def test_a_negative_start_is_an_error() -> None:
    with pytest.raises(ValueError, match="start must be 0 or more, got -1"):
        list(BRAIN.steps(Prompt("key", "hi"), start=-1))


OWN = """
profiles:
  words: {first_after_s: 1, tokens_per_s: 10, jitter: 0, words_per_part: [1, 6]}
  standing: {first_after_s: [0, 0], parts_per_s: 100, stalls: 0.2, stall_s: [3, 4]}
  broken: {refused: 1}
  half: {refused: 0.5, whole: true}
rules:
  - {match: {exact: mine}, reply: {text: my own words, profile: broken}}
  - {match: {exact: safe}, reply: my own words}
scenarios:
  my: {text: x}
"""


def own_brain() -> MockBrain:
    scenarios = parse_scenarios(OWN.replace("reply: my own words", "reply: {text: my own words}"), base=BUILT_IN)
    return MockBrain(scenarios=lambda: scenarios)


def test_tokens_per_second_make_a_part_take_as_long_as_its_words() -> None:
    parts, _ = whole(Prompt("key", "/words 200", "words"), own_brain())
    assert parts[0].after_s == 1.0
    assert {round(part.after_s * 10) - len(part.text.split()) for part in parts[1:]} == {0}
    assert len({part.after_s for part in parts[1:]}) > 3


@pytest.mark.parametrize("name", ["standing", "stalling"])
def test_stalls_come_as_often_and_last_as_long_as_the_profile_says(name: str) -> None:
    parts, _ = whole(Prompt("key", "/words 4000", name), own_brain())
    low, high, share = (3, 4, 0.2) if name == "standing" else (*PROFILES[name].stall_s, PROFILES[name].stalls)
    stalls = [part.after_s for part in parts[1:] if part.after_s >= low]
    assert len(stalls) / len(parts) == pytest.approx(share, rel=0.25)
    assert max(stalls) <= high + 0.1


def test_own_replies_meet_failures_where_they_name_a_profile_and_are_safe_from_the_prompts() -> None:
    brain = own_brain()
    assert isinstance(whole(Prompt("key", "mine"), brain)[1], Failure)
    for key in range(40):
        assert text_of(Prompt(str(key), "safe", "broken"), brain) == "my own words"
        assert text_of(Prompt(str(key), "/echo all of it", "broken"), brain) == "all of it"


def test_a_retry_meets_its_own_luck_and_the_same_attempt_always_the_same() -> None:
    brain = own_brain()

    def fails(seed: int, attempt: int, key: str = "key") -> bool:
        return isinstance(whole(Prompt(key, MESSAGE, "half", seed=seed, attempt=attempt), brain)[1], Failure)

    first = [fails(seed, 1) for seed in range(80)]
    second = [fails(seed, 2, "another key") for seed in range(80)]
    assert first == [fails(seed, 1, "another key") for seed in reversed(range(80))][::-1]
    assert first != second
    assert 20 < sum(first) < 60
    assert 20 < sum(second) < 60


def test_fail_timeout_really_waits_under_every_profile() -> None:
    for name in PROFILES:
        parts, ending = whole(Prompt("key", "/fail timeout", name))
        assert parts == []
        assert ending.after_s == 30.0
