"""A session emits, a bug crashes it in the middle, and the client still gets every event once and in order.

The crash shows as one line of the log, on stderr.
"""

import asyncio

import stentor
from stentor.testing import Faults


async def main() -> None:
    """Count to ten."""
    faults = Faults()
    async with stentor.Runtime(faults=faults) as runtime:
        server = await runtime.serve("127.0.0.1", 0)
        session = await runtime.session(user_id="ada", thread_id="t1")
        async with stentor.Client(server.url, session=session.id) as client:
            for number in range(1, 11):
                if number == 5:
                    faults.arm("inside_step", session.id, exception=ZeroDivisionError("a bug"))
                session.emit(stentor.Text("r1", f"word {number}"))
                print((await anext(client)).event)


asyncio.run(main())
