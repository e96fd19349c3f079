"""The staircase, read from the source: imports point down, no cycles, every public name says what it is."""

from __future__ import annotations

import ast
import configparser
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("protocol", "actors", "supervisor")
FRONT = ROOT / "supervisor" / "_front"
LONGEST = 300
# Files that are import paths for users although they are no door. Every other file begins with an underscore.
IMPORT_PATHS = {"stentor.__main__", "stentor.testing", "stentor.actors.ports"}
IMPORT_FOLDERS = ("stentor.supervisor.hosts.",)


def module_name(path: Path) -> str:
    """Return the name under which *path* is imported."""
    if path.is_relative_to(FRONT):
        parts = ["stentor", *path.relative_to(FRONT).with_suffix("").parts]
    else:
        parts = ["stentor", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """Return every module of the three floors with its file."""
    files = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
    return {module_name(path): path for path in files}


def floor_of(name: str) -> int:
    """Return how high *name* stands: 0 for the ground; the front door is above all."""
    parts = name.split(".")
    if name == "stentor._version":
        return 0
    if len(parts) > 1 and parts[1] in FLOORS:
        return FLOORS.index(parts[1])
    return len(FLOORS)


@cache
def tree_of(name: str) -> ast.Module:
    """Return the parsed source of the module *name*."""
    path = modules()[name]
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(name: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that *name* imports, wherever in the file it stands, for types too."""
    path = modules()[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree_of(name)):
        match node:
            case ast.Import(names=aliases):
                yield from ((node.lineno, alias.name) for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                base = ".".join([*_up(package, level), *([module] if module else [])]) if level else str(module)
                for alias in aliases:
                    inner = f"{base}.{alias.name}"
                    yield node.lineno, inner if inner in modules() else base
            case ast.Call(func=func, args=[ast.Constant(value=str(text)), *_]) if _is_import_call(func):
                yield node.lineno, ".".join([package, text.lstrip(".")]) if text.startswith(".") else text
            case _:
                pass


def _up(package: str, level: int) -> list[str]:
    parts = package.split(".")
    return parts[: len(parts) - level + 1]


def _is_import_call(func: ast.expr) -> bool:
    names = {"import_module", "__import__"}
    return (isinstance(func, ast.Name) and func.id in names) or (isinstance(func, ast.Attribute) and func.attr in names)


def ours(name: str) -> bool:
    """Whether *name* is a part of stentor."""
    return name == "stentor" or name.startswith("stentor.")


def test_every_floor_is_there() -> None:
    """The tests below would pass on an empty tree."""
    assert {0, 1, 2, 3} == {floor_of(name) for name in modules()}
    assert len(modules()) > 30


def test_every_import_of_ours_names_a_module_that_exists() -> None:
    """The graph below is whole: nothing of ours is imported under a name that we can not follow."""
    unknown = [
        f"{modules()[name]}:{line} imports {target}"
        for name in modules()
        for line, target in imports_of(name)
        if ours(target) and target not in modules()
    ]

    assert [] == unknown


def test_imports_point_down() -> None:
    """No lower floor knows a higher one: not at the top, not in a function, not for types only."""
    upward = [
        f"{modules()[name].relative_to(ROOT)}:{line} imports {target}"
        for name in modules()
        for line, target in imports_of(name)
        if ours(target) and floor_of(target) > floor_of(name)
    ]

    assert [] == upward


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not within functions, and not for types only: whoever is named both ways belongs into one file."""
    graph = {name: {to for _, to in imports_of(name) if to in modules() and to != name} for name in modules()}
    done: set[str] = set()
    circles: list[str] = []

    def visit(name: str, way: list[str]) -> None:
        if name in way:
            circles.append(" -> ".join([*way[way.index(name) :], name]))
        elif name not in done:
            for target in sorted(graph[name]):
                visit(target, [*way, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])

    assert [] == circles


def test_across_floors_one_goes_through_a_door() -> None:
    """A file whose name begins with an underscore belongs to its own floor."""
    past_the_door = [
        f"{modules()[name].relative_to(ROOT)}:{line} imports {target}"
        for name in modules()
        for line, target in imports_of(name)
        if ours(target)
        and target != "stentor._version"
        and floor_of(target) != floor_of(name)
        and any(part.startswith("_") for part in target.split(".")[1:])
    ]

    assert [] == past_the_door


PURE_ROOMS = (
    "stentor.supervisor.core.",
    "stentor.supervisor.policy.",
    "stentor.protocol.server.",
    "stentor.protocol.client.",
)


def machines() -> list[str]:
    """Return the modules that decide: whole rooms of them."""
    return [name for name in modules() if name.startswith(PURE_ROOMS)]


def test_the_machines_do_no_effects() -> None:
    """Decisions get time and chance as values; they import nothing that could act."""
    acting = {"asyncio", "threading", "time", "random", "logging", "pykka", "socket", "subprocess", "websockets"}
    found = [
        f"{modules()[name].relative_to(ROOT)}:{line} imports {to}"
        for name in machines()
        for line, to in imports_of(name)
        if to.split(".")[0] in acting
    ]

    assert {"stentor.supervisor.core._machine", "stentor.protocol.server._server"} <= set(machines())
    assert [] == found


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_is_short_and_opens_with_what_it_holds(name: str) -> None:
    """At most 300 lines, and a docstring first."""
    lines = modules()[name].read_text(encoding="utf-8").count("\n")

    assert lines <= LONGEST
    assert ast.get_docstring(tree_of(name))


def doors() -> list[str]:
    """Return the modules that users import by name."""
    named = {name for name, path in modules().items() if path.name == "__init__.py"}
    return sorted(named | (IMPORT_PATHS & set(modules())) | {n for n in modules() if n.startswith(IMPORT_FOLDERS)})


@pytest.mark.parametrize("name", doors())
def test_every_public_name_of_a_door_has_a_docstring(name: str) -> None:
    """What is offered is explained."""
    door = importlib.import_module(name)
    offered: list[str] = list(getattr(door, "__all__", []))
    silent = [public for public in offered if not public.startswith("__") and not _is_explained(door, public)]

    assert sorted(set(offered)) == sorted(offered)
    assert [] == silent


def _is_explained(door: object, public: str) -> bool:
    value = getattr(door, public)
    if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
        return bool((value.__doc__ or "").strip())
    return public in _explained_values()


@cache
def _explained_values() -> set[str]:
    """Return the module-level values that a text follows: ``LIMIT = 5`` and then its docstring."""
    found: set[str] = set()
    for name in modules():
        body = tree_of(name).body
        for node, after in pairwise(body):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found |= {t.id for t in targets if is_text and isinstance(t, ast.Name)}
    return found


def test_only_doors_and_import_paths_have_plain_names() -> None:
    """Whatever users should not import begins with an underscore."""
    allowed = {"__init__.py"}
    plain = [
        name
        for name, path in modules().items()
        if path.name not in allowed
        and not path.name.startswith("_")
        and name not in IMPORT_PATHS
        and not name.startswith(IMPORT_FOLDERS)
    ]

    assert [] == plain


def test_setup_cfg_lists_exactly_the_folders() -> None:
    """A package that is left out of the list vanishes from the wheel without a warning."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = config["options"]["packages"].split()
    folders = {module_name(path.parent / "__init__.py") for path in modules().values()}

    assert sorted(folders) == sorted(listed)
    assert sorted(set(listed)) == sorted(listed)


def test_every_folder_is_a_package_and_is_typed() -> None:
    """A folder with code has its door and its py.typed."""
    folders = {path.parent for path in modules().values()}
    lacking = [
        f"{folder}/{file}"
        for folder in folders
        for file in ("__init__.py", "py.typed")
        if not (folder / file).is_file()
    ]

    assert [] == sorted(lacking)


def test_no_folder_at_the_top_shadows_the_installed_package() -> None:
    """A folder named stentor would be imported instead of what is installed."""
    assert not (ROOT / "stentor").exists()
