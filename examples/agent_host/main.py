"""The command: starts the host, says where it is, and ends with one clear line when it cannot start."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import stentor

from .corpus import NoDocuments
from .farewell import farewell
from .host import build
from .options import Options, parse
from .pages import pages

CANNOT_START = 1
"""Exit code when there is no folder, no text in it, or the address cannot be had."""

INTERRUPTED = 130
"""What a shell reports for Ctrl-C before the host stood."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the host until it is told to stop; return the exit code."""
    options = parse(arguments)
    try:
        # Not on the loop: what is read there can not be interrupted.
        return asyncio.run(serve(build(options), options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (NoDocuments, stentor.BadUsage) as reason:
        print(f"agent_host: {reason}", file=sys.stderr)
        return CANNOT_START


async def serve(host: stentor.Runtime, options: Options) -> int:
    """Serve until a signal ends it; return the exit code that the runtime gives for how it ended.

    Raises:
        BadUsage: If the address cannot be had.
    """
    async with host as runtime:
        server = await runtime.serve(options.host, options.port, pages=pages())
        print(f"Ask the documents in {options.docs} at http://{server.host}:{server.port}  (Ctrl-C stops)", flush=True)
        code = await runtime.run_until_signal()
        print(farewell(code, runtime.audit()), flush=True)
        return code
