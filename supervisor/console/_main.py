"""The command line: its verbs, and how a verb's end becomes an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ._ask import ask
from ._output import lost_output, provide_streams
from ._tune import tune

__all__ = ["main"]

_INTERRUPTED = 130
"""What a shell reports for Ctrl-C."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stentor", prog_name="stentor")
def _stentor() -> None:
    """Talk to a host of agents."""


_stentor.add_command(ask)
_stentor.add_command(tune)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with *arguments*, those of the process by default, and return its exit code.

    0: done. 1: the agent failed, or there is nothing to tune from. 2: the command was wrong. 3: no host. 4: the
    session ended. 5: the output could not be written. 130: interrupted.
    """
    provide_streams()
    try:
        with lost_output():
            code = _stentor.main(args=arguments, prog_name="stentor", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as empty:
        empty.show()
        return empty.exit_code
    except click.ClickException as wrong:
        if words := wrong.format_message():
            click.echo(f"stentor: {words}", err=True)
        return wrong.exit_code
    except click.Abort:
        return _INTERRUPTED
    return code if isinstance(code, int) else 0
