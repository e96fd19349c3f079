"""What the packaging tests share: a copy of the tree to build from, its wheel and sdist, and quick environments."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("protocol", "actors", "supervisor", "tests", "examples", "benchmarks", "docs")
DEPENDENCIES = ("attr", "attrs", "msgspec", "pykka", "websockets", "setuptools", "_distutils_hack", "pkg_resources")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run *command* and return what it printed; fail with all of it if it fails."""
    # Without these, what is installed in one environment would be seen in another.
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, f"{command} in {cwd}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree: a build leaves folders behind."""
    to = tmp_path_factory.mktemp("source")
    leave = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, to / part, ignore=leave)
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy2(path, to / path.name)
    return to


@pytest.fixture(scope="session")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the sdist, built as pip builds them."""
    to = tmp_path_factory.mktemp("built")
    # Taken first: the build leaves arguments of its own behind.
    build = "from setuptools import build_meta as b; import sys; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
    run(sys.executable, "-c", build, to, cwd=source)
    return to


@pytest.fixture(scope="session")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what stentor needs, and setuptools, and nothing else of this environment."""
    to = tmp_path_factory.mktemp("dependencies")
    wanted = {name.lower() for name in DEPENDENCIES}
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}:
        for path in Path(folder).iterdir():
            name = path.name.split("-")[0].lower() if path.name.endswith(".dist-info") else path.name.lower()
            if name in wanted and not (to / path.name).exists():
                (to / path.name).symlink_to(path)
    return to


class Environment:
    """A fresh virtual environment, with pip lent from this one."""

    def __init__(self, at: Path, dependencies: Path) -> None:
        run(sys.executable, "-m", "venv", "--without-pip", at)
        self.python = at / "bin" / "python"
        self.site = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        (self.site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
        self._elsewhere = at

    def run(self, *arguments: str | Path) -> str:
        """Run its Python where nothing of the tree is in reach; return what it printed."""
        return run(self.python, *arguments, cwd=self.python.parent)

    def pip(self, *arguments: str | Path) -> str:
        """Run pip for it."""
        quiet = ("--disable-pip-version-check", "--no-input", "--quiet")
        return run(sys.executable, "-m", "pip", *quiet, "--python", self.python, *arguments, cwd=self._elsewhere)


@pytest.fixture
def environment(tmp_path: Path, dependencies: Path) -> Environment:
    """Return a fresh environment in which the dependencies can be imported."""
    return Environment(tmp_path / "venv", dependencies)


@pytest.fixture(scope="session")
def python() -> Callable[[str], str]:
    """Return what runs a line of code in another Python of this environment."""
    return lambda code: run(sys.executable, "-c", code, cwd=ROOT / "tests")
