"""A host without a line of asyncio: the runtime lives in a thread of its own."""

from __future__ import annotations

import stentor


def main() -> None:
    """Emit from this thread, and look at what waits for the user."""
    with stentor.Runtime.in_thread() as runtime:
        session = runtime.session(user_id="ada", thread_id="t1").get()
        receipt = session.emit(stentor.Text("r1", "hello"))
        receipt.wait(timeout=5, until="buffered")
        print("seq", receipt.seq)
        print(runtime.tree())
        print(runtime.audit())


if __name__ == "__main__":
    main()
