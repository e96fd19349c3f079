"""Arithmetic: evaluates an expression exactly, by its syntax tree. Nothing of it is executed as code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Final

LONGEST = 300
"""Characters of an expression."""
_BITS = 8_000  # some 2,400 digits: below the 4,300 that Python writes out


class BadExpression(ValueError):
    """What was typed has no value; the message says why, in words for the person who asked."""


def evaluate(expression: str) -> Fraction:
    """Return the value of *expression*: + - * / // % **, brackets, sqrt abs round floor ceil min max, pi e.

    Raises:
        BadExpression: If it is too long, not arithmetic, has no value, or one too big to write down.
    """
    if len(expression) > LONGEST:
        raise BadExpression(f"an expression may have {LONGEST} characters, this one has {len(expression)}")
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval")
        return _value(tree.body, expression)
    except (SyntaxError, RecursionError, MemoryError):
        raise BadExpression(f"{expression.strip()!r} is not an arithmetic expression") from None
    except ZeroDivisionError:
        raise BadExpression("a division by zero has no result") from None
    except OverflowError:
        raise BadExpression("the result is too big to write down") from None


def write(value: Fraction) -> str:
    """Write *value* as people do: an integer in full, anything else with up to 12 digits."""
    if value.denominator == 1:
        return f"{value.numerator:,}" if abs(value) >= 100_000 else str(value.numerator)
    try:
        return f"{float(value):.12g}"
    except OverflowError:
        return f"{value.numerator // value.denominator}"


def _value(node: ast.expr, source: str) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return _number(ast.get_source_segment(source.strip().replace("^", "**"), node) or repr(node.value))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, source)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner, source)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, source), _value(right, source))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _bounded(_BINARY[type(op)](_value(left, source), _value(right, source)))
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and args:
            return _call(name, [_value(argument, source) for argument in args])
        case _:
            raise BadExpression(f"{ast.unparse(node)!r} is not arithmetic that I know")


def _number(text: str) -> Fraction:
    try:
        if len(text) > 100 or ("e" in text.lower() and abs(int(text.lower().partition("e")[2])) > 300):
            raise OverflowError
        return Fraction(text)  # 0.1 is one tenth here, not the nearest binary number
    except ValueError:
        raise BadExpression(f"{text!r} is not a decimal number") from None


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        if base < 0:
            raise BadExpression("a root of a negative number has no real result")
        return Fraction(float(base) ** float(exponent))
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size * abs(exponent.numerator) > _BITS and base not in (0, 1, -1):
        raise OverflowError
    return base ** (exponent.numerator % 2 if abs(base) == 1 else exponent.numerator)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
        raise OverflowError
    return value


def _call(name: str, arguments: list[Fraction]) -> Fraction:
    try:
        return _FUNCTIONS[name](*arguments)
    except TypeError:
        raise BadExpression(f"{name} does not take {len(arguments)} numbers") from None


def _sqrt(value: Fraction) -> Fraction:
    if value < 0:
        raise BadExpression("a root of a negative number has no real result")
    exact = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return exact if exact * exact == value else Fraction(math.sqrt(value))


def _round(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    if digits.denominator != 1 or not 0 <= digits <= 30:
        raise BadExpression("round takes 0 to 30 digits")
    scale = Fraction(10) ** digits.numerator
    return Fraction(math.floor(value * scale + Fraction(1, 2)), 1) / scale


def _divide(one: Fraction, other: Fraction) -> Fraction:
    return one / other


def _floor_divide(one: Fraction, other: Fraction) -> Fraction:
    return Fraction(one // other)


def _floor(value: Fraction) -> Fraction:
    return Fraction(math.floor(value))


def _ceil(value: Fraction) -> Fraction:
    return Fraction(math.ceil(value))


def _absolute(value: Fraction) -> Fraction:
    return abs(value)


def _least(*values: Fraction) -> Fraction:
    return min(values)


def _greatest(*values: Fraction) -> Fraction:
    return max(values)


_BINARY: Final[dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: _floor_divide,
    ast.Mod: operator.mod,
}
_NAMES: Final = {"pi": Fraction(math.pi), "e": Fraction(math.e)}
_FUNCTIONS: Final[dict[str, Callable[..., Fraction]]] = {
    "sqrt": _sqrt,
    "abs": _absolute,
    "round": _round,
    "floor": _floor,
    "ceil": _ceil,
    "min": _least,
    "max": _greatest,
}
