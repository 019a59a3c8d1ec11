"""What a person can type, and what they get when it doesn't fit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.mock_ai import COMMANDS, PROFILES, Command, End, Failure, Prompt
from myna.mock_ai.banks import display
from myna.mock_ai.banks.snippets import SNIPPETS
from myna.mock_ai.failures import FAILURES
from tests.unit.mock_ai.replies import answer, text_of, whole


def test_help_lists_every_command_in_one_line_each() -> None:
    lines = answer("/help").splitlines()
    for command in COMMANDS:
        assert len([line for line in lines if line.startswith((f"- `{command.name}`", f"- `{command.name} "))]) == 1
        assert "\n" not in command.help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_answers_its_example_in_any_case_under_every_profile(command: Command) -> None:
    for line in (f"{command.name} {command.example}", f"  {command.name.upper()} {command.example}"):
        for profile in PROFILES:
            parts, ending = whole(Prompt("key", line, profile))
            text = "".join(part.text for part in parts)
            assert parts or isinstance(ending, Failure)
            assert "no command of mine" not in text
            assert "For example" not in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(str.strip), st.sampled_from(list(PROFILES)))
def test_echo_says_exactly_what_follows_one_blank(text: str, profile: str) -> None:
    assert text_of(Prompt("key", f"/echo {text}", profile)) == text


@pytest.mark.parametrize("text", ["日" * 7_994, "a " * 3_997, "🐦" * 7_994])
def test_the_longest_message_can_be_echoed_whole(text: str) -> None:
    parts, ending = whole(Prompt("key", f"/echo {text}"))
    assert "".join(part.text for part in parts) == text
    assert ending == End("stop", 0.0)


@pytest.mark.parametrize("code", FAILURES)
def test_fail_fails_with_the_code_that_was_asked_for(code: str) -> None:
    parts, ending = whole(Prompt("key", f"/fail {code}"))
    assert parts == []
    assert isinstance(ending, Failure)
    assert (ending.code, ending.retryable) == (code, FAILURES[code][1])


def test_cut_ends_with_length() -> None:
    parts, ending = whole(Prompt("key", "/cut"))
    assert parts
    assert ending == End("length", 0.0)


def test_sleep_is_silent_first_and_then_speaks_as_ever() -> None:
    parts, _ = whole(Prompt("key", "/sleep 12.5"))
    assert parts[0].after_s == 12.5
    assert all(part.after_s < 1 for part in parts[1:])


@pytest.mark.parametrize("count", [1, 60])
def test_long_has_so_many_paragraphs(count: int) -> None:
    parts, ending = whole(Prompt("key", f"/long {count}"))
    assert len("".join(part.text for part in parts).split("\n\n")) == count
    assert ending == End("stop", 0.0)


@pytest.mark.parametrize("count", [1, 7, 4_000])
def test_words_says_exactly_so_many(count: int) -> None:
    assert len(answer(f"/words {count}").split()) == count


def test_table_and_list_have_so_many_rows_and_items() -> None:
    assert len([line for line in answer("/table 7").splitlines() if line.startswith("|")]) == 7 + 2
    assert len(re.findall(r"^(?:- |\d+\. )", answer("/list 9"), re.MULTILINE)) == 9


@pytest.mark.parametrize("language", SNIPPETS)
def test_code_is_fenced_in_the_language_that_was_asked_for(language: str) -> None:
    text = answer(f"/code {language}")
    assert text.count("```") == 2
    assert f"```{language}\n" in text
    assert "NAME" not in text


def test_code_knows_what_people_call_a_language() -> None:
    assert "```typescript\n" in answer("/code TS")


@pytest.mark.parametrize(("command", "page"), [("/markdown", display.MARKDOWN), ("/emoji", display.EMOJI), ("/rtl", display.RTL)])
def test_display_pages_come_exactly_as_written(command: str, page: str) -> None:
    assert answer(command) == page


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("/echo", "`/echo` takes the text"),
        ("/echo   ", "`/echo` takes the text"),
        ("/slow 99", "from 0.05 to 5"),
        ("/slow soon", "from 0.05 to 5"),
        ("/slow nan", "from 0.05 to 5"),
        ("/sleep -1", "from 0 to 30"),
        ("/sleep 31", "from 0 to 30"),
        ("/sleep 1e999", "from 0 to 30"),
        ("/long 0", "from 1 to 60"),
        ("/long 61", "from 1 to 60"),
        ("/words ٣", "from 1 to 4,000"),
        ("/words 99999999999999999999", "from 1 to 4,000"),
        ("/table many", "from 1 to 12"),
        ("/list 2.5", "from 1 to 12"),
        ("/code cobol", "one of python, typescript"),
        ("/fail x", "one of `overloaded`"),
        ("/emoji now", "takes nothing after it"),
        ("/seed 4", "takes nothing after it"),
    ],
)
def test_an_argument_that_does_not_fit_is_answered_with_what_is_allowed(line: str, allowed: str) -> None:
    parts, ending = whole(Prompt("key", line))
    text = "".join(part.text for part in parts)
    assert allowed in text
    assert "For example: `" + line.split()[0] in text
    assert ending == End("stop", 0.0)


@pytest.mark.parametrize("line", ["/", "/hlep", "/`", "/" + "x" * 5_000])
def test_an_unknown_command_is_answered_with_the_names_of_the_known(line: str) -> None:
    text = answer(line)
    assert "no command of mine" in text
    assert all(f"`{command.name}`" in text for command in COMMANDS)
    assert len(text) < 1_000


@pytest.mark.parametrize("text", ["/usr/local/bin is full", "// a comment", "/* another */", "and/or"])
def test_text_that_only_looks_like_a_command_is_talked_about(text: str) -> None:
    assert "no command of mine" not in answer(text)


def test_seed_tells_what_the_reply_was_drawn_from() -> None:
    chosen, drawn = text_of(Prompt("8c5d", "/seed", seed=41)), text_of(Prompt("8c5d", "/seed"))
    assert "`41`" in chosen
    assert "8c5d" not in chosen
    assert "`8c5d`" in drawn
