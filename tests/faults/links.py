"""A line to a PostgreSQL server that can go dead without being closed, or swallow notifications."""

import contextlib

from database import Proxy

SYNC = b"S\0\0\0\4"
HEAD = 5  # a message from the server: its kind and its length


class Line(Proxy):
    """A Proxy whose connections can die silently.

    freeze("answers"): what the connections that there are ask still arrives, their answers do not;
    freeze("requests"): nor do the requests. New connections work. thaw() closes those that died.
    at_lock: the next connection that has sent BEGIN and locks a head dies. deaf: notifications do
    not arrive.
    """

    def __init__(self, folder, server):
        self.deaf = self.at_lock = False
        self.frozen = {}  # links that died, and how
        self.heard = {}  # links and what has come from the server of a message
        self.orders = []
        super().__init__(folder, server)

    def freeze(self, how):
        self.orders.append(how)

    def thaw(self):
        self.orders.append(None)

    def obey(self):
        """In the thread that owns the links."""
        while self.orders:
            how = self.orders.pop(0)
            if how is None:
                for link in list(self.frozen):
                    link.close()
                self.frozen.clear()
            else:
                self.frozen.update({link: how for link in self.links if link not in self.frozen})
                self.cuts += 1

    def pass_on(self, link, end):
        self.obey()
        if link in self.frozen:
            self.swallow(link, end)
        elif end is link.server and self.deaf:
            self.pass_without_notifications(link)
        else:
            self.flush(link, end)
            super().pass_on(link, end)

    def pass_messages(self, link):
        locks = self.at_lock and link.buffer.endswith(SYNC) and (
            b"BEGIN\0" in link.buffer or b"\0begin\0" in link.buffer)
        super().pass_messages(link)
        if locks:
            self.at_lock = False
            self.frozen[link] = "requests"
            self.cuts += 1

    def swallow(self, link, end):
        """The client's end tells nobody that it was closed."""
        try:
            data = end.recv(1 << 16)
            if not data:
                self.selector.unregister(end)
            elif end is link.client and self.frozen[link] == "answers":
                link.server.sendall(data)
        except OSError:
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(end)

    def pass_without_notifications(self, link):
        try:
            data = link.server.recv(1 << 16)
            if not data:
                link.close()
                return
            rest = self.heard.get(link, b"") + data
            kept = b""
            while len(rest) >= HEAD:
                size = 1 + int.from_bytes(rest[1:HEAD], "big")
                if len(rest) < size:
                    break
                if rest[:1] != b"A":
                    kept += rest[:size]
                rest = rest[size:]
            self.heard[link] = rest
            link.client.sendall(kept)
        except OSError:
            link.close()

    def flush(self, link, end):
        """What was held back of a message goes first."""
        rest = self.heard.pop(link, b"") if end is link.server else b""
        if rest:
            with contextlib.suppress(OSError):
                link.client.sendall(rest)
