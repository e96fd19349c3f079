"""Starts the example host: ``python -m examples.agent_host``, or by the path of this folder."""

import sys
from pathlib import Path

if not __package__:  # started by path: make the folder above `examples` importable, not this one
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from examples.agent_host.main import main

if __name__ == "__main__":
    sys.exit(main())
