"""The contracts of ownership, inbox, runs and hints, which every adapter keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stentor.actors.ports import New, Repeated
from stentor.protocol import Append
from stentor.protocol.errors import Fenced

Ask = Callable[[Any], Awaitable[Any]]
S = "ada/t1"


async def test_each_claim_has_the_next_generation(store: Any, ask: Ask) -> None:
    """1, 2, 3 … in memory too."""
    gens = [(await ask(store.ownership.claim(S, "node", True)))[0].gen for _ in range(3)]

    assert [1, 2, 3] == gens


async def test_a_claim_tells_where_the_log_stands(store: Any, ask: Ask) -> None:
    """A new owner begins with the log's position."""
    await ask(store.log.append([Append(S, None, "w", 1, (b"a", b"b"))]))
    _, state = await ask(store.ownership.claim(S, "node", False))

    assert (2, 0) == (state.head, state.floor)


async def test_a_claim_without_force_respects_the_owner(store: Any, ask: Ask) -> None:
    """It names who holds the session."""
    await ask(store.ownership.claim(S, "a", False))

    with pytest.raises(Fenced, match="a"):
        await ask(store.ownership.claim(S, "b", False))


async def test_a_take_over_fences_the_old_token(store: Any, ask: Ask) -> None:
    """The old owner can not attach any more."""
    old, _ = await ask(store.ownership.claim(S, "a", False))
    await ask(store.ownership.claim(S, "b", True))

    assert "b" == await ask(store.ownership.owner(S))
    with pytest.raises(Fenced):
        await ask(store.ownership.attach(old, ""))


async def test_a_release_frees_the_session_only_for_its_owner(store: Any, ask: Ask) -> None:
    """An old owner's release is without effect."""
    old, _ = await ask(store.ownership.claim(S, "a", False))
    new, _ = await ask(store.ownership.claim(S, "b", True))
    await ask(store.ownership.release(old))
    still = await ask(store.ownership.owner(S))
    await ask(store.ownership.release(new))

    assert ("b", None) == (still, await ask(store.ownership.owner(S)))


async def test_an_owner_can_ask_whether_it_still_is_one_and_learns_whose_tab_is_there(store: Any, ask: Ask) -> None:
    """So that it can tell its own client whether that was its own tab."""
    old, _ = await ask(store.ownership.claim(S, "a", False))
    await ask(store.ownership.attach(old, "", "tab1"))
    await ask(store.ownership.verify(old))
    new, _ = await ask(store.ownership.claim(S, "b", True))
    await ask(store.ownership.attach(new, "", "tab2"))

    with pytest.raises(Fenced) as caught:
        await ask(store.ownership.verify(old))
    assert ("b", "tab2") == (caught.value.details["current"], caught.value.details["tab"])


async def test_connections_are_never_numbered_alike(store: Any, ask: Ask) -> None:
    """Over consumers and claims."""
    token, _ = await ask(store.ownership.claim(S, "a", False))
    conns = [await ask(store.ownership.attach(token, c)) for c in ("x", "y", "x")]
    token, _ = await ask(store.ownership.claim(S, "a", False))
    conns.append(await ask(store.ownership.attach(token, "x")))

    assert sorted(set(conns)) == conns


async def test_a_message_is_taken_once(store: Any, ask: Ask) -> None:
    """The repeated one gets the first one's answer."""
    token, _ = await ask(store.ownership.claim(S, "a", False))
    first = await ask(store.inbox.accept(S, "tab", 1, token, b"hi"))
    early = await ask(store.inbox.accept(S, "tab", 1, token, b"hi"))
    await ask(store.inbox.answer(S, "tab", 1, "yes"))
    late = await ask(store.inbox.accept(S, "tab", 1, token, b"hi"))

    assert isinstance(first, New)
    assert (Repeated(None, "a"), Repeated("yes", "a")) == (early, late)


async def test_who_took_a_message_answers_it_also_when_the_session_moved(store: Any, ask: Ask) -> None:
    """The new owner learns who has it in hand, and what was answered first."""
    old, _ = await ask(store.ownership.claim(S, "a", False))
    await ask(store.inbox.accept(S, "tab", 1, old, b"hi"))
    new, _ = await ask(store.ownership.claim(S, "b", True))
    early = await ask(store.inbox.accept(S, "tab", 1, new, b"hi"))
    await ask(store.inbox.answer(S, "tab", 1, "yes"))
    await ask(store.inbox.answer(S, "tab", 1, "no"))
    late = await ask(store.inbox.accept(S, "tab", 1, new, b"hi"))

    assert (Repeated(None, "a"), Repeated("yes", "a")) == (early, late)


async def test_a_message_older_than_all_that_are_kept_is_a_repeated_one(store: Any, ask: Ask) -> None:
    """A tab counts without a gap; what the answer was is forgotten."""
    token, _ = await ask(store.ownership.claim(S, "a", False))
    for cid in range(1, 301):
        await ask(store.inbox.accept(S, "tab", cid, token, b"hi"))
    again = await ask(store.inbox.accept(S, "tab", 7, token, b"hi"))

    assert (Repeated, True) == (type(again), again.forgotten)


async def test_of_many_tabs_those_that_spoke_last_are_remembered(store: Any, ask: Ask) -> None:
    """Not those that came last."""
    token, _ = await ask(store.ownership.claim(S, "a", False))
    for number in range(100):
        await ask(store.inbox.accept(S, f"tab{number}", 1, token, b"hi"))
        await ask(store.inbox.accept(S, "first", number + 1, token, b"hi"))
        await ask(store.inbox.answer(S, "first", number + 1, f"answer {number + 1}"))
    again = await ask(store.inbox.accept(S, "first", 1, token, b"hi"))

    assert Repeated("answer 1", "a") == again


async def test_tabs_count_for_themselves(store: Any, ask: Ask) -> None:
    """The same number in another tab is another message."""
    token, _ = await ask(store.ownership.claim(S, "a", False))
    answers = [await ask(store.inbox.accept(S, tab, 1, token, b"hi")) for tab in ("x", "y")]

    assert [New, New] == [type(a) for a in answers]


async def test_a_fenced_owner_takes_no_messages(store: Any, ask: Ask) -> None:
    """The generation is checked inside the operation."""
    old, _ = await ask(store.ownership.claim(S, "a", False))
    await ask(store.ownership.claim(S, "b", True))

    with pytest.raises(Fenced):
        await ask(store.inbox.accept(S, "tab", 1, old, b"hi"))


async def test_a_run_that_moved_can_not_be_closed_by_its_old_process(store: Any, ask: Ask) -> None:
    """run_gen fences runs as gen fences sessions."""
    gen = await ask(store.runs.open("r1", S, "a"))
    new = await ask(store.runs.reopen("r1", "b"))

    with pytest.raises(Fenced):
        await ask(store.runs.close("r1", gen, "completed"))
    await ask(store.runs.close("r1", new, "completed"))


async def test_a_request_to_cancel_reaches_the_node_of_the_run(store: Any, ask: Ask) -> None:
    """Whoever asks, wherever."""
    await ask(store.runs.open("r1", S, "a"))
    await ask(store.runs.open("r2", S, "b"))
    await ask(store.runs.request_cancel("r1"))

    assert (["r1"], []) == (
        await ask(store.runs.cancel_requested("a")),
        await ask(store.runs.cancel_requested("b")),
    )


async def test_a_hint_reaches_its_node_and_no_other(store: Any, ask: Ask) -> None:
    """Hints are addressed."""
    heard: list[tuple[str, str, int]] = []
    for node in ("a", "b"):
        store.hints.subscribe(node, lambda session, head, node=node: heard.append((node, session, head)))
    store.hints.publish("a", [(S, 7)])

    assert [("a", S, 7)] == heard
