"""`stentor ask`: one question, one answer, streamed to the terminal."""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

import click
from stentor.protocol.errors import BadUsage

from ._conversation import Conversation
from ._outcome import Outcome
from ._output import lost_output
from ._question import Question
from ._screen import JsonScreen, Screen, TextScreen

__all__ = ["ask"]

_POINTS = ["before_step", "inside_step", "store", "send", "on_demand"]


@click.command()
@click.argument("question")
@click.option("--url", default="ws://127.0.0.1:8765", show_default=True, help="Address of the host; http means ws.")
@click.option("--user", default="ada", show_default=True, help="Who asks.")
@click.option("--thread", default=None, help="The conversation; a new one by default.")
@click.option("--token", envvar="STENTOR_TOKEN", help="For a host that asks for one; also in STENTOR_TOKEN.")
@click.option("--crash", type=click.Choice(_POINTS), help="Crash the session in the middle of the answer, there.")
@click.option("--wait", default=0.0, type=click.FloatRange(0), help="Seconds to wait for a host that is not there yet.")
@click.option(
    "--patience",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds without the host it was talking to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
def ask(
    question: str,
    url: str,
    user: str,
    thread: str | None,
    token: str | None,
    crash: str | None,
    wait: float,
    patience: float,
    as_json: bool,
) -> int:
    """Ask QUESTION. The answer goes to standard output, thoughts, tools and notices to standard error.

    Exit code 0 if the agent completed, 1 if it failed or was stopped, 2 for a wrong command, 3 if there is no host,
    4 if the session ended, 5 if the output could not be written.
    """
    thread = f"ask-{uuid4().hex[:8]}" if thread is None else thread
    wanted = Question(question, url, user, thread, token, crash, wait, patience)
    screen: Screen = JsonScreen(sys.stdout) if as_json else TextScreen(sys.stdout, sys.stderr)
    try:
        wanted.check()
        with lost_output():
            return _ended(asyncio.run(Conversation(wanted, screen).hold()), screen)
    except BadUsage as wrong:
        raise click.UsageError(str(wrong)) from wrong


def _ended(outcome: Outcome, screen: Screen) -> int:
    screen.end()
    if outcome.exit:
        click.echo(f"stentor: {outcome.code}: {' '.join(outcome.message.split())}", err=True)
    return outcome.exit
