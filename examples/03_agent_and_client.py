"""An agent with a tool, and a Python client that asks it and reads the answer token by token."""

from __future__ import annotations

import asyncio

import stentor


async def agent(session: stentor.Session, message: stentor.Message) -> None:
    """Count the letters of the prompt, and say so."""
    async with session.run("counter") as run:
        await run.thinking("I will count the letters.")
        async with run.tool("count", text=message.data["text"]) as tool:
            letters = sum(map(str.isalpha, message.data["text"]))
            tool.result(letters)
        for piece in ("It", " has ", str(letters), " letters."):
            await run.text(piece)


async def main() -> None:
    """Ask one question."""
    async with stentor.Runtime(on_message=agent) as runtime:
        server = await runtime.serve("127.0.0.1", 0)
        async with stentor.Client(server.url, session=stentor.session_id("ada", "t1")) as client:
            await client.say("prompt", {"text": "How long is this?"})
            async for delivery in client:
                match delivery.event:
                    case stentor.Text(delta=delta):
                        print(delta, end="", flush=True)
                    case stentor.AgentCompleted():
                        print()
                        break
                    case event:
                        print(f"[{event.type}]")
        print(runtime.audit())


if __name__ == "__main__":
    asyncio.run(main())
