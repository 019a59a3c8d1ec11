"""Regular expressions of a scenario file, and names with `*` in them, as RE2 runs them: in linear time on any text."""

from typing import Any

import re2


def compiled(pattern: str) -> Any:
    """An RE2 expression, case ignored. ValueError when it is none."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, 1 << 18
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        reason = problem.args[0].decode("utf-8", "replace") if isinstance(problem.args[0], bytes) else problem
        raise ValueError(f"is no regular expression of the RE2 kind: {reason}") from None


def glob_pattern(text: str) -> str:
    """A name with `*` for anything, as a regular expression."""
    return "(?s)^" + ".*".join(map(re2.escape, text.split("*"))) + "$"
