"""``python -m stentor``: the same as the command ``stentor``."""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    """Run the command line; return its exit code."""
    try:
        console = importlib.import_module("stentor.supervisor.console")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in {"click", "rich"}:
            print(f"stentor: {missing.name} is missing; pip install 'stentor[console]'", file=sys.stderr)
            return 2
        raise
    code: int = console.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
