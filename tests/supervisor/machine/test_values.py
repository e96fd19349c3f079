"""Policies and specs: what is refused when they are built, and how."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.errors import BadPolicy, BadSpec, Refused, StoreUnavailable
from stentor.supervisor.core._machine import SupervisorMachine
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._hold import Hold
from stentor.supervisor.policy._policy import PolicyWarning, RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec, derive


class Worker:
    """Stands where an actor's class would."""

    def on_start(self) -> None:
        """Nothing to do."""


def test_all_faults_of_a_policy_come_in_one_refusal() -> None:
    """C3: each names field, value and what is allowed; unknown keys too."""
    wrong: dict[str, Any] = {
        "strategy": "all",
        "ladder": 3,
        "unpark_after": -1,
        "decide": {int: "stop"},
        "colour": "red",
    }
    with pytest.raises(BadPolicy) as caught:
        RestartPolicy(**wrong)

    assert [
        "policy.decide is <class 'int'>; allowed: an exception type as key",
        "policy.strategy is 'all'; allowed: one_for_one | one_for_all | rest_for_one",
        "policy.ladder is 3; allowed: True | False",
        "policy.unpark_after is -1; allowed: seconds, more than 0 | None",
    ] == caught.value.errors[:4]
    assert caught.value.errors[4].startswith("policy.colour is 'red', an unknown key; allowed: strategy, budget,")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Budget(-1, 5.0),
        lambda: Budget(True, 5.0),
        lambda: Budget(3, 0),
        lambda: Budget(3, float("inf")),
        lambda: Budget(3, float("nan")),
        lambda: Budget(3, "5"),  # type: ignore[arg-type]
        lambda: Backoff(initial=-0.1),
        lambda: Backoff(factor=0.5),
        lambda: Backoff(jitter=1.1),
        lambda: Backoff(initial=5.0, maximum=1.0),
        lambda: Backoff(reset_after=-1),
        lambda: Hold(children=1),
        lambda: Hold(seconds=0),
        lambda: Restart(charged=0),  # type: ignore[arg-type]
        lambda: RestartPolicy(budget="infinite"),  # type: ignore[arg-type]
        lambda: RestartPolicy(child_budget="unlimited"),  # type: ignore[arg-type]
        lambda: RestartPolicy(decide={ValueError: "ignore"}),  # type: ignore[dict-item]
        lambda: RestartPolicy(auto_shutdown="any"),  # type: ignore[arg-type]
        lambda: Budget(max_retries=3),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_is_not_allowed_is_refused(build: Any) -> None:
    """C3: by an error of its own that names what is allowed."""
    with pytest.raises(BadPolicy, match="allowed: "):
        build()


def test_a_budget_that_one_child_can_never_spend_is_refused_with_its_sum() -> None:
    """R1: 1 + 2 + 4 s, at the shortest of a jitter of 0.5, take 3.5 s."""
    with pytest.raises(BadPolicy, match=r"take at least 3\.5 s together"):
        RestartPolicy(budget=Budget(3, 3.4), backoff=Backoff(initial=1.0, jitter=0.5))


def test_a_budget_exactly_as_long_as_its_waits_is_allowed() -> None:
    """R1: the sum must be at most max_seconds."""
    assert 3.5 == RestartPolicy(budget=Budget(3, 3.5), backoff=Backoff(initial=1.0, jitter=0.5)).backoff.shortest(3)


def test_with_a_child_budget_it_is_that_one_which_is_tested() -> None:
    """R1: the supervisor's own counts parks of many children, not one child's restarts."""
    slow = Backoff(initial=10.0)
    RestartPolicy(budget=Budget(50, 1.0), child_budget=Budget(1, 60.0), backoff=slow)
    with pytest.raises(BadPolicy, match="child_budget"):
        RestartPolicy(budget="unlimited", child_budget=Budget(5, 1.0), backoff=slow)


def test_an_unlimited_budget_has_to_be_asked_for_in_words() -> None:
    """R1."""
    assert "unlimited" == RestartPolicy(budget="unlimited", backoff=Backoff(initial=30.0)).budget


def test_a_row_that_can_never_match_is_warned_about_with_its_reason() -> None:
    """R2."""
    with pytest.warns(PolicyWarning, match="crashes nobody"):
        RestartPolicy(decide={Refused: "stop"})


def test_a_row_by_which_a_start_could_be_tried_for_ever_without_a_wait_is_warned_about() -> None:
    """R2: what costs nothing must at least wait."""
    with pytest.warns(PolicyWarning, match=r"decide\[StoreUnavailable\] restarts free of charge"):
        RestartPolicy(decide={StoreUnavailable: Restart(charged=False)}, backoff=Backoff(initial=0.0))


def test_the_policy_of_the_sessions_can_be_written_down() -> None:
    """All its knobs together."""
    policy = RestartPolicy(
        budget=Budget(50, 10.0),
        child_budget=Budget(5, 60.0),
        decide={StoreUnavailable: "escalate"},
        ladder=True,
        hold=Hold(20, 5.0),
        unpark_after=60.0,
    )

    assert (True, Hold(), 60.0) == (policy.ladder, policy.hold, policy.unpark_after)


def test_all_faults_of_a_spec_come_in_one_refusal() -> None:
    """C3."""
    with pytest.raises(BadSpec) as caught:
        ChildSpec(id="x", actor=int, restart="always", shutdown=-1, kind="thing", daemon=True)  # type: ignore[arg-type]

    assert ["actor", "restart", "shutdown", "kind", "daemon"] == [
        text.removeprefix("spec 'x'.").split(" ")[0] for text in caught.value.errors
    ]


def test_a_worker_has_five_seconds_to_stop_and_a_supervisor_as_long_as_it_takes() -> None:
    """T1."""
    assert (5.0, "infinity") == (
        ChildSpec(id="w", actor=Worker).shutdown,
        ChildSpec(id="s", actor=Worker, kind="supervisor").shutdown,
    )


def test_a_significant_permanent_child_is_refused() -> None:
    """G1."""
    with pytest.raises(BadSpec, match="significant"):
        ChildSpec(id="x", actor=Worker, significant=True)


def test_a_significant_child_under_a_policy_that_never_shuts_down_is_refused() -> None:
    """G1."""
    with pytest.raises(BadSpec, match="auto_shutdown is 'never'"):
        SupervisorMachine(RestartPolicy(), [ChildSpec(id="x", actor=Worker, restart="transient", significant=True)])


def test_a_ladder_without_a_child_budget_is_refused() -> None:
    """Its rungs are the failures that count in the window of that budget."""
    with pytest.raises(BadPolicy, match=r"policy\.ladder is True; allowed: False without a child_budget"):
        RestartPolicy(ladder=True)


def test_a_hold_under_a_group_strategy_is_refused() -> None:
    """There, a restart is no child's own."""
    with pytest.raises(BadPolicy, match=r"policy\.hold is .*; allowed: None under one_for_all"):
        RestartPolicy(strategy="one_for_all", hold=Hold())


@pytest.mark.parametrize(
    "policy", [RestartPolicy(strategy="one_for_all"), RestartPolicy(auto_shutdown="any_significant")]
)
def test_a_dynamic_supervisor_takes_one_for_one_without_auto_shutdown(policy: RestartPolicy) -> None:
    """S5, G1."""
    with pytest.raises(BadSpec, match="dynamic"):
        SupervisorMachine(policy, dynamic=True)


def test_a_child_of_a_template_adds_its_own_arguments() -> None:
    """Positional ones follow, keyword ones are laid over."""
    template = ChildSpec(id="t", actor=Worker, args=(1,), kwargs={"a": 1, "b": 2}, restart="transient", shutdown=1.0)
    child = derive(template, "x", [2], {"b": 3})  # type: ignore[arg-type]

    assert (
        ChildSpec(id="x", actor=Worker, args=(1, 2), kwargs={"a": 1, "b": 3}, restart="transient", shutdown=1.0)
        == child
    )


def test_a_child_of_a_template_may_hold_a_slash_also_where_something_else_is_wrong() -> None:
    """C3: only what is wrong is named."""
    with pytest.raises(BadSpec) as caught:
        derive(ChildSpec(id="t", actor=Worker), "ada/t1", (), {1: 2})  # type: ignore[dict-item]

    assert ["kwargs"] == [text.split(".")[1].split(" ")[0] for text in caught.value.errors]


def test_a_child_of_a_template_is_checked_where_it_differs() -> None:
    """C3."""
    with pytest.raises(BadSpec, match="a text that is not empty"):
        derive(ChildSpec(id="t", actor=Worker), "", (), {})
