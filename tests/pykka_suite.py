"""Run Pykka's own test suite against LoopActor, as one more runtime beside threads.

The suite comes from the source distribution of the installed Pykka. It is fetched once, by pip, and kept in the
virtual environment; nothing of it is copied into this project. It runs from a temporary folder, where the runtime is
added to its conftest.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

EXPECTED = 138
"""Cases that `-k loop` selects: 137 take the runtime, and one has "loop" in its name."""

RUNTIME = """
from stentor.actors import LoopActor as _LoopActor, LoopFuture as _LoopFuture

RUNTIMES["loop"] = pytest.param(
    Runtime(
        name="loop",
        actor_class=_LoopActor,
        event_class=threading.Event,
        future_class=_LoopFuture,
        sleep_func=time.sleep,
    ),
    id="loop",
)


"""

FIRST_FIXTURE = '@pytest.fixture(scope="session", params=RUNTIMES.values())'


class SuiteUnavailable(Exception):
    """The sdist is neither in the cache nor to be had."""


def cache_folder() -> Path:
    """Return where the sdist is kept: in the virtual environment, which git ignores."""
    folder = Path(sys.prefix) / "cache"
    folder.mkdir(exist_ok=True)
    return folder


def fetch(cache: Path) -> Path:
    """Return the sdist of the installed Pykka, fetching it with pip if it is not in *cache*."""
    wanted = version("pykka")
    found = sorted(cache.glob(f"pykka-{wanted}.tar.gz"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        command += ["--no-build-isolation", "--dest", str(cache), f"pykka=={wanted}"]
        # pip also prepares the metadata, which may fail for want of a build backend: the file is what counts.
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = sorted(cache.glob(f"pykka-{wanted}.tar.gz"))
        if not found:
            # Without the backend pip keeps no file; with isolation it brings the backend itself.
            command.remove("--no-build-isolation")
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = sorted(cache.glob(f"pykka-{wanted}.tar.gz"))
        if not found:
            raise SuiteUnavailable(f"no source distribution of pykka {wanted}: {done.stderr.strip()[-500:]}")
    return found[0]


def run(sdist: Path, folder: Path) -> tuple[int, str]:
    """Unpack *sdist* in *folder*, run its tests with LoopActor; return how many passed, and pytest's output."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    suite = next(folder.glob("pykka-*"))
    conftest = suite / "tests" / "conftest.py"
    before, fixture, after = conftest.read_text().partition(FIRST_FIXTURE)
    if not fixture:
        raise SuiteUnavailable("Pykka's conftest has changed: its runtime fixture was not found")
    conftest.write_text(before + RUNTIME + fixture + after)
    command = [sys.executable, "-m", "pytest", "-q", "-k", "loop", "-p", "no:cacheprovider"]
    command += ["-c", "/dev/null", "--rootdir", str(suite), "--timeout", "60", "tests"]
    environment = {"PYTHONPATH": str(suite), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", output)
    bad = re.search(r"\d+ (failed|error|skipped|xfailed)", output)
    if done.returncode != 0 or bad is not None or passed is None:
        return 0, output
    return int(passed[1]), output


def main() -> int:
    """Print how many of Pykka's own cases pass; return 0 only if all do."""
    sdist = fetch(cache_folder())
    with tempfile.TemporaryDirectory() as folder:
        passed, output = run(sdist, Path(folder))
    if passed < EXPECTED:
        print(output)
        print(f"Pykka's own suite with LoopActor: expected {EXPECTED} passes")
        return 1
    print(f"Pykka {version('pykka')}, its own suite with LoopActor: {passed} of {EXPECTED} passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
