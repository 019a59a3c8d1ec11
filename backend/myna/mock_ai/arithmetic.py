"""Finds a sum in a message and works it out exactly. Pure, no eval; work and size of numbers are bounded."""

import re
from dataclasses import dataclass
from fractions import Fraction

_MAX_LENGTH = 120  # characters of a sum; longer ones are somebody pasting a page
_MAX_BITS = 256  # size of any number on the way (77 digits), so a tower of powers ends in a sentence, not in a hang
_MAX_DEPTH = 20  # parentheses within parentheses
_MAX_DIGITS = 60  # digits written out in the result

_WORDS = (
    (re.compile(r"\bplus\b"), "+"),
    (re.compile(r"\bminus\b"), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b|(?<=[\d)\s])x(?=[\s\d(])|[\u00d7\u00b7]"), "*"),
    (re.compile(r"\b(?:divided by|over)\b|\u00f7"), "/"),
    (re.compile(r"\b(?:to the power of)\b|\*\*"), "^"),
    (re.compile(r"\bsquared\b"), "^2"),
    (re.compile(r"(?:%|\bpercent)\s+of\b"), "/100*"),
    (re.compile(r"[\u2212\u2013]"), "-"),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
)
_CUE = re.compile(r"^(?:hey|hi|please|so|and)?[\s,]*(?:what(?:'s|\u2019s| is| are| does)|how much is|calculate|compute|solve|work out)\s+")
_TAIL = re.compile(r"\s*(?:=\s*\??|make|equal|come to|please|[?.!]|\s)*$")
_SUM = re.compile(r"[\d.\s()+\-*/^]+")
_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+|[()+\-*/^])")
_OPERATOR = re.compile(r"[\d)]\s*[-+*/^]\s*[-(.\d]")


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum as it was asked, and what came out; `result` is None when there is none, and `why` says the reason."""

    asked: str
    result: str | None
    exact: bool = True
    why: str = ""


class _NoResultError(Exception):
    """The sum is well formed and has no result we give; the text is the reason."""


def find_sum(text: str) -> Sum | None:
    """The sum a message consists of, also behind a "what is"; None when the message isn't one."""
    if len(text) > _MAX_LENGTH or not any(c.isdigit() for c in text):
        return None
    asked = _TAIL.sub("", _CUE.sub("", text.strip().lower()), count=1)
    formula = asked
    for pattern, sign in _WORDS:
        formula = pattern.sub(sign, formula)
    if not formula.isascii() or not _SUM.fullmatch(formula) or not _OPERATOR.search(formula):
        return None
    tokens = _TOKEN.findall(formula)
    if "".join(tokens) != "".join(formula.split()) or _is_a_date(formula):
        return None
    try:
        value = _Reader(tokens).read()
        return Sum(asked, *_written(value))
    except _NoResultError as reason:
        return Sum(asked, None, why=str(reason))
    except ValueError:
        return None


def _is_a_date(formula: str) -> bool:
    """Whether it is more likely a date or a telephone number than a subtraction: digits joined by tight dashes or slashes."""
    return re.fullmatch(r"\d+([-/])\d+\1\d+(?:\1\d+)*|0\d+[-/]\d+", formula) is not None


def _written(value: Fraction) -> tuple[str, bool]:
    """A number as people write it, and whether that is exact."""
    if value.denominator == 1:
        digits = str(value.numerator)
        if len(digits) > _MAX_DIGITS:
            raise _NoResultError(f"it has {len(digits)} digits, and I stop at {_MAX_DIGITS}")
        return f"{value.numerator:,}", True
    rounded = round(value, 6)
    text = f"{float(rounded):,.6f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text), rounded == value


class _Reader:
    """Recursive descent over the tokens. ValueError: not a sum after all."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Fraction:
        value = self._sum()
        if self._at != len(self._tokens):
            raise ValueError("something is left over")
        return value

    def _take(self, signs: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in signs:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _sum(self) -> Fraction:
        value = self._product()
        while sign := self._take("+-"):
            other = self._product()
            value = _bounded(value + other if sign == "+" else value - other)
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while sign := self._take("*/"):
            other = self._signed()
            if sign == "/" and not other:
                raise _NoResultError("nothing can be divided by zero")
            value = _bounded(value * other if sign == "*" else value / other)
        return value

    def _signed(self) -> Fraction:
        negative = False
        while sign := self._take("+-"):
            negative ^= sign == "-"
        value = self._power()
        return -value if negative else value

    def _power(self) -> Fraction:
        base = self._atom()
        if not self._take("^"):
            return base
        self._enter()
        exponent = self._signed()
        self._depth -= 1
        if exponent.denominator != 1:
            raise _NoResultError("I only know powers with a whole exponent")
        if not base and exponent < 0:
            raise _NoResultError("nothing can be divided by zero")
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base not in (0, 1, -1) and size * abs(exponent) > _MAX_BITS + size:
            raise _NoResultError("the number on the way is larger than I can hold in one beak")
        power = base ** int(exponent % 2 if base == -1 else exponent)
        return _bounded(Fraction(power))

    def _atom(self) -> Fraction:
        if self._take("("):
            self._enter()
            value = self._sum()
            self._depth -= 1
            if not self._take(")"):
                raise ValueError("a parenthesis stays open")
            return value
        if self._at < len(self._tokens) and self._tokens[self._at] not in "()+-*/^":
            self._at += 1
            return _bounded(Fraction(self._tokens[self._at - 1]))
        raise ValueError("a number is missing")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("too many parentheses")


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise _NoResultError("the number on the way is larger than I can hold in one beak")
    return value
