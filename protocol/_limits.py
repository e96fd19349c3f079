"""Limits of the delivery: every bound and every wait, with its default and unit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from attrs import field, fields, frozen

from .errors import BadUsage

__all__ = ["Limits"]

_KIB = 1024
_MIB = 1024 * 1024


def _bound(default: float, unit: str) -> float:
    """Declare a limit above zero; *unit* goes into the field's metadata for the policy file and the docs."""
    return field(default=default, metadata={"unit": unit})


def _count(default: int, unit: str) -> int:
    return field(default=default, metadata={"unit": unit, "whole": True})


@frozen(kw_only=True)
class Limits:
    """Bounds of sessions and connections. All are above zero; each field's metadata names its unit.

    Raises:
        BadUsage: If a value is not allowed, or if two of them contradict each other; ``errors`` has all faults.
    """

    event_bytes: int = _count(256 * _KIB, "bytes")
    """Largest event, serialised; checked before it is queued."""
    window_events: int = _count(256, "events")
    """Most events that a consumer may have received and not acknowledged."""
    window_bytes: int = _count(_MIB, "bytes")
    """Most bytes that a consumer may have received and not acknowledged; one event always may go."""
    buffer_events: int = _count(5000, "events")
    """Most un-acked events of a session."""
    buffer_bytes: int = _count(8 * _MIB, "bytes")
    """Most bytes of un-acked events of a session."""
    max_memory: int = _count(256 * _MIB, "bytes")
    """Most bytes of un-acked events over all sessions of a host."""
    memory_age: float = _bound(3600.0, "seconds")
    """Un-acked events in the memory store expire after this, a sixteenth later at most."""
    retain_events: int = _count(64, "events")
    """Acked events kept for a page that comes back with an older position: twice the client's ack interval."""
    retain_bytes: int = _count(64 * _KIB, "bytes")
    """Most bytes of acked events kept."""
    failed_ranges: int = _count(1000, "ranges")
    """Most ranges of failed events that a session keeps at hand for its client; the store keeps all."""
    batch_events: int = _count(64, "events")
    """Most events in one frame."""
    batch_bytes: int = _count(64 * _KIB, "bytes")
    """Most bytes in one frame of several events."""
    tabs: int = _count(8, "tabs")
    """Most tabs of a session of which it is remembered how far they had spoken."""
    ack_events: int = _count(32, "events")
    """A client acknowledges after this many events at the latest."""
    ack_delay: float = _bound(0.25, "seconds")
    """A client acknowledges after this time at the latest."""
    ping_idle: float = _bound(15.0, "seconds")
    """An idle client that was silent for this long is pinged."""
    ping_idle_answer: float = _bound(10.0, "seconds")
    """It has this long to answer."""
    ping_flight: float = _bound(3.0, "seconds")
    """A client with un-acked events that was silent for this long is pinged at once."""
    ping_flight_answer: float = _bound(3.0, "seconds")
    """It has this long to answer."""
    slow_consumer: float = _bound(30.0, "seconds")
    """A client whose window stays full for this long is disconnected with 4102."""
    write_stall: float = _bound(5.0, "seconds")
    """A socket that takes no bytes for this long is dead."""
    loop_lag: float = _bound(0.5, "seconds")
    """A timer that comes later than this tells of our own loop's lag: no verdict on a peer is passed."""
    hello_timeout: float = _bound(10.0, "seconds")
    """A connection must say hello within this time, and the session must be claimed within it."""
    hello_bytes: int = _count(8 * _KIB, "bytes")
    """Largest frame before ``hello`` was accepted."""
    frame_bytes: int = _count(64 * _KIB, "bytes")
    """Largest frame from a client (a ``say`` among them)."""
    says_per_second: float = _bound(20.0, "says a second")
    """How often a client may say something, in the long run."""
    say_burst: int = _count(50, "says")
    """How many it may say at once."""
    backoff_initial: float = _bound(0.5, "seconds")
    """Upper bound of a client's first wait before it reconnects."""
    backoff_maximum: float = _bound(20.0, "seconds")
    """Upper bound of every later wait."""
    backoff_reset: float = _bound(30.0, "seconds")
    """A client that was live for this long begins again with the first wait."""
    silence: float = _bound(25.0, "seconds")
    """A client that heard nothing for this long asks the server whether it is there (it pings within 15 s)."""
    welcome: float = _bound(15.0, "seconds")
    """A client gives a connection up that brought no welcome within this time."""
    probe: float = _bound(3.0, "seconds")
    """A server that was asked whether it is there has this long to answer."""
    says_in_flight: int = _count(32, "says")
    """Most unanswered messages that a client has sent; the rest waits. Below ``say_burst``, so that none is refused."""

    def __attrs_post_init__(self) -> None:
        faults = [*_wrong(self)] or [*_contradictory(self)]
        if faults:
            raise BadUsage(faults)


def _wrong(limits: Limits) -> Iterator[str]:
    for limit in fields(Limits):
        value, unit = getattr(limits, limit.name), limit.metadata["unit"]
        if "whole" in limit.metadata:
            if type(value) is not int or value < 1:
                yield f"limits.{limit.name} is {value!r}; allowed: a whole number of {unit}, 1 or more"
        elif type(value) not in (int, float) or not 0 < value < math.inf:
            yield f"limits.{limit.name} is {value!r}; allowed: a number of {unit}, more than 0"


def _contradictory(limits: Limits) -> Iterator[str]:
    if limits.event_bytes > limits.buffer_bytes:
        yield (
            f"limits.event_bytes is {limits.event_bytes} bytes, and buffer_bytes {limits.buffer_bytes}: the largest "
            "event never has room; allowed: event_bytes up to buffer_bytes"
        )
    if limits.event_bytes > limits.max_memory:
        yield (
            f"limits.event_bytes is {limits.event_bytes} bytes, and max_memory {limits.max_memory}: the largest "
            "event never has room; allowed: event_bytes up to max_memory"
        )
    if limits.hello_bytes > limits.frame_bytes:
        yield (
            f"limits.hello_bytes is {limits.hello_bytes} bytes, and frame_bytes {limits.frame_bytes}: a hello is a "
            "client's frame too; allowed: hello_bytes up to frame_bytes"
        )
    if limits.says_in_flight >= limits.say_burst:
        yield (
            f"limits.says_in_flight is {limits.says_in_flight} says, and say_burst {limits.say_burst}: a client that "
            "keeps to the first is refused by the second; allowed: says_in_flight below say_burst"
        )
    if limits.backoff_initial > limits.backoff_maximum:
        yield (
            f"limits.backoff_initial is {limits.backoff_initial:g} seconds, and backoff_maximum "
            f"{limits.backoff_maximum:g}: the first wait may not be longer than every later one; "
            "allowed: backoff_initial up to backoff_maximum"
        )
