"""Writes the timelines of policies.md: each block between its markers is what the code before it prints."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("policies.md")
_BLOCK = re.compile(r"```python\n(?P<code>(?:(?!```).)*)```\n\n<!-- timeline -->\n.*?<!-- end -->", re.DOTALL)
_BEGINNING = """
import stentor
from stentor.supervisor.planning import Crash, Exits, Fails, Outage, StartFails, StartTakes, simulate
"""


def remade(text: str) -> str:
    """Return the page *text* with its timelines made anew. The blocks share their names, as in one session."""
    names: dict[str, object] = {}
    exec(_BEGINNING, names)

    def block(match: re.Match[str]) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(match["code"], names)
        return f"```python\n{match['code']}```\n\n<!-- timeline -->\n```\n{out.getvalue().rstrip()}\n```\n<!-- end -->"

    return _BLOCK.sub(block, text)


if __name__ == "__main__":
    PAGE.write_text(remade(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} is up to date\n")
