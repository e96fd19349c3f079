"""`stentor tune`: a policy proposed from the failures on record."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from stentor.protocol.errors import BadUsage, NotSupported

from ..config._load import SESSIONS, load
from ..planning._lapse import read_ledger
from ..planning._tune import supervisors_of
from ..planning._tune import tune as tuned
from ..policy._policy import RestartPolicy
from ..runtime._tree import ROOT_POLICY, SESSIONS_POLICY

__all__ = ["tune"]

_NOTHING = 1
_DEFAULTS = {"/": ROOT_POLICY, "/sessions": SESSIONS_POLICY}


@click.command()
@click.argument("ledger", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--policy", metavar="FILE[:NAME]", help="The policy that was in force; by default the built-in one.")
@click.option("--supervisor", metavar="PATH", help="Whose children; by default those with most failures.")
@click.option("--json", "as_json", is_flag=True, help="Print the proposal as JSON.")
def tune(ledger: str, policy: str | None, supervisor: str | None, as_json: bool) -> int:
    """Propose budgets and backoff from the failures in LEDGER, with reasons, and try old and new policy on them.

    LEDGER holds JSON lines, as `runtime.failures().export()` writes them; - is standard input.

    Exit code 0 if there was something to look at, 1 if the ledger holds no failure, 2 for a wrong command or ledger.
    """
    try:
        with click.open_file(ledger, "rb") as lines:
            lapses = read_ledger(lines, ledger)
        if not lapses:
            click.echo(
                f"stentor: {ledger} holds no failure after which a restart was asked for (kills are left out)", err=True
            )
            return _NOTHING
        whose = supervisor or supervisors_of(lapses)[0]
        name, old = _policy(policy, whose)
        found = tuned(lapses, old, whose)
    except FileNotFoundError as missing:
        raise click.UsageError(f"{ledger}: {missing.strerror}") from missing
    except (BadUsage, NotSupported) as wrong:
        raise click.UsageError(str(wrong)) from wrong
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found.to_dict(name))).decode())
    else:
        click.echo(found.text(name), nl=False)
    return 0


def _policy(wanted: str | None, supervisor: str) -> tuple[str, RestartPolicy]:
    """Return name and value of the policy in force: from ``FILE[:NAME]``, else the built-in one of *supervisor*."""
    name = supervisor.strip("/").replace("/", "-") or "root"
    if wanted is None:
        return name, _DEFAULTS.get(supervisor, RestartPolicy())
    file, _, given = wanted.rpartition(":")
    if not file or Path(wanted).exists():
        file, given = wanted, SESSIONS if supervisor == "/sessions" else name
    policies = load(file, spare=True).policies
    if given not in policies:
        there = ", ".join(policies) or "none"
        raise BadUsage(f"there is no [policy.{given}]; there are: {there}", of=file, file=file)
    return given, policies[given]
