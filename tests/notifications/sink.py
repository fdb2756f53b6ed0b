"""A mail server of the tests' own, which does what it is told to."""

import socketserver
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

# What is said instead of "250 OK", by the command; "END" is the end of the message, None hangs up.
Plan = dict[str, str | None]


class Sink(socketserver.ThreadingTCPServer):
    """`plans` holds one plan a connection, then all is well; `received` is what came in whole."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.plans: deque[Plan] = deque()
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.on_message: Callable[[], None] = lambda: None

    @property
    def ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]

    def mailers(self) -> dict[str, object]:
        return mailers_at(self.server_address[1])


def mailers_at(port: int) -> dict[str, object]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 60}
    return {"default": {"BACKEND": "notifications.channels.smtp.EmailBackend", "OPTIONS": options}}


class Session(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self.server.connections += 1
        self.plan = self.server.plans.popleft() if self.server.plans else {}
        if not self.say("HELLO", "220 sink"):
            return
        for line in self.rfile:
            verb = line[:4].strip().upper().decode()
            if verb == "RCPT":
                self.server.recipients.append(line.decode().strip())
            if not self.say(
                verb, "354 go on" if verb == "DATA" else "221 bye" if verb == "QUIT" else "250 OK"
            ):
                return
            if verb == "DATA" and self.plan.get("DATA", "354").startswith("354") and not self.take():
                return
            if verb == "QUIT":
                return

    def take(self) -> bool:
        lines = iter(self.rfile.readline, b".\r\n")
        body = b"".join(line.removeprefix(b".") for line in lines)
        self.server.received.append(message_from_bytes(body, policy=policy.default))
        self.server.on_message()
        return self.say("END", "250 taken")

    def say(self, verb: str, usual: str) -> bool:
        answer = self.plan.get(verb, usual)
        if answer is not None:
            self.wfile.write(answer.encode() + b"\r\n")
        return answer is not None


@contextmanager
def listening() -> Iterator[Sink]:
    with Sink() as sink:
        threading.Thread(target=sink.serve_forever, args=[0.05], daemon=True).start()
        yield sink
        sink.shutdown()
