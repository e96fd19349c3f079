"""What `import stentor` costs, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

HEAVY = (
    "IPython",
    "aiohttp",
    "click",
    "fastapi",
    "httpx",
    "jsonschema",
    "opentelemetry",
    "prometheus_client",
    "pydantic",
    "rich",
    "starlette",
    "uvicorn",
    "uvloop",
)
MOST = 0.150


def seconds(code: str) -> float:
    """Return how long a Python takes that runs *code*."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def test_import_stentor_takes_less_than_150_ms() -> None:
    """Over bare Python, the two in turn; a machine that is busy for a moment does not count against it."""
    seconds("import stentor")
    bare: list[float] = []
    with_it: list[float] = []
    for _ in range(15):
        bare.append(seconds("pass"))
        with_it.append(seconds("import stentor"))
        if len(bare) >= 3 and min(with_it) - min(bare) < MOST:
            break

    assert min(with_it) - min(bare) < MOST


def loaded(python: Callable[[str], str], code: str) -> set[str]:
    """Return the modules that are loaded after *code*."""
    names: list[str] = json.loads(python(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"))
    return set(names)


def test_import_stentor_loads_no_floor(python: Callable[[str], str]) -> None:
    """A name is loaded when it is first used."""
    found = loaded(python, "import stentor")

    assert [] == sorted({"pykka", "websockets", "asyncio", "stentor.actors", "stentor.supervisor"} & found)


@pytest.mark.parametrize("name", ["stentor", "stentor.protocol", "stentor.actors", "stentor.supervisor"])
def test_a_door_loads_no_extra(python: Callable[[str], str], name: str) -> None:
    """Consoles and web frameworks come with the extras that need them, when they are used."""
    found = loaded(python, f"import {name}\nfor n in {name}.__all__: getattr({name}, n)")

    assert [] == sorted(set(HEAVY) & {module.split(".")[0] for module in found})


def test_the_ground_floor_loads_no_server(python: Callable[[str], str]) -> None:
    """What is said needs neither actors nor a server to be said."""
    found = loaded(python, "import stentor.protocol")

    assert [] == sorted({"websockets.asyncio.server", "websockets.server", "stentor.actors"} & found)


def test_every_public_name_can_be_loaded(python: Callable[[str], str]) -> None:
    """The lazy front door promises no name that is not there."""
    code = "import stentor; print(len([getattr(stentor, name) for name in stentor.__all__]), len(dir(stentor)))"
    got, listed = map(int, python(code).split())

    assert 0 < got <= listed


def test_an_unknown_name_is_an_attribute_error(python: Callable[[str], str]) -> None:
    """A lazy door must still say no."""
    assert "module 'stentor' has no attribute 'Runtme'" in python(
        "import stentor\ntry: stentor.Runtme\nexcept AttributeError as e: print(e)"
    )
