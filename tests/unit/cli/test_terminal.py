"""What others wrote cannot steer an operator's terminal."""

import pytest

from myna.cli.terminal import without_controls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 漢 👍\tand\n", "plain ä 漢 👍\tand\n"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("over\rwritten\x7f", "over\\rwritten\\x7f"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("\x00", "\\x00"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert without_controls(text) == shown
