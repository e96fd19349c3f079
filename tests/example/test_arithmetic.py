"""The calculator of the example agent: exact, and deaf to anything that is not arithmetic."""

from __future__ import annotations

import pytest

from examples.agent_host.arithmetic import BadExpression, evaluate, write


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("0.1 + 0.2", "0.3"),
        ("(15/100) * 2048", "307.2"),
        ("2^10", "1024"),
        ("-2**2", "-4"),
        ("7 // 2 + 7 % 2", "4"),
        ("sqrt(16) + abs(-3)", "7"),
        ("sqrt(2)", "1.41421356237"),
        ("round(2.675, 2)", "2.68"),
        ("max(1, 2, 3) - min(4, 5)", "-1"),
        ("1e3", "1000"),
        ("2 ** 0.5 * 2 ** 0.5", "2"),
        ("1234567", "1,234,567"),
        ("(-1) ** 99999999999", "-1"),
    ],
)
def test_an_expression_has_its_exact_value(expression: str, value: str) -> None:
    """Decimal numbers are taken as they are written."""
    assert value == write(evaluate(expression))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1/0", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("9 ** 9 ** 9", "too big"),
        ("1e999", "too big"),
        ("sqrt(-1)", "negative"),
        ("(-8) ** (1/3)", "negative"),
        ("2 +", "not an arithmetic expression"),
        ("__import__('os').getcwd()", "not arithmetic"),
        ("().__class__", "not arithmetic"),
        ("'a' * 3", "not arithmetic"),
        ("True + 1", "not arithmetic"),
        ("[1 for _ in (1,)]", "not arithmetic"),
        ("sqrt(1, 2)", "does not take 2"),
        ("0x10", "not a decimal number"),
        ("1" * 301, "300 characters"),
    ],
)
def test_what_has_no_value_is_refused_in_words(expression: str, why: str) -> None:
    """The message is for the person who asked."""
    with pytest.raises(BadExpression, match=why):
        evaluate(expression)
