"""Questions: calls that change nothing, and so are answered also while a supervisor starts or stops."""

from __future__ import annotations

from inspect import signature
from typing import Any

from pykka.messages import ProxyCall
from stentor.actors import Actor
from stentor.protocol.errors import Refused

__all__ = ["answer_questions", "misfitting"]

_QUESTIONS = frozenset(
    (name,)
    for name in (
        "which_children",
        "which_child",
        "count_children",
        "get_childspec",
        "policy",
        "explain",
        "tree",
        "record",
    )
)


def answer_questions(supervisor: Actor) -> None:
    """Answer the questions among the messages that wait; the others keep their places.

    Raises:
        Exception: What answering one of them raised, if it was no refusal; all of them are answered first.
    """
    estate = supervisor.estate
    broken: BaseException | None = None
    for message, reply, _ in estate.pick(_is_question):
        try:
            result = supervisor._handle_receive(message)  # pyright: ignore[reportPrivateUsage, reportUnknownVariableType]
        except Refused as refusal:
            if reply is not None:
                reply.fail(refusal)
            else:
                estate.recorder.refused(estate.path, message, refusal)
        except BaseException as error:
            broken = broken or error
            if reply is not None:
                reply.fail(error)
        else:
            if reply is not None:
                reply.set(result)
    if broken is not None:
        raise broken


def misfitting(actor: Actor, message: Any) -> str | None:
    """Return why the arguments of a call through the proxy do not fit what it calls; None where they do."""
    if not isinstance(message, ProxyCall):
        return None
    called: Any = actor
    for name in message.attr_path:
        called = getattr(called, name)
    try:
        signature(called).bind(*message.args, **message.kwargs)
    except TypeError as wrong:
        return f"{'.'.join(message.attr_path)}(…): {wrong}"
    return None


def _is_question(message: Any) -> bool:
    return isinstance(message, ProxyCall) and tuple(message.attr_path) in _QUESTIONS
