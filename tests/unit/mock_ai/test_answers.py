"""What the mock says to what: the form that was asked for, about what was said."""

import ast
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.mock_ai import Prompt
from myna.mock_ai.analysis import analyse
from myna.mock_ai.arithmetic import find_sum
from myna.mock_ai.banks import phrases
from myna.mock_ai.banks.slots import SLOTS
from myna.mock_ai.banks.snippets import SNIPPETS
from myna.mock_ai.banks.voices import VOICES
from tests.unit.mock_ai.replies import MESSAGES, answer, text_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi", "greeting"),
        ("Hello there", "greeting"),
        ("Hola, ¿qué tal?", "greeting"),
        ("thanks a lot", "thanks"),
        ("good night", "goodbye"),
        ("history of salt", "statement"),
        ("who are you?", "self"),
        ("Are you a real bot?", "self"),
        ("what time is it", "clock"),
        ("12*7", "sum"),
        ("say good morning, captain", "say"),
        ("write a python function that counts sparrows", "code"),
        ("a css snippet for cards", "code"),
        ("compare tea and coffee", "table"),
        ("Postgres vs MySQL: which one?", "table"),
        ("a quote about patience", "quote"),
        ("How do I tune a piano?", "list"),
        ("five ideas for a rainy sunday", "list"),
        ("Why do bridges hum?", "question"),
        ("日本の橋はなぜ美しいのですか？", "question"),
        ("I repotted the basil this morning.", "statement"),
        ("", "statement"),
    ],
)
def test_a_message_is_read_as_what_it_asks_for(text: str, kind: str) -> None:
    assert analyse(text).kind == kind


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Why do bridges hum in the wind?", "the wind"),
        ("Translate good evening into French", "French"),
        ("Summarise the history of the Suez canal", "the history of the Suez canal"),
        ("Explain quantum computing to a child", "quantum computing"),
        ("Can you recommend a book about whales?", "whales"),
        ("Draft an email to my landlord about the broken heating", "the broken heating"),
        ("Who was Marie Curie?", "Marie Curie"),
        ("Why is the sky blue?", "the sky"),
        ("What is the capital of Norway?", "the capital of Norway"),
        ("Help me plan a birthday party for my daughter", "a birthday party"),
        ("Please review my cover letter", "your cover letter"),
        ("How many people live in Tokyo?", "Tokyo"),
        ("I repotted my basil this morning.", "your basil"),
        ("I love chess", "chess"),
        ("tell me about Łódź", "Łódź"),
        ("Warum singen die Vögel am Morgen?", "Vögel"),
        ("Почему поют птицы", "поют"),
        ("नमस्ते दुनिया", "नमस्ते"),
        ("日本の橋はなぜ美しいのですか？", "日本"),
    ],
)
def test_the_topic_is_picked_from_the_message_in_its_own_letters(text: str, topic: str) -> None:
    assert analyse(text).topics[0] == topic


def test_an_answer_speaks_of_what_was_said() -> None:
    for key in range(30):
        assert "lighthouse" in answer("What do you think about the lighthouse?", str(key))
        assert "lighthouse" in answer("ten steps to paint a lighthouse", str(key))


def test_the_number_that_was_asked_for_is_kept() -> None:
    assert len(re.findall(r"^\d+\. ", answer("How do I tune a piano in 7 steps?"), re.MULTILINE)) == 7
    assert len(re.findall(r"^- ", answer("three ideas for dinner"), re.MULTILINE)) == 3


def test_a_comparison_is_a_table_of_the_two() -> None:
    text = answer("What is the difference between tea and black coffee?")
    assert "| | tea | black coffee |" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1


def test_code_comes_in_the_language_that_was_named() -> None:
    text = answer("write a rust function to count sparrows")
    assert "```rust\n" in text
    assert "sparrows" in text


def test_a_greeting_is_returned_in_its_language() -> None:
    assert answer("こんにちは").startswith("こんにちは")
    assert answer("привет").startswith("Привет")


def test_say_repeats_the_words_exactly() -> None:
    assert answer("Say: *Good* Morning, captain.") == "*Good* Morning, captain."
    assert answer("say " + "long " * 1_500 + "end").endswith("long end")


def test_other_letters_get_a_word_of_apology() -> None:
    assert "I only have English sentences" in answer("птицы поют на проводе")
    assert "I only have English sentences" not in answer("birds sing on the wire")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("what is 12*7?", "84"),
        ("What's 1,250 plus 4 times 3?", "1,262"),
        ("15% of 80", "12"),
        ("(2+3)*4 - 6/4", "18.5"),
        ("2^10", "1,024"),
        ("2^3^2", "512"),
        ("-3 + 5", "2"),
        ("-2^2", "-4"),
        ("7 divided by 8", "0.875"),
        ("9 squared + 1", "82"),
        ("6 × 7 =", "42"),
        ("0.1+0.2", "0.3"),
        ("1/3", "0.333333"),
        ("(-1)^1000001", "-1"),
    ],
)
def test_a_sum_is_answered_rightly(text: str, result: str) -> None:
    found = find_sum(text)
    assert found is not None
    assert found.result == result
    assert f"**{result}**" in answer(text)


@pytest.mark.parametrize("text", ["7/0", "0^(0-1)", "2^100000", "9^9^9^9", "2^0.5", "2^-99999999999"])
def test_a_sum_without_a_result_says_why(text: str) -> None:
    found = find_sum(text)
    assert found is not None
    assert found.result is None
    assert found.why in answer(text)


@pytest.mark.parametrize(
    "text", ["2026-11-21", "030-1234", "12", "the 3 of us", "1 +", "(1+2", "5 (3)", "1..2 + 3", "٣+٤", "(" * 99 + "1+1"]
)
def test_what_only_looks_like_a_sum_is_none(text: str) -> None:
    assert find_sum(text) is None


@given(
    st.recursive(
        st.integers(0, 999).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        max_leaves=8,
    )
)
def test_sums_agree_with_python(formula: str) -> None:
    found = find_sum(formula)
    if found is not None and found.result is not None:
        assert int(found.result.replace(",", "")) == _value(ast.parse(formula, mode="eval").body)


def _value(node: ast.AST) -> int:
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        return left + right if isinstance(node.op, ast.Add) else left - right if isinstance(node.op, ast.Sub) else left * right
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value


@given(st.text(max_size=500).filter(lambda text: not text.lstrip().startswith("/")), st.integers())
def test_any_text_gets_an_answer_with_no_placeholder_left_in_it(text: str, key: int) -> None:
    said = answer(text, str(key))
    assert said
    for placeholder in ("{a}", "{b}", "{n}", "{words}", "{hello}", "{language}", "NAME"):
        assert placeholder not in said or placeholder in text


def test_prose_never_shouts_and_never_says_oops() -> None:
    for text in [*MESSAGES[:12], "bye", "thanks", "what time is it", "2^100000", "/long 60", "/help", "/seed", "/fail x"]:
        for key in range(25):
            prose = re.sub(r"```.*?```", "", answer(text, str(key)), flags=re.DOTALL)
            assert not re.search(r"!|oops|lorem", prose, re.IGNORECASE)


def test_answers_to_the_same_question_seldom_repeat() -> None:
    told = {text_of(Prompt(str(key), "Why do bridges hum in the wind?")) for key in range(200)}
    assert len(told) > 195


def test_the_code_in_the_bank_is_code() -> None:
    for snippet in SNIPPETS["python"]:
        compile(snippet.replace("NAME", "wind"), "snippet", "exec")
    for snippet in SNIPPETS["json"]:
        json.loads(snippet)


@pytest.mark.parametrize(
    "text", ["a" * 8_000, "a, " * 2_600, "between " * 900, "1+" * 3_900, "who are " * 900 + "you", "(" * 7_000, "vs " * 2_000]
)
def test_reading_looks_only_at_a_bounded_beginning(text: str) -> None:
    assert answer(text)


def test_no_introduction_begins_with_what_a_person_wrote() -> None:
    banks = [bank for name, bank in vars(phrases).items() if name.endswith("_INTRO")]
    assert len(banks) >= 4
    assert [intro for bank in banks for intro in bank if not intro[0].isupper()] == []


@pytest.mark.parametrize("message", ["continue", "Tell me more about that.", "What makes them stop?", "Please explain."])
def test_what_names_nothing_is_given_no_topic(message: str) -> None:
    assert analyse(message).topics == ()


CONVERSATION = (
    "Why do bridges hum in the wind?", "What makes them stop?", "I repotted the basil this morning.", "What do you think of lighthouses?",
    "My neighbour plays the trumpet at night.", "Explain how tides work.", "Tell me about the roman empire.", "Is salt good for bread?",
    "I am learning to swim.", "Why is the sky blue?", "What should I cook tonight?", "My train was late.", "Recommend a book about whales.",
    "Do you like jazz?", "How does a clock keep time?", "The cat is ignoring me.", "What is the capital of Norway?", "I can't sleep.",
    "Should I repaint the hall?", "Tell me more about that.",
)  # fmt: skip


def sentences(text: str) -> list[str]:
    return [one for line in text.splitlines() for one in re.split(r"(?<=[.?:])[*)]*\s+", line.strip()) if len(one) > 3]


def test_in_twenty_turns_fewer_than_a_quarter_of_the_sentences_were_said_before() -> None:
    for conversation in range(25):
        told = [one for n, text in enumerate(CONVERSATION) for one in sentences(answer(text, f"{conversation}-{n}"))]
        again = len(told) - len({*told})
        assert len(told) > 100
        assert again / len(told) < 0.25  # 3 % where this was written


def test_an_instant_reply_is_not_always_the_same() -> None:
    told = {text_of(Prompt(str(key), "Why do bridges hum?", "instant")) for key in range(100)}
    assert len(told) > 25


def test_every_slot_of_every_sentence_has_something_to_stand_in_it() -> None:
    banks = [line for voice in VOICES for line in (*voice.openings, *voice.lines, *voice.closings)]
    names = {name.lower() for line in banks for name in re.findall(r"{(\w+)}", line)}
    assert names - {"a", "b"} <= SLOTS.keys()
    assert {name for name, values in SLOTS.items() if len({*values}) < 6 or "" in values} == set()


def test_an_answer_never_has_a_doubled_article() -> None:
    for key in range(300):
        assert not re.search(r"\b(a|an|the) (a|an|the)\b", answer("What do you think about chess?", str(key)), re.IGNORECASE)
