"""The page of policies: its timelines are what the simulation prints today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from attrs import fields
from stentor.supervisor import RestartPolicy

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "policies.md").read_text(encoding="utf-8")
RECIPES = (
    "One flaky child",
    "A provider outage",
    "A poison message",
    "A slow start",
    "A user whose connection flaps",
    "A child that owns a socket",
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that makes the timelines."""
    spec = importlib.util.spec_from_file_location("make_timelines", DOCS / "make_timelines.py")
    if spec is None or spec.loader is None:
        raise AssertionError("there is no docs/make_timelines.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_timeline_of_the_page_is_what_its_code_prints(script: ModuleType) -> None:
    """Run ``python docs/make_timelines.py`` after a change."""
    assert PAGE == script.remade(PAGE)


def test_no_timeline_is_empty() -> None:
    """Every marker stands behind code, and something between the two markers."""
    assert PAGE.count("<!-- timeline -->") == PAGE.count("```\n\n<!-- timeline -->\n```\n") >= 14
    assert "<!-- timeline -->\n<!-- end -->" not in PAGE


def test_a_timeline_that_is_out_of_date_is_made_anew(script: ModuleType) -> None:
    """The test above can fail."""
    assert PAGE == script.remade(PAGE.replace(" budget left", " budget gone"))


@pytest.mark.parametrize("knob", [knob.name for knob in fields(RestartPolicy)])
def test_every_knob_is_explained(knob: str) -> None:
    """Under a heading of its own."""
    headings = [line for line in PAGE.splitlines() if line.startswith("### ")]

    assert any(knob in heading for heading in headings)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_there(recipe: str) -> None:
    """With a timeline."""
    part = PAGE.partition(f"### {recipe}\n")[2].partition("\n#")[0]

    assert "<!-- timeline -->" in part
