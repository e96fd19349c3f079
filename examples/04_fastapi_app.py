"""A FastAPI app whose users talk to an agent over a WebSocket; start it by `uvicorn examples.04_fastapi_app:app`."""

from __future__ import annotations

import stentor
from fastapi import FastAPI, WebSocket
from fastapi.responses import PlainTextResponse


async def agent(session: stentor.Session, message: stentor.Message) -> None:
    """Answer a prompt: here, word by word in capital letters."""
    async with session.run("herald") as run:
        async with run.tool("shout", text=message.data["text"]) as tool:
            loud = message.data["text"].upper()
            tool.result({"letters": len(loud)})
        for word in loud.split():
            await run.text(f"{word} ")


runtime = stentor.Runtime(on_message=agent)
app = FastAPI(lifespan=stentor.lifespan(runtime, drain=5))


@app.websocket("/ws/{thread}")
async def talk(websocket: WebSocket, thread: str) -> None:
    """Bring the connection into the session of its user; the user comes from your own login, never from the URL."""
    await runtime.attach(websocket, user_id="demo", thread_id=thread)


@app.get("/tree")
async def tree() -> PlainTextResponse:
    """Show what runs."""
    return PlainTextResponse(str(runtime.tree()))


@app.get("/readyz")
async def ready() -> PlainTextResponse:
    """Be ready only while the runtime's tree stands."""
    return PlainTextResponse("ready" if runtime.ready else "not ready", 200 if runtime.ready else 503)
