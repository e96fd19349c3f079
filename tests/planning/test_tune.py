"""Tune: patterns in a ledger, and a policy that they speak for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.actors import Actor, ManualClock
from stentor.protocol.errors import BadUsage, WebSocketConnectionLostError
from stentor.supervisor import Backoff, Budget, ChildSpec, Hold, Restart, RestartPolicy, Runtime
from stentor.supervisor.config._load import load
from stentor.supervisor.console import main
from stentor.supervisor.planning._lapse import Lapse, read_ledger
from stentor.supervisor.planning._patterns import patterns
from stentor.supervisor.planning._tune import Tuning, tune
from stentor.supervisor.runtime._tree import SESSIONS_POLICY

LOST = "stentor.protocol.errors.WebSocketConnectionLostError"


def kinds(paper: Any) -> list[str]:
    """Return the kinds of the patterns in *paper*."""
    return [pattern.kind for pattern in patterns(read_ledger(paper.lines), 30.0)]


def tuned(paper: Any, old: RestartPolicy | None = None) -> Tuning:
    """Return what *paper* speaks for."""
    return tune(read_ledger(paper.lines), RestartPolicy() if old is None else old, "/sessions")


def knobs(found: Tuning) -> list[str]:
    """Return what a proposal changes."""
    return [reason.knob for reason in found.reasons]


def test_failures_of_many_children_with_one_cause_are_an_outage(paper: Any) -> None:
    """A provider is away: one pattern, whatever the number of failures."""
    assert ["outage"] == kinds(paper.outage(10, 20.0))


@pytest.mark.parametrize(("children", "apart"), [(4, 0.01), (5, 1.0)])
def test_a_few_children_or_failures_far_apart_are_no_outage(paper: Any, children: int, apart: float) -> None:
    """A hold for all sessions needs more than that."""
    for number in range(children):
        paper.fails(number * apart, f"/sessions/u{number}/t")

    assert ["noise"] == kinds(paper)


def test_the_reason_of_a_hold_says_what_an_outage_is(paper: Any) -> None:
    """How many children, and how close together."""
    (why,) = [reason.why for reason in tuned(paper.outage(12, 100.0)).reasons if reason.knob == "hold"]

    assert "In 1 outage at least 12 children failed of one cause, 5 of them within 2 s" in why


def test_failures_soon_after_each_start_are_a_loop(paper: Any) -> None:
    """A poison message, or a state that can not be loaded."""
    assert ["loop"] == kinds(paper.loop("/sessions/ada/t1", 6))


@pytest.mark.parametrize("step", ["init", "on_start"])
def test_starts_that_fail_and_then_do_not_are_a_slow_start(paper: Any, step: str) -> None:
    """What a start needs was not there yet, in its constructor or after it."""
    for at in (0.0, 1.0, 3.0):
        paper.fails(at, starting=step, uptime=0.0)

    assert ["slow_start"] == kinds(paper)


def test_lost_connections_are_flapping_whatever_their_number(paper: Any) -> None:
    """They never make a loop or an outage."""
    for at in range(50):
        paper.fails(float(at), exception=LOST, charged=False, uptime=1.0)

    assert ["flapping"] == kinds(paper)


def test_a_child_that_fails_more_than_all_others_is_flaky(paper: Any) -> None:
    """At any time, for any reason."""
    paper.fails(0.0, "/sessions/bob/t")
    for at in (100.0, 5000.0, 9000.0, 20_000.0):
        paper.fails(at, cause=str(at), uptime=at)

    assert ["noise", "flaky"] == kinds(paper)


def test_a_single_flaky_child_is_given_a_budget_of_its_own(paper: Any) -> None:
    """Without one the supervisor gave up for it; with it the child alone is parked."""
    paper.loop("/sessions/ada/t1", 4, last="give_up").fails(50.0, "/sessions/bob/t")
    found = tuned(paper)

    assert ["child_budget", "unpark_after"] == knobs(found)
    assert found.before.ended is not None
    assert found.after.ended is None
    assert found.after.parks > 0
    assert found.after.running_share("bob/t") > 0.9 > found.before.running_share("bob/t")


def test_a_child_budget_stands_above_what_healthy_children_fail(paper: Any) -> None:
    """Children that recover each time are not parked beside the one that does not."""
    paper.loop("/sessions/ada/t1", 9)
    for child in range(10):
        for number in range(4):
            paper.fails(100.0 * child + 14.0 * number, f"/sessions/u{child}/t", cause=f"{child} {number}", uptime=13.0)
    found = tuned(paper)

    assert found.new.child_budget is not None
    assert 5 == found.new.child_budget.max_restarts
    assert [0.0] == [round(1.0 - found.after.running_share(name), 1) for name in found.after.children if name == "u3/t"]


def test_an_outage_speaks_for_a_hold_and_for_waits_as_long_as_itself(paper: Any) -> None:
    """Each with its number, from the length and the width of the outage."""
    found = tuned(paper.outage(12, 100.0))

    assert ["backoff.maximum", "hold"] == [knob for knob in knobs(found) if knob in ("backoff.maximum", "hold")]
    assert found.new.backoff.maximum >= 60.0
    assert Hold(6, 1.0) == found.new.hold


def test_a_loop_slower_than_the_reset_speaks_for_a_longer_one(paper: Any) -> None:
    """Else each life begins the waits anew."""
    old = RestartPolicy(budget="unlimited", backoff=Backoff(reset_after=5.0))
    for number in range(8):
        paper.fails(number * 10.0, uptime=9.0)
    found = tuned(paper, old)

    assert found.new.backoff.reset_after > 9.0
    assert found.after.restarts < found.before.restarts


def test_charged_connections_speak_for_a_row_that_is_free(paper: Any) -> None:
    """A user whose connection flaps is not parked for it."""
    for at in range(8):
        paper.fails(at * 2.0, exception=LOST, uptime=1.5)
    found = tuned(paper, RestartPolicy(child_budget=Budget(3, 20.0), unpark_after=60.0))

    assert Restart(charged=False) == found.new.decide[WebSocketConnectionLostError]
    assert (1, 0) == (found.before.parks, found.after.parks)


@pytest.mark.parametrize(("pause", "knob"), [(1.3, "budget"), (0.7, "child_budget")])
def test_healthy_failures_stay_within_the_budget_that_is_proposed(paper: Any, pause: float, knob: str) -> None:
    """The noise of a busy host is no reason to give up; of a very busy one it is each child's own matter."""
    for number in range(60):
        paper.fails(number * pause, f"/sessions/u{number}/t", cause=str(number))
    found = tuned(paper)

    assert knob == knobs(found)[0]
    assert found.before.ended is not None
    assert found.after.ended is None


def test_nothing_is_proposed_where_nothing_speaks_against_the_policy(paper: Any) -> None:
    """A failure now and then is what restarts are for."""
    found = tuned(paper.fails(0.0).fails(4000.0, "/sessions/bob/t"), SESSIONS_POLICY)

    assert not found.changed
    assert found.new is found.old
    assert "nothing to propose" in found.text("sessions")


def test_every_change_has_a_reason_in_a_sentence(paper: Any) -> None:
    """And nothing else is changed."""
    old = RestartPolicy()
    found = tuned(paper.loop("/sessions/ada/t1", 7).outage(9, 90.0, at=500.0), old)
    changed = {
        name
        for name in ("budget", "child_budget", "hold", "unpark_after")
        if getattr(found.new, name) != getattr(old, name)
    }

    assert changed == {knob for knob in knobs(found) if "." not in knob}
    assert all(reason.why.endswith(".") and " " in reason.why for reason in found.reasons)


lapses = st.builds(
    Lapse,
    at=st.floats(0, 1e6),
    supervisor=st.just("/sessions"),
    child=st.one_of(st.text(max_size=4), st.sampled_from(["/sessions/a/t", "/sessions/b/t", "/sessions/c/t"])),
    kind=st.just("session"),
    template=st.just("/sessions/{session}"),
    fingerprint=st.sampled_from("xyz"),
    exception=st.sampled_from(["builtins.ValueError", "a.B", LOST, "", "builtins.UnicodeDecodeError"]),
    uptime=st.floats(0, 1e5),
    starting=st.booleans(),
    charged=st.booleans(),
    parked=st.booleans(),
)
clusters = st.builds(
    lambda many, at, width: [
        Lapse(
            at + (lapse.at % width),
            *[getattr(lapse, name) for name in Lapse.__slots__ if name not in ("at", "__weakref__")],
        )
        for lapse in many
    ],
    st.lists(lapses, min_size=1, max_size=40),
    st.floats(0, 1e5),
    st.floats(0.5, 500.0),
)
policies = st.sampled_from(
    [
        RestartPolicy(),
        SESSIONS_POLICY,
        RestartPolicy(strategy="rest_for_one"),
        RestartPolicy(budget="unlimited", backoff=Backoff(initial=0.0, maximum=0.0, reset_after=0.0)),
        RestartPolicy(budget=Budget(20, 1000.0), backoff=Backoff(maximum=40.0, factor=3.0)),
        RestartPolicy(child_budget=Budget(1, 0.5), hold=Hold(2, 0.1), unpark_after=0.5),
    ]
)


@pytest.mark.filterwarnings("ignore::stentor.supervisor.PolicyWarning")
@given(st.one_of(st.lists(lapses, min_size=1, max_size=30), clusters), policies)
def test_no_proposal_is_one_that_a_policy_refuses(many: list[Lapse], old: RestartPolicy) -> None:
    """Whatever the ledger: the proposal passes its own check, can be simulated, printed, and read from a file."""
    found = tune(sorted(many, key=lambda lapse: lapse.at), old, "/sessions")

    assert sum(len(pattern.lapses) for pattern in found.found) == len(many)
    assert found.changed == (found.new != old)
    assert found.text("sessions")
    assert msgspec.json.encode(found.to_dict("sessions"))


# The ledger


class Crasher(Actor):
    """Fails when told to."""

    def on_receive(self, message: object) -> None:
        """Fail."""
        raise ValueError(message)


def test_a_ledger_as_a_runtime_exports_it_is_read() -> None:
    """The real thing, from a crash to its line."""

    async def ledger() -> str:
        async with Runtime(children=[ChildSpec("crasher", Crasher)]) as runtime:
            crasher = (await runtime.supervisor("/children").which_child("crasher")).ref
            crasher.tell("a test")
            await ManualClock().settle()
            runtime.kill("/sessions", "a test")
            await ManualClock().settle()
            assert 2 == len(runtime.failures())
            return runtime.failures().export()

    # What an operator killed says nothing about its children.
    (lapse,) = read_ledger(asyncio.run(ledger()).splitlines())

    assert ("/children", "/children/crasher", "worker") == (lapse.supervisor, lapse.child, lapse.kind)
    assert lapse.charged


@pytest.mark.parametrize("line", ["{", "[]", "5", '{"schema": "other"}', '{"schema": "stentor.failure/1"}', "\xff"])
def test_a_line_that_is_none_of_a_ledger_is_named_by_its_number(paper: Any, line: str) -> None:
    """A typed error with the line."""
    with pytest.raises(BadUsage, match="ledger:2: is no line of a ledger") as caught:
        read_ledger([*paper.fails(0.0).lines, line.encode("latin-1")])

    assert 2 == caught.value.details["line"]


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run ``stentor tune`` and return its exit code and output."""
    code = main(["tune", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_prints_reasons_timelines_and_a_file(
    paper: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it prints at the end can be pasted into ``stentor.toml``."""
    code, out, err = run(capsys, paper.outage(12, 100.0).write(tmp_path / "ledger.jsonl"))
    (tmp_path / "stentor.toml").write_text(out[out.index("[policy.sessions") :], encoding="utf-8")

    assert (0, "") == (code, err)
    assert "outage: 12 children (/sessions/user0/t, …) failed with ProviderDown together" in out
    assert "A model of the busiest hour, not a replay" in out
    assert "old policy" in out
    assert " user0/t " in out
    assert "strategy" not in out[out.index("[policy.sessions") :]
    assert "| new policy" in out
    assert load(tmp_path / "stentor.toml").policies["sessions"].hold == Hold(6, 1.0)


def test_the_command_takes_the_policy_from_a_file(
    paper: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--policy FILE:NAME``; JSON on demand."""
    (tmp_path / "stentor.toml").write_text("[policy.mine]\nbudget = 'unlimited'\n", encoding="utf-8")
    ledger = paper.loop("/sessions/ada/t1", 6).write(tmp_path / "l.jsonl")
    code, out, _ = run(capsys, ledger, "--policy", f"{tmp_path / 'stentor.toml'}:mine", "--json")
    told = msgspec.json.decode(out)

    assert 0 == code
    assert ("unlimited", "stentor.tuning/1") == (told["old"]["budget"], told["schema"])
    assert "child_budget" in [reason["knob"] for reason in told["reasons"]]


def test_the_command_says_that_a_ledger_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, and by its exit code."""
    (tmp_path / "l.jsonl").write_text("", encoding="utf-8")
    code, out, err = run(capsys, str(tmp_path / "l.jsonl"))

    assert (1, "") == (code, out)
    assert "holds no failure" in err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--supervisor", "/nobody"), "no failure under '/nobody'; there are: /sessions"),
        (("--policy", "nowhere.toml:mine"), "nowhere.toml: can not be read"),
    ],
)
def test_the_command_refuses_what_is_not_there(
    paper: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, str], words: str
) -> None:
    """With exit code 2 and what there is."""
    code, _, err = run(capsys, paper.fails(0.0).write(tmp_path / "l.jsonl"), *more)

    assert 2 == code
    assert words in err


def test_the_command_names_a_bad_line_and_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2."""
    (tmp_path / "l.jsonl").write_text("\nnonsense\n", encoding="utf-8")

    assert 2 == run(capsys, str(tmp_path / "l.jsonl"))[0]
    assert "l.jsonl:2: is no line of a ledger" in run(capsys, str(tmp_path / "l.jsonl"))[2]
    assert "No such file" in run(capsys, str(tmp_path / "nowhere.jsonl"))[2]
