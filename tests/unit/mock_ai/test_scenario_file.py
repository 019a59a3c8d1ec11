"""What a scenario file may say, in three notations, and what a wrong one is told."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from myna.mock_ai import BUILT_IN, ScenarioError, parse_scenarios
from myna.mock_ai.scenario_fields import FailFields, FileFields, MatchFields, ProfileFields, ReplyFields, ToolResultFields

YAML = """\
strict: true
scenarios:
  pong: {text: 'pong ${number}'}
rules:
  - match:
      regex: 'ping (?P<number>\\d+)'
      turn: 2+
    reply: pong
  - reply:
      by_attempt:
        - fail: overloaded
        - "fine"
"""
TOML = """\
strict = true

[scenarios.pong]
text = "pong ${number}"

[[rules]]
match.regex = 'ping (?P<number>\\d+)'
match.turn = "2+"
reply = "pong"

[[rules]]
[[rules.reply.by_attempt]]
fail = "overloaded"
[[rules.reply.by_attempt]]
text = "fine"
"""


def problems(text: str, kind: str = "yaml") -> list[str]:
    """What this text is told."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenarios(text, kind, BUILT_IN)
    assert len(str(caught.value)) < 20_000
    return str(caught.value).splitlines()


def test_the_three_notations_say_the_same() -> None:
    data, toml = yaml.safe_load(YAML), tomllib.loads(TOML)
    data["rules"][1]["reply"]["by_attempt"][1] = {"text": "fine"}
    assert data == toml
    for text, kind in ((YAML, "yaml"), (TOML, "toml"), (json.dumps(data, indent="\t"), "json"), ("\ufeff" + YAML, "yaml")):
        assert "pong" in parse_scenarios(text, kind, BUILT_IN).names()


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
def test_a_mistake_is_told_with_its_line_in_each_notation(kind: str) -> None:
    text = {"yaml": YAML, "toml": TOML, "json": json.dumps(yaml.safe_load(YAML), indent="\t")}[kind].replace("2+", "second")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "second" in line)
    assert problems(text, kind) == [f"line {line}: rules[0].match.turn takes a number from 1 (2), a range (2-5) or an open one (3+)"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "strict: maybe\nscenarios:\n  Bad Name: {text: x}\n  empty: {}\nrules:\n  - match: {regexp: x, regex: '('}\n"
    text += "    reply: {text: x, about: 3}\n"
    told = problems(text)
    assert [line.partition(":")[0] for line in told] == ["line 1", "line 3", "line 4", "line 6", "line 6", "line 7"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("[]", "the file should be a valid dictionary or instance of FileFields, got []"),
        ("a: [", "is not YAML"),
        ("version: 2", "line 1: version should be 1, got 2"),
        ("extra: 2", "line 1: extra is not known here: allowed are profiles, rules, scenarios, strict, version"),
        ("rules: {}", "rules should be a valid list, got {}"),
        ("rules: [{reply: xyz}]", "rules[0].reply.use names no scenario: allowed are "),
        ("rules: [{reply: tuor}]", "did you mean tour?"),
        ("rules: [{match: {}}]", "rules[0].reply is missing"),
        ("rules: [{match: {exact: yes}, reply: tour}]", "rules[0].match.exact should be a valid list, got True"),
        ("rules: [{match: {exact: [3]}, reply: tour}]", "should be a valid string, got 3 (YAML took it for something else: quote it)"),
        ("rules: [{match: {regex: '('}, reply: tour}]", "rules[0].match.regex[0] is no regular expression of the RE2 kind: missing ): ("),
        ("rules: [{match: {regex: '(?=a)'}, reply: tour}]", "is no regular expression of the RE2 kind"),
        ("rules: [{match: {regex: 'a{1000}{1000}'}, reply: tour}]", "is no regular expression of the RE2 kind"),
        ("rules: [{match: {turn: 0}, reply: tour}]", "rules[0].match.turn takes a number from 1"),
        ("rules: [{match: {turn: 5-2}, reply: tour}]", "rules[0].match.turn takes a number from 1"),
        ("rules: [{match: {header: {'x y': z}}, reply: tour}]", "rules[0].match.header.x y should match pattern"),
        ("scenarios: {a: {text: ''}}", "scenarios.a.text should have at least 1 character"),
        ("scenarios: {a: {text: x, parts: [y]}}", "scenarios.a takes one of text, parts, use"),
        ("scenarios: {a: {about: x}}", "scenarios.a needs one of text, parts, use"),
        ("scenarios: {a: {text: x, fail: overloaded, finish_reason: stop}}", "scenarios.a takes fail or finish_reason, not both"),
        ("scenarios: {a: {fail: teapot}}", "scenarios.a.fail needs a detail (a sentence for people), as teapot is none of overloaded"),
        ("scenarios: {a: {fail: Tea Pot}}", "scenarios.a.fail.code should match pattern"),
        ("scenarios: {a: {text: x, finish_reason: stopped}}", "should be 'stop' or 'length', got 'stopped'"),
        ("scenarios: {a: {parts: [{text: x, after_s: soon}]}}", "scenarios.a.parts[0].after_s should be a valid number, got 'soon'"),
        ("scenarios: {a: {parts: [{text: x, after_s: 121}]}}", "after_s should be less than or equal to 120, got 121"),
        ("scenarios: {a: {parts: [{text: x, after_s: .nan}]}}", "after_s should be less than or equal to 120, got nan"),
        ("scenarios: {a: {text: x, profile: warp}}", "scenarios.a.profile names no profile: allowed are busy, fast, faulty, flaky"),
        ("scenarios: {a: {text: '${numbr}'}}\nrules: [{match: {regex: '(?P<number>.)'}, reply: a}]", "did you mean number?"),
        ("scenarios: {a: {choices: [{weight: 0, text: x}]}}", "scenarios.a.choices[0].weight should be greater than 0, got 0"),
        ("scenarios: {a: {use: b}, b: {by_turn: [x, {use: a}]}}", "scenarios.a.use leads back to itself"),
        ('scenarios: {a: {text: "a\\0b"}}', "scenarios.a.text must not have NUL characters or lone surrogates"),
        ("a: 1\na: 2", "line 2: the file has a twice in one object"),
        ("a: &x [1]\nb: *x", "line 2: the file must not refer to another place with *"),
        ("[" * 100_000, "the file is nested too deeply"),
        (" " * 1_000_001, "the file takes up to 1,000,000 characters, has 1,000,001"),
        ("scenarios: !!python/object:os.system {}", "is not YAML"),
    ],
)
def test_a_wrong_file_is_told_the_place_and_what_is_allowed_there(text: str, told: str) -> None:
    assert any(told in line for line in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "line 1: the file is not JSON"),
        ('{"version": NaN}', "the file has NaN, which JSON doesn't"),
        ('{"a": 1, "a": 2}', "the file has a twice in one object"),
        ("[" * 100_000, "the file is nested too deeply"),
        (f'{{"version": {"9" * 5_000}}}', "the file has a number with too many digits"),
        ('{"scenarios": {"a": {"text": "\\ud800"}}}', "scenarios.a.text should be a valid string"),
    ],
)
def test_wrong_json_is_told_what_is_wrong(text: str, told: str) -> None:
    assert any(told in line for line in problems(text, "json")), problems(text, "json")


def test_wrong_toml_is_told_the_line() -> None:
    assert problems("strict = true\nrules = [", "toml")[0].startswith("line 2: the file is not TOML")


def test_a_file_with_very_many_mistakes_is_told_the_first_fifty() -> None:
    told = problems("\n".join(["rules:", *("- {reply: 3}" for _ in range(80))]))
    assert told[-1] == "and 30 more"
    assert len(told) == 51


def test_the_examples_of_the_documentation_are_files_that_can_be_used() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mock-ai.md").read_text()
    examples = re.findall(r"^```(yaml|toml)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(examples) >= 3
    for kind, example in examples:
        parse_scenarios(example, kind, BUILT_IN)


@pytest.mark.parametrize("fields", [MatchFields, ReplyFields, FileFields, FailFields, ProfileFields, ToolResultFields])
def test_the_documentation_names_every_field(fields: type[BaseModel]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "mock-ai.md").read_text()
    assert [name for name in fields.model_fields if not re.search(rf"\b{name}\b", page)] == []
