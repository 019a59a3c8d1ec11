"""Rules and scripted replies of a scenario file: which reply a request gets."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from myna.mock_ai import (
    BUILT_IN,
    COMMANDS,
    End,
    Failure,
    HistoryMessage,
    MockBrain,
    Part,
    Prompt,
    ScenarioError,
    ScenarioSource,
    Tool,
    ToolCall,
    parse_scenarios,
)  # fmt: skip
from myna.mock_ai.tool_calls import read_tool_calls
from tests.services.budgets import budget
from tests.unit.mock_ai.replies import BRAIN, text_of, whole

FILE: dict[str, Any] = {
    "version": 1,
    "scenarios": {
        "pong": {"text": "pong, and a few words more"},
        "paced": {"about": "two parts", "parts": ["at once ", {"text": "and later", "after_s": 1.5}]},
        "broken": {"text": "half of", "fail": {"code": "teapot", "detail": "Short and stout.", "retryable": True, "after_s": 2}},
        "short": {"parts": ["this is as far as"], "finish_reason": "length"},
        "nothing": {"fail": {"code": "no", "detail": "No."}},
    },
    "rules": [
        {"match": {"exact": "Ping"}, "reply": "pong"},
        {"match": {"contains": "Straße"}, "reply": "paced"},
        {"match": {"regex": "order\\s*\\d+"}, "reply": "short"},
    ],
}


def brain_of(file: dict[str, Any] | str) -> MockBrain:
    """A brain with this file, given as data or as YAML, on top of the built-in scenarios."""
    scenarios = parse_scenarios(file if isinstance(file, str) else json.dumps(file), base=BUILT_IN)
    return MockBrain(scenarios=lambda: scenarios)


def rules(*rules: dict[str, Any], **more: Any) -> MockBrain:
    """A brain with these rules."""
    return brain_of({"rules": list(rules), **more})


def turns(*texts: str) -> tuple[HistoryMessage, ...]:
    """A history in which each of these was said by the user and answered."""
    return tuple(message for text in texts for message in (HistoryMessage("user", text), HistoryMessage("assistant", "Yes.")))


def after_tool(text: str, name: str, result: str) -> Prompt:
    """A request that brings the result of a tool that the reply to its message has called."""
    call = HistoryMessage("assistant", "", (ToolCall("call_1", name, "{}"),))
    return Prompt("key", text, history=(call,), results=(HistoryMessage("tool", result, tool_call_id="call_1"),))


MINE = brain_of(FILE)


def test_a_scenario_is_chosen_by_name_whatever_was_said() -> None:
    assert text_of(Prompt("key", "anything", scenario="pong"), MINE) == "pong, and a few words more"


def test_scripted_parts_come_as_they_were_written() -> None:
    for profile in (None, "slow", "instant", "flaky"):
        parts, ending = whole(Prompt("key", "", profile, scenario="paced"), MINE)
        assert parts == [Part("at once ", 0.0), Part("and later", 1.5)]
        assert ending == End("stop", 0.0)


def test_a_scripted_text_follows_the_profiles_pace_but_not_its_error_rates() -> None:
    for key in range(40):
        assert text_of(Prompt(str(key), "", "overloaded", scenario="pong"), MINE) == "pong, and a few words more"
    assert len(whole(Prompt("key", "", "instant", scenario="pong"), MINE)[0]) == 1
    assert len(whole(Prompt("key", "", "normal", scenario="pong"), MINE)[0]) > 2


def test_a_reply_may_speak_and_then_fail() -> None:
    parts, ending = whole(Prompt("key", "", scenario="broken"), MINE)
    assert "".join(part.text for part in parts) == "half of"
    assert ending == Failure("teapot", "Short and stout.", True, 2.0)


def test_a_reply_may_fail_at_once_or_end_with_length() -> None:
    parts, ending = whole(Prompt("key", "", scenario="nothing"), MINE)
    assert parts == []
    assert isinstance(ending, Failure)
    assert not ending.retryable
    assert whole(Prompt("key", "", scenario="short"), MINE)[1] == End("length", 0.0)


@pytest.mark.parametrize(
    ("text", "scenario"),
    [
        ("  pINg\n", "pong"),
        ("in the STRASSE here", "paced"),
        ("where is Order 12", "short"),
        ("where is order", None),
        ("ping pong", None),
        ("x" * 7_000 + "order 1", "short"),
    ],
)
def test_the_first_rule_that_fits_chooses_the_reply(text: str, scenario: str | None) -> None:
    expected = text_of(Prompt("key", text, scenario=scenario), MINE) if scenario else text_of(Prompt("key", text))
    assert text_of(Prompt("key", text), MINE) == expected


def test_the_turn_is_read_from_the_history_and_never_counted_here() -> None:
    brain = rules(
        {"match": {"turn": 1}, "reply": {"text": "first"}},
        {"match": {"turn": "2-3"}, "reply": {"text": "early"}},
        {"match": {"turn": "5+"}, "reply": {"text": "late"}},
        {"reply": {"text": "fourth"}},
    )
    said = ["hi"] * 6
    for _ in range(2):  # in any order, however often
        for turn, wanted in reversed([(1, "first"), (2, "early"), (3, "early"), (4, "fourth"), (5, "late"), (6, "late")]):
            assert text_of(Prompt("key", "hi", history=turns(*said[: turn - 1])), brain) == wanted
            assert text_of(Prompt("key", "hi", turn=turn), brain) == wanted


def test_a_sequence_follows_the_turns_and_its_last_reply_repeats() -> None:
    brain = rules({"reply": {"by_turn": ["one", "two", "${turn} and on"]}})
    assert [text_of(Prompt("key", "next", turn=turn), brain) for turn in (1, 2, 3, 9)] == ["one", "two", "3 and on", "9 and on"]


def test_a_reply_by_attempt_fails_twice_and_then_succeeds() -> None:
    endings = [whole(Prompt("key", "", scenario="fail-twice", attempt=attempt))[1] for attempt in (1, 2, 3, 4)]
    assert [getattr(ending, "code", "answered") for ending in endings] == ["overloaded", "rate_limited", "answered", "answered"]


def test_rules_look_at_the_attempt_the_model_and_headers() -> None:
    brain = rules(
        {"match": {"attempt": "2+"}, "reply": {"text": "again"}},
        {"match": {"model": "gpt-4*"}, "reply": {"text": "four"}},
        {"match": {"header": {"X-Test": "blue*"}}, "reply": {"text": "blue"}},
        {"reply": {"text": "plain"}},
    )
    assert text_of(Prompt("key", "hi", attempt=3), brain) == "again"
    assert text_of(Prompt("key", "hi", model="GPT-4o"), brain) == "four"
    assert text_of(Prompt("key", "hi", headers={"x-test": "bluebird"}), brain) == "blue"
    assert text_of(Prompt("key", "hi", model="other", headers={"x-test": "red"}), brain) == "plain"


def test_captured_groups_and_what_the_request_says_are_filled_in() -> None:
    brain = rules(
        {
            "match": {"regex": r"order (?P<number>\d+)( please)?"},
            "reply": {"text": "${number} = ${1}, ${2}, ${0}, ${text}, $${number}, $1"},
        }
    )
    assert text_of(Prompt("key", "my Order 12"), brain) == "12 = 12, , Order 12, my Order 12, ${number}, $1"


def test_all_that_a_rule_asks_must_hold_and_of_a_list_any_one() -> None:
    brain = rules(
        {"match": {"contains": ["tea", "coffee"], "regex": "now$", "turn": 1}, "reply": {"text": "yes"}}, {"reply": {"text": "no"}}
    )
    assert text_of(Prompt("key", "coffee now"), brain) == "yes"
    assert text_of(Prompt("key", "TEA NOW"), brain) == "yes"
    assert [text_of(Prompt("key", text, turn=turn), brain) for text, turn in (("tea", 1), ("now", 1), ("tea now", 2))] == ["no"] * 3


def test_choices_are_drawn_by_the_seed_as_often_as_they_weigh() -> None:
    brain = rules({"reply": {"choices": [{"weight": 3, "text": "heads"}, "tails"]}})
    drawn = Counter(text_of(Prompt("key", "flip", seed=seed), brain) for seed in range(800))
    assert drawn["heads"] / 800 == pytest.approx(0.75, abs=0.06)
    assert text_of(Prompt("one", "flip", seed=7), brain) == text_of(Prompt("two", "flip", seed=7), brain)


def test_a_reply_may_call_tools_with_arguments_filled_in_or_made_from_the_schema() -> None:
    tool = Tool("book", {"type": "object", "properties": {"nights": {"type": "integer", "minimum": 1}}, "required": ["nights"]})
    brain = rules(
        {"match": {"regex": r"to (\w+)"}, "reply": {"tool_calls": [{"name": "find", "arguments": {"city": "${1}", "n": 2}}, "book"]}}
    )
    first, second = read_tool_calls(text_of(Prompt("key", "a trip to Oslo", tools=(tool,)), brain))
    assert (first.name, json.loads(first.arguments)) == ("find", {"city": "Oslo", "n": 2})
    assert second.name == "book"
    assert json.loads(second.arguments)["nights"] >= 1


def test_a_rule_fits_a_tools_result_only_when_it_asks_for_one_so_that_loops_end() -> None:
    brain = rules(
        {"match": {"contains": "weather"}, "reply": {"tool_calls": ["get_weather"]}},
        {"match": {"tool_result": {"tool": "get_*", "regex": r"(?P<degrees>-?\d+) degrees"}}, "reply": {"text": "It has ${degrees}."}},
        {"match": {"tool_result": {"contains": "error"}}, "reply": {"text": "It broke: ${tool_result}"}},
    )
    assert read_tool_calls(text_of(Prompt("key", "the weather?"), brain))
    assert text_of(after_tool("the weather?", "get_weather", "12 degrees"), brain) == "It has 12."
    assert text_of(after_tool("the weather?", "other", "an Error"), brain) == "It broke: an Error"
    assert "sunny" in text_of(after_tool("the weather?", "get_weather", "sunny"), brain)


def test_strict_refuses_what_no_rule_fits_but_never_a_command() -> None:
    brain = rules({"match": {"exact": "ping"}, "reply": "tour"}, strict=True)
    ending = whole(Prompt("key", "something else"), brain)[1]
    assert isinstance(ending, Failure)
    assert (ending.code, ending.retryable) == ("no_rule_matched", False)
    assert "my tricks" in text_of(Prompt("key", "/help"), brain)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_no_rule_swallows_a_command(command: Any) -> None:
    prompt = Prompt("key", f"{command.name} {command.example}".strip())
    swallowing = rules({"reply": {"text": "swallowed"}})
    if command.name != "/play":
        assert list(swallowing.steps(prompt)) == list(BRAIN.steps(prompt))
    assert text_of(prompt, swallowing) != "swallowed"
    assert text_of(Prompt("key", "/deploy now"), swallowing) == "swallowed"  # what is no command of ours is anybody's


def test_a_file_adds_to_the_built_in_scenarios_and_replaces_those_of_the_same_name() -> None:
    brain = brain_of({"scenarios": {"tour": {"text": "my own"}, "again": {"use": "haiku"}}})
    assert text_of(Prompt("key", "", scenario="tour"), brain) == "my own"
    assert text_of(Prompt("key", "show me around"), brain) == "my own"
    assert text_of(Prompt("key", "", scenario="again"), brain) == text_of(Prompt("key", "", scenario="haiku"))


@pytest.mark.parametrize("name", BUILT_IN.names())
def test_built_in_scenarios_play_and_resume_by_option_and_by_command(name: str) -> None:
    prompt = Prompt("key", "hello", scenario=name)
    undisturbed = list(BRAIN.steps(prompt))
    assert undisturbed
    assert BUILT_IN.names()[name]
    for start in range(1, len(undisturbed)):
        assert list(BRAIN.steps(prompt, start=start))[1:] == undisturbed[start + 1 :]
    if name not in ("echo-back", "weather"):
        assert text_of(Prompt("key", f"/play {name}", seed=1)) == text_of(Prompt("key", f"/play {name}", scenario=name, seed=1))


@pytest.mark.parametrize("pattern", [".*a.*b", "(a+)+$", "(a|a)*b", "(a?){400}a{400}", "a{1,400}a{1,400}b"])
def test_any_pattern_ends_soon_on_any_text(pattern: str) -> None:
    brain = rules({"match": {"regex": pattern}, "reply": {"text": "found"}})
    began = time.process_time()
    text_of(Prompt("key", "a" * 8_000, "instant"), brain)
    assert time.process_time() - began < 5  # some milliseconds; a backtracking engine needs longer than the universe


def test_captured_text_never_makes_a_reply_too_large() -> None:
    brain = rules({"match": {"regex": "(?s)(.*)"}, "reply": {"parts": ["${1}" * 100, "${1}" * 100]}})
    text = text_of(Prompt("key", "日" * 8_000), brain)
    assert 32_000 < len(text.encode()) <= 32_768


async def test_an_edited_file_is_read_anew_and_a_bad_edit_keeps_the_old_rules_and_says_so(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "mine.yaml"
    file.write_text("rules: [{reply: {text: first}}]")
    source = ScenarioSource(file, BUILT_IN, clock=lambda: now[0])
    brain = MockBrain(scenarios=source.current)

    def after_edit(text: str) -> str:
        file.write_text(text)
        now[0] += 2
        return text_of(Prompt("key", "hello"), brain)

    assert text_of(Prompt("key", "hello"), brain) == "first"
    assert after_edit("rules: [{reply: {text: the second}}]") == "the second"
    with capture_logs() as logs:
        assert after_edit("rules: [{reply: {txt: oops}}]") == "the second"
        assert after_edit("rules: [{reply: {txt: oops}}]") == "the second"
    assert [log["event"] for log in logs] == ["scenarios.kept"]
    assert "rules[0].reply.txt is not known here: did you mean text?" in logs[0]["reason"]
    assert "rules[0].reply.txt" in text_of(Prompt("key", "/play"), brain)
    assert after_edit("rules: [{reply: {text: mended}}]") == "mended"
    assert "could not be used" not in text_of(Prompt("key", "/play"), brain)
    file.unlink()
    now[0] += 2
    assert text_of(Prompt("key", "hello"), brain) == "mended"


def test_a_program_does_not_start_with_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("rules = 3")
    with pytest.raises(ScenarioError, match="line 1: rules should be a valid list, got 3"):
        ScenarioSource(tmp_path / "bad.toml", BUILT_IN)
    with pytest.raises(FileNotFoundError):
        ScenarioSource(tmp_path / "missing.yaml", BUILT_IN)


def test_the_expressions_of_an_owners_rules_share_a_bound_on_what_they_search() -> None:
    def answer(rules: int, at: int) -> str:
        match = [{"match": {"regex": f"needle|nothing{n}"}, "reply": {"text": "found"}} for n in range(rules)]
        prompt = Prompt("key", "x" * at + " needle", rules=json.dumps({"rules": match}))
        return text_of(prompt, MockBrain())

    assert answer(10, 9_000) == "found"
    assert answer(100, 900) == "found"
    assert answer(100, 1_100) != "found"


def test_the_worst_rules_of_an_owner_take_little_time() -> None:
    worst = [{"match": {"regex": f"(a|b)*a(a|b){{12}}c{n}"}, "reply": {"text": "found"}} for n in range(500)]
    prompt = Prompt("key", "ab" * 100_000, rules=json.dumps({"rules": worst}))
    text_of(prompt, MockBrain())  # compiled
    begun = time.monotonic()
    text_of(prompt, MockBrain())
    assert time.monotonic() - begun < budget(1)
