"""Tool calls: when a reply makes them, how they travel in its text, and how an agent's loop ends."""

import json

import pytest
from msgspec.structs import replace

from myna.mock_ai import Failure, HistoryMessage, Prompt, Tool
from myna.mock_ai.tool_calls import read_tool_calls
from tests.unit.mock_ai.replies import text_of, whole

WEATHER = Tool(
    "get_weather", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}, "The weather of a city."
)
TRAINS = Tool("find_trains", {"properties": {"origin": {"type": "string"}}}, "Departures of trains.")
ANSWER = Tool("final_result", {"properties": {"summary": {"type": "string"}}})
PROMPT = Prompt("key", "What is the weather in Oslo?", tools=(TRAINS, WEATHER))


def called(prompt: Prompt) -> list[str]:
    """The names of the functions that the reply calls."""
    return [call.name for call in read_tool_calls(text_of(prompt))]


def answered(prompt: Prompt, result: str) -> Prompt:
    """The request that brings this result of the call which the reply to `prompt` makes."""
    calls = tuple(read_tool_calls(text_of(prompt)))
    history = (*prompt.history, *prompt.results, HistoryMessage("assistant", "", calls))
    return replace(prompt, history=history, results=(HistoryMessage("tool", result, tool_call_id=calls[0].id),))


def test_a_free_choice_calls_the_tool_that_the_message_is_about_and_else_none() -> None:
    assert called(PROMPT) == ["get_weather"]
    assert called(replace(PROMPT, text="When do the trains leave?")) == ["find_trains"]
    assert called(replace(PROMPT, text="Tell me about salt.")) == []


def test_a_choice_that_is_made_is_kept() -> None:
    assert called(replace(PROMPT, text="Tell me about salt.", tool_choice="required")) == ["find_trains"]
    assert called(replace(PROMPT, tool_choice="find_trains")) == ["find_trains"]
    assert called(replace(PROMPT, tool_choice="none")) == []


def test_after_its_result_the_reply_uses_it_and_ends_the_loop() -> None:
    after = answered(PROMPT, '{"temperature": 12, "sky": "clear"}')
    assert called(after) == []
    text = text_of(after)
    assert "**get_weather**" in text
    assert "- temperature: 12\n- sky: clear" in text


def test_where_calls_are_required_each_tool_is_called_once_and_then_the_last() -> None:
    prompt = replace(PROMPT, tools=(WEATHER, ANSWER), tool_choice="required")
    after = answered(prompt, "12 degrees")
    assert [called(prompt), called(after)] == [["get_weather"], ["final_result"]]
    assert called(answered(after, "ok")) == ["final_result"]


def test_the_same_request_makes_the_same_call_and_other_seeds_others() -> None:
    prompt = replace(PROMPT, text="trains", seed=3)
    assert text_of(prompt) == text_of(replace(prompt, key="another"))
    assert len({text_of(replace(prompt, seed=seed)) for seed in range(20)}) == 20


def test_structured_output_is_the_json_alone() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}
    assert set(json.loads(text_of(replace(PROMPT, tools=(), response_schema=schema)))) == {"name", "age"}


def test_a_schema_that_nothing_fits_fails_with_the_reason() -> None:
    ending = whole(replace(PROMPT, tools=(), response_schema={"type": "integer", "minimum": 2, "maximum": 1}))[1]
    assert isinstance(ending, Failure)
    assert (ending.code, ending.retryable) == ("invalid_schema", False)


@pytest.mark.parametrize(
    "text", ["", "hello", "```tool_call\nno json\n```\n", "```tool_call\n{}\n```\n", '```tool_call\n{"id": 1', "a```tool_call\n"]
)
def test_a_text_that_is_not_calls_alone_holds_none(text: str) -> None:
    assert list(read_tool_calls(text)) == []
    assert list(read_tool_calls(text_of(PROMPT) + (text or "x"))) == []
