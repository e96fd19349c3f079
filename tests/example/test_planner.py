"""The planner of the example agent: which tool a question gets."""

from __future__ import annotations

import pytest

from examples.agent_host.matches import Pattern
from examples.agent_host.planner import Calculate, Count, CountAll, Look, Plan, Read, plan


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is 15% of 2,048?", Calculate("(15/100) * 2048", "15% of 2,048")),
        ("3 plus 4 times 2", Calculate("3 + 4 * 2", "3 plus 4 times 2")),
        ("calculate sqrt(2)", Calculate("sqrt(2)", "sqrt(2)")),
        ("how much is 10 divided by 4?", Calculate("10 / 4", "10 divided by 4")),
        ("How many times does “crash” occur?", Count(Pattern("crash"), listing=False)),
        ("How often is the supervisor mentioned?", Count(Pattern("the supervisor"), listing=False)),
        ("list all lines that mention pykka", Count(Pattern("pykka"), listing=True)),
        ("Where is `emit` used?", Count(Pattern("emit"), listing=True)),
        ("count /emit(s|ted)/", Count(Pattern("emit(s|ted)", regex=True), listing=False)),
        ("how many occurrences of wick are there", Count(Pattern("wick"), listing=False)),
        ("How many files are there?", CountAll()),
        ("show guide/lamps.md:4", Read("guide/lamps.md", 4)),
        ("What happens when a session crashes?", Look("What happens when a session crashes?")),
        ("2026-11-24", Look("2026-11-24")),
        ("42", Look("42")),
        ("how many children does a supervisor have?", Look("how many children does a supervisor have?")),
    ],
)
def test_a_question_gets_the_tool_that_answers_it(question: str, expected: Plan) -> None:
    """The same question always gets the same plan."""
    assert expected == plan(question)
