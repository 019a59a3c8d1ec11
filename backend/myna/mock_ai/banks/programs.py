"""Programs for what people ask for most, out of code.md beside this module, which is read at the first request for code."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

_SECTION = re.compile(r"^## ([^\n]+)\n`([^\n]+)`\n((?:```\w+\n.*?^```\n)+)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


class Program(NamedTuple):
    """One thing that is asked for, and the code for it by language."""

    title: str
    asked: re.Pattern[str]  # is found in a message that asks for it, in lower case
    code: dict[str, str]


@cache
def programs() -> tuple[Program, ...]:
    """All of them; the special come before the general."""
    text = Path(__file__).with_name("code.md").read_text(encoding="utf-8")
    return tuple(Program(title, re.compile(asked), dict(_BLOCK.findall(blocks))) for title, asked, blocks in _SECTION.findall(text))


def program_for(message: str) -> Program | None:
    """The first program that this message, in lower case, asks for."""
    return next((program for program in programs() if program.asked.search(message)), None)
