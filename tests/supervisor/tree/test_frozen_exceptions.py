"""A supervisor and its record deal with exceptions that refuse every assignment like with any other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import attrs
import pytest
from stentor.actors import Actor, Directory, Estate, ManualClock
from stentor.protocol.errors import Refused
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor


@attrs.frozen
class AttrsFrozen(Exception):
    number: int = 1


@dataclass(frozen=True)
class DataFrozen(Exception):
    number: int = 1


class Closed(Exception):
    def __setattr__(self, name: str, value: Any) -> None:
        raise RuntimeError(f"{name} may not be set")


@dataclass(frozen=True)
class FrozenRefusal(Refused):
    number: int = 1


class Raiser(Actor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, type):
            raise message()
        return message


@pytest.mark.parametrize("kind", [AttrsFrozen, DataFrozen, Closed])
async def test_a_child_that_fails_with_it_is_restarted(kind: Any) -> None:
    """And its asker is answered."""
    policy = RestartPolicy(backoff=Backoff(initial=0.0, jitter=0.0))
    clock, record, directory = ManualClock(), Record(), Directory()
    ref = await Supervisor.start_async(
        children=[ChildSpec("a", Raiser)], policy=policy, clock=clock, recorder=record, directory=directory, path=""
    )
    child = directory.get("/a")
    assert child is not None

    async with asyncio.timeout(5):
        with pytest.raises(kind):
            await child.ref.ask(kind, block=False)
        await clock.run(0.0)

    assert (2, "running") == (child.incarnation, child.state)
    assert await child.ref.ask("back", block=False) == "back"
    await ref.stop(block=False)


@pytest.mark.parametrize("kind", [AttrsFrozen, DataFrozen, Closed])
async def test_it_can_be_escalated(kind: Any) -> None:
    """The supervisor ends with the child's own exception, and names the child's failure."""
    clock, record, directory = ManualClock(), Record(), Directory()
    ref = await Supervisor.start_async(
        children=[ChildSpec("a", Raiser)],
        policy=RestartPolicy(decide={kind: "escalate"}),
        clock=clock,
        recorder=record,
        directory=directory,
        path="",
    )
    child = directory.get("/a")
    assert child is not None

    child.ref.tell(kind)
    await clock.settle()

    assert not ref.is_alive()
    below, own = [entry.failure for entry in record.entries() if entry.failure is not None][-2:]
    assert (kind, kind) == (type(below.exception), type(own.exception))
    assert below.id == own.parent_id


async def test_a_refusal_by_tell_is_recorded() -> None:
    """Nobody else would hear of it."""
    record = Record(clock=ManualClock())
    estate = Estate(Raiser, recorder=record)
    estate.launch()
    estate.ref.tell(FrozenRefusal)

    assert await estate.ref.ask("still here", block=False) == "still here"
    assert ["refused"] == [entry.kind for entry in record.entries()]
    estate.close("test")
