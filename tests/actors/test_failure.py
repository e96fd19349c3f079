"""Failures: plain tuples of frames, cheap to make, complete to read."""

from __future__ import annotations

import linecache
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from stentor.actors import Actor, Directory, Faults, RingRecorder
from stentor.actors.guarded._failure import capture_chain, capture_frames

ACTORS = str(Path(__import__("stentor.actors", fromlist=["x"]).__file__).parent)


class Deep(Actor):
    def on_receive(self, message: Any) -> Any:
        try:
            self.inner()
        except KeyError as error:
            raise ValueError("outer") from error

    def inner(self) -> None:
        raise KeyError("inner")


async def failure_of(house: Any, actor: Any) -> Any:
    estate = house.estate(actor)
    estate.launch()
    estate.ref.tell("go")
    await house.settle()
    estate.close("test")
    return house.parent.heard[0].failure


async def test_frames_are_plain_tuples_without_the_dispatchers_own(house: Any) -> None:
    """File, line and function, outermost first."""
    failure = await failure_of(house, Deep)

    ((file, line, function),) = failure.frames
    assert (Path(file).name, function) == (Path(__file__).name, "on_receive")
    assert linecache.getline(file, line).strip() == 'raise ValueError("outer") from error'
    assert not any(frame[0].startswith(ACTORS) for frame in failure.frames)
    assert pickle.loads(pickle.dumps(failure.frames)) == failure.frames


async def test_the_chain_has_causes_with_their_frames(house: Any) -> None:
    """Nearest first, and says whether it was a cause or a context."""
    failure = await failure_of(house, Deep)

    ((relation, exception, frames),) = failure.chain
    assert (relation, str(exception)) == ("cause", "'inner'")
    assert [function for _, _, function in frames] == ["on_receive", "inner"]


def test_a_suppressed_context_is_left_out_and_a_cycle_ends() -> None:
    """Whatever an exception points at, capturing it returns."""
    first, second = ValueError("first"), ValueError("second")
    first.__context__ = second
    second.__context__ = first
    hidden = ValueError("hidden")
    hidden.__context__ = first
    hidden.__suppress_context__ = True

    assert [("context", second, ())] == list(capture_chain(first))
    assert () == capture_chain(hidden)


def test_frames_agree_with_pythons_own_traceback() -> None:
    """Same files, lines and functions."""

    def inner() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError) as caught:
        inner()
    summary = traceback.extract_tb(caught.tb)

    expected = [(frame.filename, frame.lineno, frame.name) for frame in summary]
    assert expected == list(capture_frames(caught.tb))


async def test_ids_are_unique_and_the_same_on_every_reading(house: Any) -> None:
    """32 hexadecimal digits, made when they are read."""
    estate = house.estate(Deep)
    for _ in range(100):
        estate.launch()
        estate.ref.tell("go")
        await house.settle()
    ids = [exited.failure.id for exited in house.parent.heard]

    assert len(set(ids)) == 100
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)
    assert ids == [exited.failure.id for exited in house.parent.heard]
    estate.close("test")


async def test_a_failure_can_not_be_changed(house: Any) -> None:
    """It is evidence."""
    failure = await failure_of(house, Deep)

    with pytest.raises(AttributeError):
        failure.path = "/elsewhere"


def test_the_default_ring_keeps_the_last_and_logs_one_line_each(caplog: pytest.LogCaptureFixture) -> None:
    """The message's content is not logged."""
    ring = RingRecorder(size=2)
    with caplog.at_level("INFO", logger="stentor"):
        ring.dead_letter("/a", "secret", "crash", None)
        ring.refused("/a", "secret", ValueError("why"))
        ring.note("fenced", path="/a")

    assert ["refused", "fenced"] == [kind for kind, _ in ring.entries]
    assert len(caplog.records) == 3
    assert "secret" not in caplog.text


def test_faults_raise_where_and_as_often_as_armed() -> None:
    """Other points and places are left alone."""
    faults = Faults()
    faults.arm("append", "/a", times=2, exception=OSError("disk"))

    faults.hit("append", "/b")
    faults.hit("send", "/a")
    for _ in range(2):
        with pytest.raises(OSError, match="disk"):
            faults.hit("append", "/a")
    faults.hit("append", "/a")

    assert faults.hits["append", "/a"] == 3


def test_a_directory_lets_go_only_of_what_it_holds() -> None:
    """Removing a stranger of the same path changes nothing."""

    class Stands:
        path = "/a"

    directory = Directory()
    first: Any = Stands()
    directory.add(first)
    directory.remove(Stands())  # type: ignore[arg-type]

    assert directory.get("/a") is first
    assert "/a" in directory
