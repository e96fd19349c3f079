"""A policy in a few words."""

from __future__ import annotations

import pytest
from stentor.supervisor import Budget, RestartPolicy
from stentor.supervisor.policy._brief import brief


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (RestartPolicy(), "one_for_one 3/5s"),
        (RestartPolicy(strategy="rest_for_one", budget="unlimited"), "rest_for_one unlimited"),
        (RestartPolicy(child_budget=Budget(5, 60.0)), "one_for_one 3/5s, children 5/60s"),
        (RestartPolicy(budget=Budget(2, 0.5)), "one_for_one 2/0.5s"),
    ],
)
def test_a_policy_is_told_in_a_few_words(policy: RestartPolicy, words: str) -> None:
    """Strategy, restarts in seconds, and those of each child where it has its own."""
    assert words == brief(policy)
