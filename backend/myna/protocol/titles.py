"""The title of a conversation, chosen by a person or made from its first message."""

import re

TITLE_LIMIT = 60  # characters of a title made from a first message
NAME_LIMIT = 200  # characters of a title that a person chose

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """A text without control characters, on one line, with single spaces."""
    return " ".join(_CONTROL.sub(" ", text).split())


def title_from(text: str) -> str:
    """A conversation's first title: the first line of its first message, cut at a word."""
    line = next(filter(None, map(one_line, text.splitlines())), "New conversation")
    if len(line) <= TITLE_LIMIT:
        return line
    cut = line[:TITLE_LIMIT]
    head, _, _ = cut.rpartition(" ")
    return (head or cut).rstrip(" ,.;:") + "…"
