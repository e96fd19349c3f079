"""The rules of supervision: what each promises, in one sentence, and the tests that show it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import table_ends, table_policies, table_restarts
from .rule import Rule

__all__ = ["IDS", "RULES"]

IDS = (
    *("B1", "B2", "B3", "B4", "B5", "B6", "B7", "S1", "S2", "S3", "S4", "S5", "F1", "F2", "F3", "F4", "I1", "I2"),
    *("T1", "T2", "T3", "T4", "C1", "C2", "C3", "G1", "G2", "G3", "W1", "W2", "W3", "W4", "R1", "R2", "X1"),
    *("M1", "M2", "M3", "M4", "ladder", "hold", "un-park", "live policy", "last_failure"),
)
"""Every rule that there is."""

_TABLE = {**table_restarts.TABLE, **table_ends.TABLE, **table_policies.TABLE}

RULES: Mapping[str, Rule] = MappingProxyType({rule: _TABLE[rule] for rule in IDS if rule in _TABLE})
"""By their ids, in the order of the list."""
