"""What counts as a word, and what a snippet shows."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.store import search_text

LETTERS = "abéÉßİ ½ﬁ-_'\"你好世界カが한\u0301\u0e01\u0e34क\u093f😀\n\\&|!:*@123"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, WORLD 42", ["hello", "world", "42"]),
        ("Crème Brûlée", ["creme", "brulee"]),
        ("foo_bar e-mail", ["foo", "bar", "e", "mail"]),
        ("iPhone手机x", ["iphone", "手机", "x"]),
        ("ﬁne ½", ["fine", "1", "2"]),
        ("x" * 100, ["x" * search_text.WORD_LIMIT]),
        ("é" * 100, ["e" * search_text.WORD_LIMIT]),
        ("🙂 — !", []),
    ],
)
def test_words_are_folded_runs_of_letters_and_digits(text: str, expected: list[str]) -> None:
    assert search_text.words_of(text) == expected


def test_an_unspaced_run_is_held_as_its_pairs_and_its_last_letter() -> None:
    assert search_text.lexemes("你好世界 ok") == {"你好", "好世", "世界", "界", "ok"}


@given(st.text(alphabet=LETTERS, max_size=60))
def test_every_lexeme_may_stand_in_quotes_in_a_tsquery(text: str) -> None:
    assert all(lexeme.isalnum() for lexeme in search_text.lexemes(text))
    query = search_text.parse(text)
    if query:
        assert set(query.as_tsquery("owner").replace("@", "")) <= set("'() &!:*") | {
            c for one in search_text.words_of(text) for c in one
        } | set("owner")


@given(st.text(alphabet=LETTERS, min_size=1, max_size=60))
def test_a_text_is_found_by_each_of_its_words_in_quotes(text: str) -> None:
    for word in search_text.words_of(text)[: search_text.WORDS_LIMIT]:
        query = search_text.parse(f'"{word}"')
        assert query
        assert query.matches(text)


@given(st.text(alphabet=LETTERS, max_size=300), st.text(alphabet=LETTERS, max_size=20))
def test_a_snippet_without_its_marks_is_a_part_of_the_text(text: str, sought: str) -> None:
    query = search_text.parse(sought)
    if query:
        snippet = search_text.snippet(text, query)
        plain = snippet.replace(search_text.MARK, "").replace(search_text.UNMARK, "").strip("…")
        assert snippet.count(search_text.MARK) == snippet.count(search_text.UNMARK)
        assert len(plain) <= search_text.SNIPPET + len(text)
        assert "".join(plain.split()) in "".join(unicodedata.normalize("NFC", " ".join(text.split())).split())


def test_a_snippet_marks_each_occurrence_and_the_part_that_is_meant() -> None:
    query = search_text.parse("你好 caf")
    assert query
    assert search_text.snippet("你好吗你好 Café caf\u00e9s decaf", query) == (
        "<mark>你好</mark>吗<mark>你好</mark> <mark>Café</mark> <mark>cafés</mark> decaf"
    )


def test_a_query_is_cut_to_what_counts() -> None:
    query = search_text.parse(" ".join(f"w{n}" for n in range(50)))
    assert query
    assert len(query.wanted) == search_text.WORDS_LIMIT
    assert search_text.parse("x" * 10_000)
    assert search_text.parse("-a -b") is None
