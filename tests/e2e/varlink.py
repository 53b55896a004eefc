"""A minimal raw Varlink client: it sends what it is told, well-formed or not."""

import contextlib
import json
import os
import socket

INTERFACE = "io.goald.Tracker"


class VarlinkError(Exception):
    """An error reply: .name is the full name, .parameters what came with it."""

    def __init__(self, reply):
        self.name = reply["error"]
        self.parameters = reply.get("parameters") or {}
        super().__init__(f"{self.name} {self.parameters}")


@contextlib.contextmanager
def effective_user(uid):
    """The kernel notes a caller's effective ids when it connects."""
    if uid is None:
        yield
        return
    gid = os.getegid()
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)


def socket_name(address):
    name = address.removeprefix("unix:")
    return "\0" + name[1:] if name.startswith("@") else name


class Varlink:
    """One connection. Close it, or use it in a with statement."""

    def __init__(self, address, uid=None, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.buffer = b""
        with effective_user(uid):
            self.socket.connect(socket_name(address))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Raw bytes, as they are."""
        self.socket.sendall(data)

    def send_call(self, method, parameters=None, **flags):
        if "." not in method:
            method = f"{INTERFACE}.{method}"
        message = {"method": method, **flags}
        if parameters is not None:
            message["parameters"] = parameters
        self.send(json.dumps(message).encode() + b"\0")

    def recv_frame(self):
        """The next frame without its NUL; None when the daemon has closed the connection."""
        while b"\0" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                assert not self.buffer, f"closed within a frame: {self.buffer!r}"
                return None
            self.buffer += data
        frame, self.buffer = self.buffer.split(b"\0", 1)
        return frame

    def recv(self):
        """The next reply as an object; None when the connection is closed."""
        frame = self.recv_frame()
        return None if frame is None else json.loads(frame)

    def recv_reply(self):
        """The parameters of the next reply; an error reply is raised."""
        reply = self.recv()
        if reply is None:
            raise ConnectionError("goald closed the connection")
        if "error" in reply:
            raise VarlinkError(reply)
        return reply.get("parameters", {})

    def call(self, method, **parameters):
        self.send_call(method, parameters)
        return self.recv_reply()

    def stream(self, method, **parameters):
        """All replies of a call with `more`; an empty stream is []."""
        self.send_call(method, parameters, more=True)
        replies = []
        while True:
            reply = self.recv()
            if reply is None:
                raise ConnectionError("goald closed the connection")
            if "error" in reply:
                raise VarlinkError(reply)
            if reply.get("parameters"):
                replies.append(reply["parameters"])
            if not reply.get("continues"):
                return replies

    def is_closed(self):
        """Waits until the daemon closes the connection; replies on the way are dropped."""
        while self.recv_frame() is not None:
            pass
        return True
