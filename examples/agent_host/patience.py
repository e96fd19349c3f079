"""A search that may take for ever, in a process of its own that is ended when its time is up.

Python's `re` holds the interpreter while it searches: an expression such as ``(a+)+b`` would hold up the
loop and with it every session. Another process can be ended; a thread cannot.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import msgspec

from .corpus import Document
from .matches import Line, Pattern, find

SECONDS = 3.0
_ROOT = str(Path(__file__).resolve().parents[2])
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from examples.agent_host.patience import child; child()"


class TookTooLong(Exception):
    """The expression was not through with the documents in time."""


class _Work(msgspec.Struct):
    pattern: Pattern
    documents: list[Document]


async def find_patiently(pattern: Pattern, documents: list[Document], seconds: float = SECONDS) -> list[Line]:
    """Search as `find` does, for at most *seconds*.

    Raises:
        TookTooLong: If the time is up.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, _ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate(msgspec.json.encode(_Work(pattern, documents)))
    except TimeoutError:
        raise TookTooLong(f"{pattern} was not through after {seconds:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the search for {pattern} ended with {process.returncode}")
    return msgspec.json.decode(out, type=list[Line])


def child() -> None:
    """Do one search: the work comes by standard input, the lines found go to standard output."""
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=_Work)
    expression = re.compile(work.pattern.text, re.IGNORECASE)
    sys.stdout.buffer.write(msgspec.json.encode(find(expression, work.documents)))
