"""Finds a sum in a message and works it out exactly, with Python's own parser and fractions; nothing is ever evaluated as code."""

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_MAX_LENGTH = 120  # characters of a sum; longer ones are somebody pasting a page
_MAX_BITS = 256  # size of any number on the way (77 digits), so a tower of powers ends in a sentence, not in a hang
_MAX_DIGITS = 60  # digits written out in the result

_SPELLINGS = (  # how people write a sum, and how Python does
    (re.compile(r"\bplus\b"), "+"),
    (re.compile(r"\bminus\b|[\u2212\u2013]"), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b|(?<=[\d)\s])x(?=[\s\d(])|[\u00d7\u00b7]"), "*"),
    (re.compile(r"\b(?:divided by|over)\b|\u00f7"), "/"),
    (re.compile(r"\bto the power of\b|\^"), "**"),
    (re.compile(r"\bsquared\b"), "**2"),
    (re.compile(r"(?:%|\bpercent)\s+of\b"), "/100*"),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))|(?<![\d.])0+(?=\d)"), ""),
)
_CUE = re.compile(r"^(?:hey|hi|please|so|and)?[\s,]*(?:what(?:'s|\u2019s| is| are| does)|how much is|calculate|compute|solve|work out)\s+")
_TAIL = re.compile(r"\s*(?:=\s*\??|make|equal|come to|please|[?.!]|\s)*$")
_SUM = re.compile(r"[\d.\s()+\-*/]+")
_OPERATOR = re.compile(r"[\d)]\s*[-+*/]\s*[-*(.\d]")
_DATE = re.compile(r"\d+([-/])\d+\1\d+(?:\1\d+)*|0\d+[-/]\d+")  # or a telephone number: more likely than a subtraction
_TOO_LARGE = "the number on the way is larger than I can hold in one beak"

_OPERATORS: dict[type[ast.AST], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


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
    if _DATE.fullmatch(asked):
        return None
    formula = asked
    for pattern, sign in _SPELLINGS:
        formula = pattern.sub(sign, formula)
    if not formula.isascii() or not _SUM.fullmatch(formula) or not _OPERATOR.search(formula):
        return None
    try:
        formula = formula.strip()
        return Sum(asked, *_written(_value(ast.parse(formula, mode="eval").body, formula)))
    except _NoResultError as reason:
        return Sum(asked, None, why=str(reason))
    except ZeroDivisionError:
        return Sum(asked, None, why="nothing can be divided by zero")
    except (SyntaxError, ValueError):
        return None


def _value(node: ast.expr, formula: str) -> Fraction:
    """What a parsed formula comes to. ValueError: it holds something other than numbers and the five operators."""
    match node:
        case ast.Constant():
            value = Fraction(formula[node.col_offset : node.end_col_offset])  # as it was written: a float would round it
        case ast.UnaryOp(op=ast.USub()):
            value = -_value(node.operand, formula)
        case ast.UnaryOp(op=ast.UAdd()):
            value = _value(node.operand, formula)
        case ast.BinOp(op=ast.Pow()):
            value = _power(_value(node.left, formula), _value(node.right, formula))
        case ast.BinOp() if operate := _OPERATORS.get(type(node.op)):
            value = operate(_value(node.left, formula), _value(node.right, formula))
        case _:
            raise ValueError("this is no sum")
    if _bits(value) > _MAX_BITS:
        raise _NoResultError(_TOO_LARGE)
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise _NoResultError("I only know powers with a whole exponent")
    if base in (1, -1):
        exponent %= 2
    elif base and (abs(exponent) - 1) * _bits(base) > _MAX_BITS:
        raise _NoResultError(_TOO_LARGE)
    return Fraction(base ** int(exponent))


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


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
