"""What others wrote, made fit for a terminal."""

import re

# C0 and C1 (ESC and CSI among them) but for tab and line feed, and Unicode's controls of direction: what moves a cursor, sets
# a title or shows text in another order than it has.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_controls(text: str) -> str:
    """The text with each control character as its escape: `\\x1b` for ESC."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
