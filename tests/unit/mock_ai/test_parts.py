"""Cutting a text into parts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.mock_ai.parts import MAX_BYTES, MAX_PARTS, clip, fit, split
from myna.mock_ai.seeded_random import SeededRandom

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
TOGETHER = (
    FAMILY,
    "🇳🇴",
    "👋🏽",
    "1\ufe0f\u20e3",
    "e\u0301\u0323",
    "क्ष",
    "नि",
    "กำ",
    "\u1112\u1161\u11ab",
    "ｶ\uff9e",
    "🏴\U000e0067\U000e0062\U000e007f",
    "\r\n",
)


@given(st.text(max_size=400), st.integers(1, 4), st.integers())
def test_parts_join_to_the_text_and_none_is_empty(text: str, most: int, seed: int) -> None:
    parts = split(text, (1, most), SeededRandom(seed))
    assert "".join(parts) == text
    assert all(parts)


@pytest.mark.parametrize("character", TOGETHER)
@pytest.mark.parametrize("lead", ["", "a", "ab", "日本語", "word "])
def test_what_a_reader_sees_as_one_character_is_never_split(character: str, lead: str) -> None:
    text = lead + character * 60
    at = len(lead)
    allowed = {*range(at + 1), *range(at, len(text) + 1, len(character))}
    for seed in range(10):
        ends, end = [], 0
        for part in split(text, (1, 1), SeededRandom(seed)):
            end += len(part)
            ends.append(end)
        assert set(ends) <= allowed
    for limit in range(len(text)):
        assert len(clip(text, limit)) in allowed


def test_long_runs_without_blanks_still_come_in_many_parts() -> None:
    assert len(split("日本語が流れる" * 20, (1, 1), SeededRandom(1))) > 15
    assert len(split(FAMILY * 40, (1, 1), SeededRandom(1))) > 5


def test_words_stay_whole_and_come_one_to_four_at_a_time() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 20
    parts = split(text, (1, 4), SeededRandom(1))
    assert {len(part.split()) for part in parts} == {1, 2, 3, 4}
    assert all(word in text.split() for part in parts for word in part.split())


def test_a_text_of_very_many_words_stays_within_the_parts_limit() -> None:
    text = "a " * 16_000
    parts = split(text, (1, 1), SeededRandom(1))
    assert len(parts) <= MAX_PARTS
    assert "".join(parts) == text


def test_a_text_that_is_too_large_is_cut_between_characters() -> None:
    fitted = fit(FAMILY * 4_000)
    assert MAX_BYTES - 100 < len(fitted.encode()) <= MAX_BYTES
    assert len(fitted) % len(FAMILY) == 0
    assert fit("a" * MAX_BYTES) == "a" * MAX_BYTES


@pytest.mark.parametrize("unit", [" ", "\u0301", "\u200d", "🇳🇴", "\u094d", "日", "e\u0301", "a ", FAMILY])
def test_no_text_takes_long_to_cut(unit: str) -> None:
    text = (unit * 8_000)[:7_999] + "a"
    began = time.process_time()
    assert "".join(split(text, (1, 2), SeededRandom(1))) == text
    assert time.process_time() - began < 1.0  # some 10 ms; a quadratic scan takes many seconds
