"""A route that attaches without naming a user, in a runtime that has no ``authenticate``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
import stentor
import uvicorn
from fastapi import FastAPI, WebSocket
from stentor.protocol.clients import Client
from stentor.protocol.errors import Unauthenticated, WebSocketContextValidationError

from .conftest import Announced


class Host:
    """An app with such a route; what its endpoint raised is kept."""

    def __init__(self) -> None:
        self.runtime = stentor.Runtime()
        self.app = FastAPI(lifespan=stentor.lifespan(self.runtime))
        self.raised: list[Exception] = []
        self.url = ""
        self.app.add_api_websocket_route("/free", self.endpoint)

    async def endpoint(self, websocket: WebSocket) -> None:
        """Name nobody."""
        try:
            await self.runtime.attach(websocket)
        except WebSocketContextValidationError as error:
            self.raised.append(error)


@pytest.fixture
async def host() -> AsyncGenerator[Host]:
    found = Host()
    server = Announced(uvicorn.Config(found.app, port=0, log_level="warning", ws="websockets-sansio"))
    server.up = asyncio.Event()
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    found.url = f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/free"
    yield found
    server.should_exit = True
    await task


async def test_a_route_that_names_no_user_is_final_for_clients_and_raised_once(host: Host) -> None:
    """The developer gets the exception, each client 4502 and the reason, and the record every refusal."""
    ends: list[tuple[int, str]] = []
    for _ in range(2):
        async with Client(host.url, session="ada/t1") as client:
            with pytest.raises(Unauthenticated) as caught:
                await anext(client)
            ends.append((caught.value.close_code, caught.value.reason))

    assert [4502, 4502] == [code for code, _ in ends]
    assert {"the host's route names no valid user_id: nobody gets in by it"} == {reason for _, reason in ends}
    assert ["attach"] == [error.operation for error in host.raised]  # type: ignore[attr-defined]
    notes = [
        it.facts for it in host.runtime.record.entries() if it.facts and it.facts.get("note") == "connection_refused"
    ]
    assert [(4502, "unauthenticated")] * 2 == [(it["close_code"], it["reason"]) for it in notes]
