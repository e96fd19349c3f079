"""The FastAPI example under a real uvicorn, on a port of its own."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncGenerator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from attrs import frozen

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "04_fastapi_app.py"


@frozen
class Served:
    """The example's module, and where it is served."""

    module: ModuleType
    port: int
    server: uvicorn.Server

    @property
    def url(self) -> str:
        """Where clients connect to, for the thread t1."""
        return f"ws://127.0.0.1:{self.port}/ws/t1"


class Announced(uvicorn.Server):
    """Says when it serves."""

    up: asyncio.Event

    async def startup(self, *args: Any, **kwargs: Any) -> None:
        """Start, and say so, also if it failed."""
        try:
            await super().startup(*args, **kwargs)
        finally:
            self.up.set()


def load() -> ModuleType:
    """Import the example anew: a runtime runs once."""
    spec = importlib.util.spec_from_file_location("fastapi_app", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def served() -> AsyncGenerator[Served]:
    module = load()
    server = Announced(
        uvicorn.Config(module.app, port=0, log_level="warning", timeout_graceful_shutdown=5, ws="websockets-sansio")
    )
    server.up = asyncio.Event()
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(module, port, server)
    server.should_exit = True
    await task
