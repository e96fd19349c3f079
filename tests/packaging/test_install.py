"""Installed for good and for work, stentor is there, whole, and leaves its neighbours alone."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from .conftest import Environment

BUILD = ("install", "--no-deps", "--no-build-isolation")
IMPORT_ALL = """
import stentor, stentor.protocol, stentor.actors, stentor.supervisor
print(stentor.__file__)
for name in stentor.__all__:
    getattr(stentor, name)
"""


def test_pip_install_gives_the_whole_package(environment: Environment, source: Path) -> None:
    """From the tree into a fresh environment: every public name loads, nothing is imported from the tree."""
    environment.pip(*BUILD, source)
    where = environment.run("-c", IMPORT_ALL).strip()

    assert where == str(environment.site / "stentor" / "__init__.py")
    assert not (environment.site / "supervisor").exists()


def test_an_editable_install_follows_the_tree(environment: Environment, source: Path) -> None:
    """What is edited in the tree is what is imported."""
    environment.pip(*BUILD, "--editable", source)
    where = environment.run("-c", IMPORT_ALL).strip()

    assert where == str(source / "supervisor" / "_front" / "__init__.py")


def digest_of(folder: Path) -> dict[str, str]:
    """Return the hash of each file under *folder*."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def install_supervisor(environment: Environment, needs: Any) -> Path:
    """Install PyPI's package of that name and return its folder."""
    try:
        environment.pip("install", "--no-deps", "supervisor==4.3.0")
    except (AssertionError, subprocess.TimeoutExpired) as unreachable:
        needs.missing(f"the package index can not be reached: {str(unreachable)[-200:]}")
    return environment.site / "supervisor"


@pytest.mark.parametrize("way", ["install", "editable"])
def test_the_package_named_supervisor_stays_untouched(
    environment: Environment, source: Path, built: Path, needs: Any, way: str
) -> None:
    """A folder of ours has the name of a well-known package; the two live side by side and part as well."""
    folder = install_supervisor(environment, needs)
    before = digest_of(folder)
    if way == "install":
        environment.pip("install", "--no-deps", next(built.glob("*.whl")))
    else:
        environment.pip(*BUILD, "--editable", source)
    environment.run("-c", "import supervisor, stentor.supervisor as ours; assert supervisor is not ours")
    theirs = environment.run("-c", "import supervisor; print(supervisor.__path__[0])").strip()
    beside = digest_of(folder)
    environment.pip("uninstall", "--yes", "stentor")

    assert len(before) > 50
    assert str(folder) == theirs
    assert before == beside == digest_of(folder)


def files_of(source: Path) -> set[str]:
    """Return what the three floors hold, by the name that it has when it is installed."""
    found: set[str] = set()
    for floor in ("protocol", "actors", "supervisor"):
        for path in (source / floor).rglob("*"):
            if path.is_file():
                name = path.relative_to(source).as_posix()
                found.add("stentor/" + name.removeprefix("supervisor/_front/"))
    return found


def test_the_wheel_holds_every_file_of_the_floors(source: Path, built: Path) -> None:
    """Code, types, schema, scripts and pages: a file that the build leaves out is missed here."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert sorted(files_of(source)) == sorted(held)
    assert {"stentor/py.typed", "stentor/supervisor/py.typed", "stentor/supervisor/ledger/failure.schema.json"} <= held
    assert any(name.startswith("stentor/protocol/clients/js/") and name.endswith(".js") for name in held)


def test_the_wheel_says_what_it_needs(built: Path) -> None:
    """The core stands on four packages; everything else is an extra."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        metadata = wheel.read(next(name for name in wheel.namelist() if name.endswith("/METADATA"))).decode()
    needed = [line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if line.startswith("Requires-D")]
    core = [re.split(r"[<>=!~ ;]", line)[0] for line in needed if "extra ==" not in line]

    assert ["attrs", "msgspec", "pykka", "websockets"] == sorted(core)
    assert "Requires-Python: >=3.11" in metadata


def test_the_sdist_holds_examples_and_tests(source: Path, built: Path) -> None:
    """Whoever packages it can also try and test it."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}

    for folder in ("examples", "tests"):
        wanted = {
            path.relative_to(source).as_posix()
            for path in (source / folder).rglob("*")
            if path.is_file() and path.suffix in (".py", ".js", ".mjs", ".html", ".css", ".toml")
        }
        assert wanted
        assert [] == sorted(wanted - held)
