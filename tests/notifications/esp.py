"""A provider of the tests' own, which takes mail over HTTP and does what it is told to."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "esp-1", "SubmittedAt": "2026-11-24T00:00:00Z"}


class Esp(ThreadingHTTPServer):
    """`plans` holds a status and an answer a message, then all is well; a status of 0 hangs up, -1 is mute."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.plans: deque[tuple[int, Any]] = deque()
        self.received: list[dict[str, Any]] = []

    def mailers(self, timeout: float = 60) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server_address[1]}/"
        options = {"server_token": "k3y", "api_url": url, "timeout": timeout}
        return {"default": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": options}}


class Taking(BaseHTTPRequestHandler):
    server: Esp

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.server.plans.popleft() if self.server.plans else (200, {})
        if status == -1:
            self.rfile.read(1)  # until the other side hangs up
        if status <= 0:
            return
        if status == 200:
            self.server.received.append(message)
        body = json.dumps({**TAKEN, "To": message["To"], **answer}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def listening() -> Iterator[Esp]:
    with Esp() as esp:
        threading.Thread(target=esp.serve_forever, args=[0.05], daemon=True).start()
        yield esp
        esp.shutdown()
