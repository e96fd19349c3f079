"""The tree of a runtime: ``/`` → sessions, runs, gateway, children."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stentor.actors import ActorRef
from stentor.protocol.errors import WebSocketConnectionLostError

from ..policy._budget import Budget
from ..policy._directives import Restart
from ..policy._hold import Hold
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ..runs._runs import run_template
from ..tree._supervisor import Supervisor
from ._gateway import Admit, Gateway
from ._keeper import session_template
from ._lobby import Lobby
from ._options import Options

__all__ = ["ROOT_POLICY", "SESSIONS_POLICY", "Branch", "Root", "branches"]

ROOT_POLICY = RestartPolicy(strategy="rest_for_one")
"""Who stands later in the list uses who stands before, and begins anew with it."""

SESSIONS_POLICY = RestartPolicy(
    budget=Budget(max_restarts=50, max_seconds=10.0),
    child_budget=Budget(max_restarts=5, max_seconds=60.0),
    unpark_after=60.0,
    ladder=True,
    hold=Hold(children=20, seconds=5.0),
    decide={WebSocketConnectionLostError: Restart(charged=False)},
)
"""One broken user is parked alone, and tried again after a while; a connection that vanished costs nothing.

What a session loses grows with its failures; what many lose of one cause is one incident, at which one of them probes.
"""


class Root(Supervisor):
    """The root of a runtime. How its budgets and those of its branches multiply is its makers' own decision."""

    def _doubts(self, policy: RestartPolicy, children: Sequence[ChildSpec]) -> list[str]:
        return []


class Branch(Supervisor):
    """A supervisor that tells the runtime where it stands, each time it has begun.

    Args:
        began: Called with its address, and with which life it is.
        **options: Those of a supervisor.
    """

    def __init__(self, began: Callable[[ActorRef[Any], int], None], **options: Any) -> None:
        super().__init__(**options)
        self._began = began

    def on_start(self) -> Any:
        """Begin, and say so."""
        result = super().on_start()
        self._began(self.actor_ref, self.incarnation)
        return result


def branches(
    options: Options,
    lobby: Lobby,
    admit: Admit,
    sessions_began: Callable[[ActorRef[Any], int], None],
    runs_began: Callable[[ActorRef[Any], int], None],
) -> list[ChildSpec]:
    """Return the children of the root."""
    sessions = {
        "began": sessions_began,
        "policy": options.sessions or SESSIONS_POLICY,
        "dynamic": True,
        "template": session_template(),
    }
    runs = {"began": runs_began, "dynamic": True, "template": run_template()}
    return [
        ChildSpec("sessions", Branch, kwargs=sessions, kind="supervisor"),
        ChildSpec("runs", Branch, kwargs=runs, kind="supervisor"),
        ChildSpec("gateway", Gateway, args=(lobby, options.authenticate, admit), kind="gateway"),
        ChildSpec("children", Supervisor, kwargs={"children": tuple(options.children)}, kind="supervisor"),
    ]
