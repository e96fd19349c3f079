"""Paths that an operator names: who stands there, or in words why it can not be had."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import stentor
from stentor.protocol.errors import NotFound

from .conftest import until


class Echo(stentor.Actor):
    """Answers."""

    def on_receive(self, message: object) -> object:
        return message


SLOW = stentor.RestartPolicy(
    child_budget=stentor.Budget(1, 4000.0), backoff=stentor.Backoff(initial=3600.0, maximum=3600.0, jitter=0.0)
)


@pytest.fixture
async def runtime() -> AsyncGenerator[stentor.Runtime]:
    async with stentor.Runtime(sessions=SLOW, children=[stentor.ChildSpec("echo", Echo)], drain=0.1) as running:
        await running.session(user_id="ada", thread_id="t1")
        yield running


async def test_a_restarting_actor_is_not_killed_again(runtime: stentor.Runtime) -> None:
    """No incarnation is there; the one failure stands on record."""
    runtime.kill("/sessions/ada/t1", "try")
    await until(lambda: runtime.failures())

    with pytest.raises(stentor.Refused, match="no incarnation runs at /sessions/ada/t1: it is restarting"):
        runtime.kill("/sessions/ada/t1", "again")
    assert 1 == len(runtime.failures())


async def test_a_parked_actor_is_not_killed(runtime: stentor.Runtime) -> None:
    """It says so."""
    await runtime.supervisor("/sessions").park_child("ada/t1")

    with pytest.raises(stentor.Refused, match="no incarnation runs at /sessions/ada/t1: it is parked"):
        runtime.kill("/sessions/ada/t1", "try")


@pytest.mark.parametrize("reason", ["", "  ", None])
async def test_a_kill_without_a_reason_is_refused(runtime: stentor.Runtime, reason: str) -> None:
    """The record would not say why."""
    with pytest.raises(stentor.BadUsage, match="reason is"):
        runtime.kill("/sessions/ada/t1", reason)
    assert 0 == len(runtime.failures())


async def test_who_is_no_supervisor_is_called_what_it_is(runtime: stentor.Runtime) -> None:
    """It is there, after all."""
    with pytest.raises(stentor.Refused, match=r"^/children/echo is a worker, no supervisor$"):
        runtime.supervisor("/children/echo")


async def test_a_path_without_its_slash_is_guessed(runtime: stentor.Runtime) -> None:
    """Where somebody stands at what was meant."""
    with pytest.raises(NotFound, match=r"^there is no 'children'; did you mean '/children'\?$"):
        runtime.supervisor("children")
    with pytest.raises(NotFound, match=r"^there is no 'nowhere'$"):
        runtime.supervisor("nowhere")
    with pytest.raises(NotFound, match="did you mean"):
        runtime.kill("sessions/ada/t1", "try")


async def test_an_actor_of_the_hosts_own_has_a_public_address(runtime: stentor.Runtime) -> None:
    """It can be asked."""
    ref = runtime.ref("/children/echo")

    assert ("hello", "/children/echo") == (await ref.ask("hello", block=False), ref.path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/sessions/ada/t1", r"runtime\.session"),
        ("/sessions", r"runtime\.session"),
        ("/gateway", r"runtime\.serve"),
        ("/runs", r"session\.run"),
        ("/children", r"runtime\.supervisor"),
        ("/", r"runtime\.supervisor"),
    ],
)
async def test_no_public_path_hands_out_the_address_of_an_actor_of_ours(
    runtime: stentor.Runtime, path: str, words: str
) -> None:
    """What to use instead is said."""
    with pytest.raises(stentor.Refused, match=words):
        runtime.ref(path)


def test_a_synchronous_host_asks_its_own_actors() -> None:
    """By get, or by an ask that blocks."""
    with stentor.Runtime.in_thread(children=[stentor.ChildSpec("echo", Echo)], drain=0.1) as runtime:
        assert "hello" == runtime.ref("/children/echo").ask("hello", timeout=5)
