"""The snapshot of the tree, and the tree as text."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Any

import pytest
from stentor.actors import Actor, Directory, ManualClock
from stentor.protocol.errors import NotFound, StoreUnavailable
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._actor_info import ActorInfo, LastFailure
from stentor.supervisor.tree._snapshot import TreeSnapshot, snapshot
from stentor.supervisor.tree._supervisor import Supervisor
from stentor.supervisor.tree._tree_text import tree_text

POLICY = RestartPolicy(
    budget=Budget(5, 60.0), backoff=Backoff(initial=2.0, factor=2.0, maximum=30.0, jitter=0.0, reset_after=60.0)
)


class Worker(Actor):
    """Fails when it is told to; waits when it is told to."""

    async def on_receive(self, message: Any) -> None:
        """Fail, or wait."""
        if message == "fail":
            raise StoreUnavailable("the disk is full")
        await asyncio.Event().wait()


async def drain() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def a_tree(directory: Directory, clock: ManualClock, record: Record) -> tuple[Any, list[Any]]:
    """Start a root with two workers and a supervisor below it that has one."""
    inner = ChildSpec(
        id="inner",
        actor=Supervisor,
        kind="supervisor",
        kwargs={"policy": POLICY, "children": [ChildSpec(id="deep", actor=Worker)], "clock": clock},
    )
    specs = [ChildSpec(id="first", actor=Worker), ChildSpec(id="second", actor=Worker), inner]
    root = await Supervisor.start_async(
        policy=POLICY, children=specs, clock=clock, path="", directory=directory, recorder=record
    )
    return root, [child.ref for child in await root.proxy().which_children()]


async def test_a_snapshot_shows_state_mailbox_budget_and_backoff() -> None:
    """Everything that an operator asks first."""
    directory, clock = Directory(), ManualClock()
    record = Record(clock=clock)
    root, (first, second, _) = await a_tree(directory, clock, record)
    first.tell("fail")
    second.tell("wait")
    await drain()
    second.tell("later")
    clock.advance(0.5)
    tree = snapshot(directory, clock)
    failed, waiting = tree["/first"], tree["/second"]
    root.stop(block=False)
    await drain()

    assert ["", "/first", "/second", "/inner", "/inner/deep"] == [info.path for info in tree]
    assert ("restarting", 1, 4, 5, 60.0) == (
        failed.state,
        failed.restarts,
        failed.budget_left,
        failed.max_restarts,
        failed.window_s,
    )
    assert (1.5, clock.wall() + 1.5) == (failed.backoff_s, failed.next_attempt_at)
    assert LastFailure(record.failures()[0]["id"], "store_unavailable") == failed.last_failure
    assert ("running", 1, 0.5, 0.5, None) == (
        waiting.state,
        waiting.mailbox_depth,
        waiting.mailbox_oldest_s,
        waiting.uptime_s,
        waiting.backoff_s,
    )
    assert ("supervisor", 1) == (tree["/inner"].kind, tree["/inner"].policy_rev)
    assert "one_for_one 5/60s" == tree["/inner"].policy
    assert ["/first", "/second", "/inner"] == [info.path for info in tree.children("/")]


async def test_a_stopped_child_is_still_shown() -> None:
    """Its supervisor keeps its spec."""
    directory, clock = Directory(), ManualClock()
    root, _ = await a_tree(directory, clock, Record(clock=clock))
    await root.proxy().terminate_child("first")
    tree = snapshot(directory, clock)
    root.stop(block=False)
    await drain()

    assert "stopped" == tree["/first"].state


async def test_a_snapshot_is_taken_while_the_loop_is_blocked() -> None:
    """That is when it is needed most."""
    directory, clock = Directory(), ManualClock()
    root, _ = await a_tree(directory, clock, Record(clock=clock))
    taken: list[TreeSnapshot] = []
    thread = threading.Thread(target=lambda: taken.append(snapshot(directory, clock)))
    thread.start()
    thread.join(10)  # Blocks this loop: no actor can run until it is done.
    root.stop(block=False)
    await drain()

    assert [5] == [len(tree) for tree in taken]


async def test_a_snapshot_does_not_change() -> None:
    """It is of its moment."""
    directory, clock = Directory(), ManualClock()
    root, (first, *_) = await a_tree(directory, clock, Record(clock=clock))
    tree = snapshot(directory, clock)
    before = repr(tree)
    first.tell("fail")
    await drain()
    root.stop(block=False)
    await drain()

    assert before == repr(tree)
    with pytest.raises(NotFound):
        tree["/third"]


async def test_children_of_a_list_stand_in_the_order_of_their_start_and_others_by_name() -> None:
    """Under ``rest_for_one`` the order says who goes with whom."""
    directory = Directory()
    dynamic = ChildSpec(
        "a-pool", Supervisor, kind="supervisor", kwargs={"dynamic": True, "template": ChildSpec("w", Worker)}
    )
    specs = [ChildSpec("z", Worker), ChildSpec("m", Worker), dynamic]
    root = await Supervisor.start_async(children=specs, path="", directory=directory)
    pool = (await root.proxy().which_child("a-pool")).ref.proxy()
    for name in ("2", "1", "3"):
        await pool.start_child(id=name)
    tree = snapshot(directory)
    asked = await root.proxy().tree()
    below = await pool.tree()
    root.stop(block=False)
    await drain()
    order = ["", "/z", "/m", "/a-pool", "/a-pool/1", "/a-pool/2", "/a-pool/3"]

    assert order == [info.path for info in tree] == [info.path for info in asked]
    assert order[3:] == [info.path for info in below]
    names = [line.lstrip("├─└│ ").split(" ")[0] for line in repr(tree).splitlines()[1:]]
    assert ["/", "z", "m", "a-pool", "1", "2", "3"] == names


async def test_a_supervisor_without_a_directory_tells_what_is_below_it() -> None:
    """A stopped child too, with what the supervisor knows of it."""
    inner = ChildSpec("in", Supervisor, kind="supervisor", kwargs={"children": [ChildSpec("x", Worker)]})
    ref = await Supervisor.start_async(children=[inner, ChildSpec("a", Worker)], path="/top")
    await ref.proxy().terminate_child("a")
    tree = await ref.proxy().tree()
    ref.stop(block=False)
    await drain()

    assert ["/top", "/top/in", "/top/in/x", "/top/a"] == [info.path for info in tree]
    assert "stopped" == tree["/top/a"].state


def infos(*found: ActorInfo) -> dict[str, ActorInfo]:
    """Return them by path."""
    return {info.path: info for info in found}


def actor(path: str, state: str = "running", **facts: Any) -> ActorInfo:
    """Return an actor of the first life."""
    return ActorInfo(path=path, kind=facts.pop("kind", "worker"), state=state, incarnation=1, **facts)


def test_a_tree_prints_well() -> None:
    """Lines, words, columns."""
    failure = LastFailure("0" * 24 + "000000ab", "store_unavailable")
    budget: dict[str, Any] = {"max_restarts": 5, "window_s": 60.0, "kind": "session"}
    text = tree_text(
        infos(
            actor("", kind="supervisor", policy="rest_for_one 3/5s", policy_rev=1),
            actor("/runs", kind="supervisor", policy="one_for_one unlimited", policy_rev=2),
            actor(
                "/sessions",
                kind="supervisor",
                policy="one_for_one 3/5s",
                policy_rev=1,
                mailbox_depth=2,
                mailbox_oldest_s=0.4,
            ),
            actor(
                "/sessions/ada/t1",
                "restarting",
                restarts=2,
                budget_left=3,
                backoff_s=1.5,
                last_failure=failure,
                **budget,
            ),
            actor("/sessions/bob/t1", restarts=0, budget_left=5, **budget),
        )
    )
    lines = text.splitlines()

    assert [
        "actor|kind|state|life|waiting|restarts|budget left|next try|last failure|policy",
        "/|supervisor|running|1|0|–|–|–|–|rest_for_one 3/5s",
        "├─ runs|supervisor|running|1|0|–|–|–|–|one_for_one unlimited, rev 2",
        "└─ sessions|supervisor|running|1|2, 0.4 s|–|–|–|–|one_for_one 3/5s",
        "|├─ ada/t1|session|restarting|1|0|2|3 of 5 in 60 s|in 1.5 s|store_unavailable 000000ab|–",
        "|└─ bob/t1|session|running|1|0|0|5 of 5 in 60 s|–|–|–",
    ] == [re.sub(" {2,}", "|", line) for line in lines]
    at = lines[0].index("policy")
    assert ["rest", "one_", "one_", "–", "–"] == [line[at : at + 4] for line in lines[1:]]


def test_of_many_siblings_the_troubled_ones_are_shown() -> None:
    """A tree of a hundred thousand sessions must fit a terminal."""
    many = [actor(f"/sessions/u{number:04}/t") for number in range(2_000)]
    many[1_234] = actor("/sessions/u1234/t", "parked")
    text = tree_text(infos(actor(""), actor("/sessions"), *many))

    assert 1 + 2 + 20 + 1 == len(text.splitlines())
    assert "u1234/t" in text
    assert text.endswith("└─ … 1,980 more: 1,980 running")


def test_nothing_in_a_tree_is_obeyed_by_a_terminal() -> None:
    """Names of sessions come from users."""
    text = tree_text(infos(actor("/x\x1b[2J\u202e\n", kind="k\x07")))

    assert text.replace("\n", "").isprintable()
    assert "/x\\x1b[2J\\u202e\\n" in text


def test_a_part_of_a_tree_can_be_shown() -> None:
    """From one actor down."""
    tree = TreeSnapshot(infos(actor(""), actor("/a"), actor("/a/b"), actor("/c")), 0.0)

    assert ["/a", "└─ b"] == [line.split("  ")[0] for line in tree.text("/a").splitlines()[1:]]
