"""The world of the model check: both real machines, a link that loses, a host that dies between any two effects."""

from __future__ import annotations

from stentor.protocol import decode_client, decode_server
from stentor.protocol._frames import HelloFrame

from .app import App, Link
from .host import Host


class World(Host):
    """One session, its log, its host, and two tabs."""

    # The link

    def dial(self, app: App, line: int) -> None:
        number = len(self.links) + 1
        self.links[number] = Link(app, line)
        app.run(app.client.opened(line, self.now))

    def link_of(self, app: App, line: int) -> Link | None:
        for link in self.links.values():
            if link.owner is app and link.client_line == line:
                return link
        return None

    def move(self, number: int, to_server: bool) -> bool:
        """Let one frame arrive, or the news that the link is gone."""
        link = self.links[number]
        return self._to_server(number, link) if to_server else self._to_client(link)

    def move_latest(self) -> None:
        """Let a frame arrive at each end of the two latest connections."""
        for number in list(self.links)[-2:]:
            self.move(number, True)
            self.move(number, False)

    def _to_server(self, number: int, link: Link) -> bool:
        if link.server_knows:
            return False
        if link.to_server and not link.cut:
            # Also after the server closed it: what was on its way arrives, and must not count any more.
            frame = decode_client(link.to_server.popleft(), 65536)
            if isinstance(frame, HelloFrame):
                link.hello_seen = True
                self.act(lambda: self.server.hello(number, frame, self.now))
            else:
                consumer = self.server.state.consumer
                current, before = self.server.line == number, (consumer.floor, consumer.acked)
                self.act(lambda: self.server.received(number, frame, self.now))
                assert current or before == (consumer.floor, consumer.acked), "a fenced connection counted"
            return True
        if link.cut or link.server_end is not None:
            link.server_knows = link.cut = True
            if link.hello_seen:
                self.act(lambda: self.server.lost(number, 1006, "cut", self.now))
            return True
        return False

    def _to_client(self, link: Link) -> bool:
        if link.client_knows:
            return False
        app = link.owner
        if link.to_client and not link.cut:
            frame = decode_server(link.to_client.popleft())
            app.run(app.client.received(link.client_line, frame, self.now))
            return True
        if link.cut or link.server_end is not None:
            link.client_knows = link.cut = True
            code, reason = link.server_end or (1006, "cut")
            app.run(app.client.closed(link.client_line, code, reason, self.now, 0.5))
            return True
        return False

    def cut(self, number: int) -> None:
        self.links[number].cut = True

    # Time

    def advance(self, seconds: float) -> None:
        self.now += seconds
        if self.server.next_deadline() <= self.now:
            self.act(lambda: self.server.tick(self.now))
        for app in self.apps:
            due = app.client.next_deadline()
            if due is not None and due <= self.now:
                app.run(app.client.tick(self.now, 0.5))

    def settle(self) -> None:
        """No more faults: everything that can happen happens, time passes, until nothing changes."""
        self.fuse = None
        self.settling = True
        for _ in range(400):
            busy = True
            while busy:
                busy = any([self.answer() or self.refusal(), *(app.handle() for app in self.apps)])
                for number, link in list(self.links.items()):
                    if not (link.client_knows and link.server_knows):
                        busy = self.move(number, True) or busy
                        busy = self.move(number, False) or busy
            if self.closed is not None:
                return
            if self.log.floor == self.log.head == self.server.head and self.server.line is not None:
                return
            for app in self.apps[:1]:
                # Taken over by the other tab before it left: its user looks at this one again.
                app.run(app.client.connect(self.now))
            self.advance(0.25)
        raise AssertionError(f"no progress: floor {self.log.floor}, head {self.log.head}, {self.server.phase}")
