"""A session handle over a bridge that keeps everything in a list."""

from __future__ import annotations

from typing import Any, cast

import pytest
from stentor.supervisor.runs._handle import Session
from stentor.supervisor.runs._identity import Identity

from .bridges import ListBridge


@pytest.fixture
def bridge() -> ListBridge:
    return ListBridge()


@pytest.fixture
def session(bridge: ListBridge) -> Session:
    return Session(cast(Any, bridge), Identity("ada", "t1"), "ada/t1", 5.0)
