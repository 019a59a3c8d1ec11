"""Scripts and rules out of a scenario file, and what a wrong file is told."""

import json
import time
from typing import Any

import pytest

from myna.mock_ai import End, Failure, MockBrain, Part, Prompt, ScenarioError, parse_scenarios
from myna.mock_ai.brain import BUNDLED
from myna.mock_ai.patterns import MAX_SEARCHED, compile_pattern
from tests.unit.mock_ai.replies import BRAIN, text_of, whole

FILE: dict[str, Any] = {
    "version": 1,
    "scripts": {
        "pong": {"text": "pong, and a few words more"},
        "paced": {"about": "two parts", "parts": ["at once ", {"text": "and later", "after_s": 1.5}]},
        "broken": {"text": "half of", "fail": {"code": "teapot", "detail": "Short and stout.", "retryable": True, "after_s": 2}},
        "short": {"parts": ["this is as far as"], "finish_reason": "length"},
        "nothing": {"fail": {"code": "no", "detail": "No."}},
    },
    "rules": [
        {"match": {"exact": "Ping"}, "script": "pong"},
        {"match": {"contains": "Straße"}, "script": "paced"},
        {"match": {"regex": "order\\s*\\d+"}, "script": "short"},
    ],
}
MINE = MockBrain(scenarios=parse_scenarios(json.dumps(FILE)))


def _changed(path: str, value: object) -> str:
    """The file with one place changed; the path is keys and numbers with dots between."""
    data = json.loads(json.dumps(FILE))
    place = data
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(data)


def test_a_scenario_is_chosen_by_name_whatever_was_said() -> None:
    assert text_of(Prompt("key", "anything", scenario="pong"), MINE) == "pong, and a few words more"


def test_scripted_parts_come_as_they_were_written() -> None:
    for profile in (None, "slow", "instant", "flaky"):
        parts, ending = whole(Prompt("key", "", profile, scenario="paced"), MINE)
        assert parts == [Part("at once ", 0.0), Part("and later", 1.5)]
        assert ending == End("stop", 0.0)


def test_a_scripted_text_follows_the_profiles_pace_but_not_its_temper() -> None:
    for key in range(40):
        assert text_of(Prompt(str(key), "", "overloaded", scenario="pong"), MINE) == "pong, and a few words more"
    assert len(whole(Prompt("key", "", "instant", scenario="pong"), MINE)[0]) == 1
    assert len(whole(Prompt("key", "", "normal", scenario="pong"), MINE)[0]) > 2


def test_a_script_may_speak_and_then_fail() -> None:
    parts, ending = whole(Prompt("key", "", scenario="broken"), MINE)
    assert "".join(part.text for part in parts) == "half of"
    assert ending == Failure("teapot", "Short and stout.", True, 2.0)


def test_a_script_may_fail_at_once_or_end_with_length() -> None:
    parts, ending = whole(Prompt("key", "", scenario="nothing"), MINE)
    assert parts == []
    assert isinstance(ending, Failure)
    assert not ending.retryable
    assert whole(Prompt("key", "", scenario="short"), MINE)[1] == End("length", 0.0)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("  pINg\n", "pong"),
        ("in the STRASSE here", "paced"),
        ("where is Order 12", "short"),
        ("where is order", None),
        ("ping pong", None),
        ("x" * MAX_SEARCHED + "order 1", None),
    ],
)
def test_the_first_rule_that_fits_chooses_the_script(text: str, script: str | None) -> None:
    unscripted = text_of(Prompt("key", text))
    expected = text_of(Prompt("key", text, scenario=script), MINE) if script else unscripted
    assert text_of(Prompt("key", text), MINE) == expected
    assert not script or expected != unscripted


def test_a_file_adds_to_the_bundled_scripts_and_replaces_those_of_the_same_name() -> None:
    brain = MockBrain(scenarios=parse_scenarios(json.dumps({"version": 1, "scripts": {"tour": {"text": "my own"}}})))
    assert text_of(Prompt("key", "", scenario="tour"), brain) == "my own"
    assert text_of(Prompt("key", "show me around"), brain) == "my own"
    assert text_of(Prompt("key", "", scenario="haiku"), brain) == text_of(Prompt("key", "", scenario="haiku"))


@pytest.mark.parametrize("name", BUNDLED.scripts)
def test_bundled_scenarios_play_and_resume(name: str) -> None:
    prompt = Prompt("key", "hello", scenario=name)
    undisturbed = list(BRAIN.steps(prompt))
    assert len(undisturbed) > 1
    for start in range(len(undisturbed)):
        assert list(BRAIN.steps(prompt, start=start))[1:] == undisturbed[start + 1 :]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is not JSON"),
        ("{", "the file is not JSON: .* at line 1, column 2"),
        ("[]", r"the file must be an object with version, scripts, rules, got \[\]"),
        ('{"version": 1}', "the file must have scripts"),
        ('{"version": 1, "version": 1}', 'the file has "version" twice'),
        ('{"version": NaN}', "the file has NaN"),
        ("[" * 100_000, "the file is nested too deeply"),
        (f'{{"version": {"9" * 5_000}}}', "the file is nested too deeply, or has a number with too many digits"),
        (" " * 1_000_001, "the file may have 1,000,000 characters"),
        (_changed("version", 2), "version must be 1, got 2"),
        (_changed("version", True), "version must be 1, got true"),
        (_changed("extra", 2), 'the file has an unknown field "extra"; allowed are version, scripts, rules'),
        (_changed("scripts", {}), "scripts must be an object of 1 to 200"),
        (_changed("scripts.Bad Name", {"text": "x"}), "scripts.Bad Name has a name that is not allowed"),
        (_changed("scripts.pong", "x"), 'scripts.pong must be an object with about, text, .*, got "x"'),
        (_changed("scripts.pong.txet", "x"), 'scripts.pong has an unknown field "txet"; allowed are about, text'),
        (_changed("scripts.pong", {"about": "x"}), "scripts.pong must have text, parts or fail"),
        (_changed("scripts.pong.parts", ["x"]), "scripts.pong must have text .* or parts .*, not both"),
        (_changed("scripts.broken.finish_reason", "stop"), "scripts.broken must have fail or finish_reason, not both"),
        (_changed("scripts.pong.text", ""), "scripts.pong.text must be a text of 1 to 32,768 characters"),
        (_changed("scripts.pong.text", "日" * 20_000), "scripts.pong.text must be at most 32,768 bytes"),
        (_changed("scripts.pong.text", "a\0b"), "scripts.pong.text must not have NUL"),
        (_changed("scripts.pong.text", "\ud800"), "scripts.pong.text must not have NUL characters or lone surrogates"),
        (_changed("scripts.paced.parts", []), "scripts.paced.parts must be a list of 1 to 4,000"),
        (_changed("scripts.paced.parts", ["日" * 6_000] * 2), "scripts.paced.parts must be at most 32,768 bytes together"),
        (_changed("scripts.paced.parts.0", ""), r"scripts.paced.parts\[0\] must be a text"),
        (_changed("scripts.paced.parts.1.after_s", "soon"), r'scripts.paced.parts\[1\].after_s must be .* from 0 to 30, got "soon"'),
        (_changed("scripts.paced.parts.1.after_s", 31), r"scripts.paced.parts\[1\].after_s must be .* from 0 to 30, got 31"),
        (_changed("scripts.paced.parts.1.after_s", True), r"after_s must be .* got true"),
        (_changed("scripts.short.finish_reason", "stopped"), 'scripts.short.finish_reason must be "stop" or "length", got "stopped"'),
        (_changed("scripts.broken.fail.code", "Tea Pot"), "scripts.broken.fail.code must be 1 to 40 of a-z"),
        (_changed("scripts.broken.fail.retryable", 1), "scripts.broken.fail.retryable must be true or false, got 1"),
        (_changed("scripts.broken.fail", {"code": "x"}), "scripts.broken.fail must have detail"),
        (_changed("rules", {}), "rules must be a list of up to 500"),
        (_changed("rules.0.script", "tour"), r'rules\[0\].script must name a script of this file \(pong, .*\), got "tour"'),
        (_changed("rules.0.match", {}), r"rules\[0\].match must have exactly one of exact, contains, regex"),
        (_changed("rules.0.match.contains", "x"), r"rules\[0\].match must have exactly one"),
        (_changed("rules.2.match.regex", "("), r"rules\[2\].match.regex is no regular expression"),
        (_changed("rules.2.match.regex", "(a+)+"), r"rules\[2\].match.regex must not repeat a group"),
    ],
)
def test_a_wrong_file_is_told_the_place_and_what_is_allowed_there(text: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told) as caught:
        parse_scenarios(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_byte_order_mark_is_forgiven() -> None:
    assert parse_scenarios("\ufeff" + json.dumps(FILE)).scripts.keys() == FILE["scripts"].keys()


@pytest.mark.parametrize(
    "pattern",
    [
        "(a|b)*",
        "(?:a)+",
        "(a)?",
        "(a){2,}",
        "a*b*c*",
        "a+b{1,9}c*",
        "a?b?c?d?e?f?g?",
        r"(a)\1",
        "(?=a)",
        "(?i)a",
        "(?P<n>a)",
        "[",
        "x" * 201,
        "",
    ],
)
def test_a_pattern_that_might_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"must|may|is no"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"order\s*\d+", "my Order 12"),
        ("(yes|no) please", "No please"),
        (r"^[+*?(){}]+$", "+*"),
        (r"a\+\*\(b\)\?", "a+*(b)?"),
        ("x{3}", "xxx"),
        ("[]a]+", "]"),
    ],
)
def test_an_honest_pattern_is_taken(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(text)


@pytest.mark.parametrize("pattern", [".*a.*b", "a*a*b", "a*a?a?a?a?a*b", "(a|a)(a|a)(a|a)(a|a)a*a*b", "a{1,400}a{1,400}b"])
def test_the_worst_allowed_pattern_ends_soon_on_the_worst_text(pattern: str) -> None:
    brain = MockBrain(scenarios=parse_scenarios(_changed("rules", [{"match": {"regex": pattern}, "script": "pong"}])))
    began = time.process_time()
    assert brain.scenarios.match("a" * 8_000) is None
    assert time.process_time() - began < 5  # 0.3 s where this was written; one more repeat would take a minute
