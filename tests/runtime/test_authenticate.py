"""A host's ``authenticate`` that does what it should not: one client is answered, and nobody else notices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import stentor
from stentor.protocol import ClientState, Limits
from stentor.protocol.errors import Forbidden, Unauthenticated

from .conftest import Start, until
from .test_gateway import HELLO, ending

TOKEN = "se/cret 'ä\"\\value" + "x" * 3000


def _raise(error: BaseException) -> Any:
    raise error


async def _raise_later(error: BaseException) -> Any:
    await asyncio.sleep(0)
    raise error


def _now(value: Any) -> Any:
    return value


async def _later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def asking(answer: Callable[[], Any]) -> Callable[[str | None], Any]:
    """Return an ``authenticate`` that gives *answer* for one token, and knows every other client as ada."""
    return lambda token: answer() if token == "odd" else stentor.Identity("ada")


class Quits(asyncio.CancelledError):
    """Raised by the host's own code, not by whoever cancels it."""


@pytest.mark.parametrize("raising", [_raise, _raise_later], ids=["sync", "async"])
@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, Quits, GeneratorExit, ValueError]
)
async def test_whatever_authenticate_raises_keeps_one_client_out(
    start: Start, raising: Callable[[BaseException], Any], error: type[BaseException]
) -> None:
    """4107 at once and one failure on record; the gateway lives, the loop too, and others come in."""
    host = await start(authenticate=asking(lambda: raising(error("out of order"))))
    other = await host.probe("ada/t2", token="good")
    code, said = await ending(host.url, {**HELLO, "token": "odd"})
    later = await host.probe(token="good")

    assert (4107, ["notice", "bye"], True) == (code, [it["t"] for it in said], said[-1]["reconnect"])
    assert "out of order" not in str(said)
    (failure,) = host.runtime.failures()
    assert ("/gateway", "authenticate") == (failure["actor"]["path"], failure["context"]["operation"])
    assert (error.__name__, "out of order") == (
        failure["exception"]["type"].rpartition(".")[2],
        failure["exception"]["message"],
    )
    assert [(4107, "admission_failed")] == [(it["close_code"], it["reason"]) for it in host.notes("connection_refused")]
    assert (("running", 1), ClientState.LIVE, ClientState.LIVE) == (host.life("/gateway"), other.state, later.state)


@pytest.mark.parametrize("answering", [_now, _later], ids=["sync", "async"])
@pytest.mark.parametrize("answer", [None, True, "ada", {"user_id": "ada"}, object(), stentor.Identity])
async def test_what_is_no_identity_lets_nobody_in(start: Start, answering: Callable[[Any], Any], answer: Any) -> None:
    """4107, for it is the host's fault; on record in words."""
    host = await start(authenticate=asking(lambda: answering(answer)))
    code, _ = await ending(host.url, {**HELLO, "token": "odd"})
    later = await host.probe(token="good")

    (failure,) = host.runtime.failures()
    assert "has to return a stentor.Identity" in failure["exception"]["message"]
    assert (4107, ("running", 1), ClientState.LIVE) == (code, host.life("/gateway"), later.state)


async def test_an_authenticate_that_hangs_is_given_up_with_its_client(start: Start) -> None:
    """4107, a code on which it comes back; the question is cancelled, and the reason is on record."""
    given_up: list[str] = []

    async def hang() -> stentor.Identity:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append("hang")
        raise AssertionError

    host = await start(authenticate=asking(hang), limits=Limits(hello_timeout=0.05))
    code, said = await ending(host.url, {**HELLO, "token": "odd"})
    await until(lambda: given_up)

    (note,) = host.notes("connection_refused")
    assert (4107, "admission_failed", True, 5000) == (
        code,
        said[0]["code"],
        said[-1]["reconnect"],
        said[-1]["after_ms"],
    )
    assert (4107, "admission_failed") == (note["close_code"], note["reason"])
    assert ([], ("running", 1)) == (host.codes(), host.life("/gateway"))


async def test_an_authenticate_that_a_client_left_waiting_is_given_up(start: Start) -> None:
    """Nobody waits for the answer: the host's question ends with the connection."""
    asked: list[str] = []
    given_up: list[str] = []

    async def hang() -> stentor.Identity:
        asked.append("hang")
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append("hang")
        raise AssertionError

    host = await start(authenticate=asking(hang))
    waiting = asyncio.create_task(ending(host.url, {**HELLO, "token": "odd"}))
    await until(lambda: asked)
    waiting.cancel()
    await until(lambda: given_up)

    assert ([], ("running", 1)) == (host.codes(), host.life("/gateway"))


def _quoting(token: str | None) -> Any:
    try:
        try:
            raise KeyError(token)
        except KeyError as error:
            raise ValueError(f"{'y' * 1000} no such token: {token}") from error
    except ValueError as error:
        raise ExceptionGroup(f"group of {token!r}", [error, OSError(f"at https://idp/{token}")]) from error


def _spellings(token: str) -> list[str]:
    """Return what of *token* would give it away, also where it is cut or escaped."""
    return ["se/cret", "cret '", "se%2Fcret", "xxxxxxxx", token]


async def test_an_exception_that_quotes_the_token_does_not_bring_it_into_the_record(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Text, chain, group, stack, log and notes hold a mark in its place; the client reads nothing of it at all."""
    caplog.set_level(logging.DEBUG)
    host = await start(authenticate=_quoting)
    code, said = await ending(host.url, {**HELLO, "token": TOKEN})
    record = host.runtime.record

    (failure,) = host.runtime.failures()
    lines = [line.getMessage() for line in caplog.records if line.name.startswith("stentor")]
    told = "\n".join([str(failure), str(host.runtime.failures()), record.export(), str(said), *lines])
    assert 4107 == code
    assert "[redacted]" in failure["exception"]["message"]
    assert "[redacted]" in failure["exception"]["stacktrace"]
    assert failure["redactions"] > 0
    assert [] == [spelling for spelling in _spellings(TOKEN) if spelling in told]


@pytest.mark.parametrize(("refusal", "code"), [(Unauthenticated, 4502), (Forbidden, 4503)])
async def test_a_refusal_that_quotes_the_token_tells_it_to_nobody(
    start: Start, refusal: type[stentor.StentorError], code: int
) -> None:
    """Neither the record nor the frame repeats it; what else the host says arrives."""

    def check(token: str | None) -> stentor.Identity:
        raise refusal(f"the token {token} is not known to us")

    host = await start(authenticate=check)
    closed, said = await ending(host.url, {**HELLO, "token": TOKEN})

    (note,) = host.notes("connection_refused")
    text = "the token [redacted] is not known to us"
    assert (code, text, text) == (closed, said[0]["msg"], note["text"])
