"""A ThreadActor that waits for its own answer: its thread is the only one that could give it."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.actors import Actor, ThreadActor
from stentor.protocol.errors import WouldDeadlock

PATIENCE = 10.0


class Selfish(ThreadActor):
    """Waits as it is told to, and says what came of that."""

    def on_receive(self, message: Any) -> Any:
        """Wait for itself, or answer."""
        if message == "plain":
            return "answered"
        try:
            return getattr(self, message)()
        except WouldDeadlock as refusal:
            return refusal

    def asks(self) -> Any:
        """Ask and wait."""
        return self.actor_ref.ask("plain")

    def asks_for_a_while(self) -> Any:
        """Ask and wait with an end."""
        return self.actor_ref.ask("plain", timeout=PATIENCE)

    def gets(self) -> Any:
        """Ask, then wait."""
        return self.actor_ref.ask("plain", block=False).get()

    def calls(self) -> Any:
        """Call its own proxy."""
        return self.actor_ref.proxy().on_receive("plain").get()

    def maps(self) -> Any:
        """Wait for what comes of the answer."""
        return self.actor_ref.ask("plain", block=False).map(str).get()

    def stops(self) -> Any:
        """Stop itself and wait for that."""
        return self.actor_ref.stop()

    def outlives(self) -> Any:
        """Wait for its own end."""
        return self.actor_stopped.wait(PATIENCE)


@pytest.mark.parametrize("way", ["asks", "asks_for_a_while", "gets", "calls", "maps", "stops", "outlives"])
def test_a_thread_that_would_wait_for_itself_is_refused_at_once(way: str) -> None:
    """Like a loop that would: ``WouldDeadlock``, and the actor goes on."""
    ref = Selfish.start()

    assert WouldDeadlock is type(ref.ask(way, timeout=PATIENCE))
    assert "answered" == ref.ask("plain", timeout=PATIENCE)
    ref.stop()


def test_what_was_refused_was_not_sent() -> None:
    """A blocking ask and a blocking stop look before they send."""
    ref = Selfish.start()
    for way in ("asks", "stops"):
        ref.ask(way, timeout=PATIENCE)

    assert ref.actor_inbox.empty()
    assert ref.is_alive()
    ref.stop()


def test_a_thread_may_wait_for_others_and_others_for_it() -> None:
    """It is only for itself that it can not wait: another one is asked, started and stopped as ever."""

    class Asker(ThreadActor):
        def on_receive(self, message: Any) -> Any:
            other = Selfish.start()
            answer = message.ask("plain", timeout=PATIENCE), other.ask("plain", timeout=PATIENCE)
            other.stop()
            return answer

    class Loop(Actor):
        def on_receive(self, message: Any) -> Any:
            return message

    refs = [Asker.start(), Selfish.start(), Loop.start()]

    assert ("answered", "answered") == refs[0].ask(refs[1], timeout=PATIENCE)
    assert ("plain", "answered") == refs[0].ask(refs[2], timeout=PATIENCE)
    for ref in refs:
        ref.stop()
