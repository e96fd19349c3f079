"""Pykka's own test suite, run against LoopActor."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.mark.timeout(180)
def test_pykkas_own_suite_passes_with_loop_actor_as_one_more_runtime(tmp_path: Path) -> None:
    """All 138 cases that `-k loop` selects pass, none is skipped."""
    where = Path(__file__).parents[1] / "pykka_suite.py"
    spec = importlib.util.spec_from_file_location("pykka_suite", where)
    assert spec is not None
    assert spec.loader is not None
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)

    passed, output = suite.run(suite.fetch(suite.cache_folder()), tmp_path)

    assert suite.EXPECTED == passed, output
