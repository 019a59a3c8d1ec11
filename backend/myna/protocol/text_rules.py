"""Which characters a text may hold so that every store, queue and socket can carry it: all but NUL and lone surrogates.

NUL is legal in JSON and fatal to a Postgres text column; a lone surrogate (half of a UTF-16 pair) has no UTF-8 form at all.
"""

import re

REFUSED_CHARACTERS = "NUL or a lone surrogate"  # for error sentences: "…, none of them NUL or a lone surrogate"

_SURROGATE = re.compile("[\ud800-\udfff]")


def has_lone_surrogate(text: str) -> bool:
    """Whether the text cannot be written as UTF-8."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def is_storable(text: str) -> bool:
    """Whether the text holds neither NUL nor a lone surrogate. Takes nanoseconds for ASCII, which knows that it is."""
    return "\0" not in text and not has_lone_surrogate(text)
