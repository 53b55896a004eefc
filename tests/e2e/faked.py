"""A daemon that answers what a test tells it to, for clients that are to be tested alone."""

import json
import socket
import threading

from varlink import INTERFACE

CLOSE = object()  # in place of an answer: the connection is closed


class Refusal(Exception):
    """An error reply: Refusal("NoSuchLetter", letter="…")."""

    def __init__(self, name, **parameters):
        super().__init__(name)
        self.frame = {"error": f"{INTERFACE}.{name}", "parameters": parameters}


class FakeDaemon:
    """Serves any number of connections, one after the other. `answer(method, parameters)` gives a
    list of replies' parameters, the last of which may be a Refusal's frame, or CLOSE, or raises a
    Refusal; `calls` has what was asked."""

    def __init__(self, path, answer):
        self.address = f"unix:{path}"
        self.answer = answer
        self.calls = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o666)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(30)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.serve_one(connection)

    def serve_one(self, connection):
        left = b""
        while data := connection.recv(65536):
            *frames, left = (left + data).split(b"\0")
            for frame in frames:
                if not self.reply(connection, json.loads(frame)):
                    return

    def reply(self, connection, call):
        method, parameters = call["method"].rpartition(".")[2], call.get("parameters") or {}
        self.calls.append((method, parameters))
        try:
            replies = self.answer(method, parameters)
        except Refusal as refusal:
            connection.sendall(json.dumps(refusal.frame).encode() + b"\0")
            return True
        if replies is CLOSE:
            return False
        last = len(replies) - 1
        frames = [reply if "error" in reply else
                  {"parameters": reply, **({"continues": True} if n < last else {})}
                  for n, reply in enumerate(replies)] or [{}]
        connection.sendall(b"".join(json.dumps(frame).encode() + b"\0" for frame in frames))
        return True
