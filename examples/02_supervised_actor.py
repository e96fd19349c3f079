"""An actor of your own under a supervisor: it crashes, is recorded and restarted, and its mailbox survives."""

from __future__ import annotations

import asyncio

import stentor


class Indexer(stentor.Actor):
    """Counts documents; a document of None is a bug that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def on_start(self) -> None:
        """Say which incarnation this is, and what ended the one before."""
        ended = self.last_failure.exception if self.last_failure else "nothing"
        print(f"incarnation {self.incarnation}, after {ended!r}")

    def on_receive(self, message: str | None) -> int:
        """Count the words of a document."""
        assert message is not None, "no document"
        self.count += len(message.split())
        return self.count


async def main() -> None:
    """Send three documents, the second of which is none."""
    policy = stentor.RestartPolicy(backoff=stentor.Backoff(initial=0.05))
    supervisor = await stentor.Supervisor.start_async(policy=policy, children=[stentor.ChildSpec("indexer", Indexer)])
    tree = supervisor.proxy()
    indexer = (await tree.which_child("indexer")).ref

    indexer.tell("one two three")
    indexer.tell(None)
    print("after the restart:", await indexer.ask("four five", block=False))
    print((await tree.record()).failures())
    await supervisor.stop(block=False)


if __name__ == "__main__":
    asyncio.run(main())
