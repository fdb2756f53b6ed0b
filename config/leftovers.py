"""What an earlier start left behind: killed itself, its children live on, or have not noticed yet."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

PATIENCE = 20.0


class Leftover(NamedTuple):
    pid: int
    marker: str  # a part of its command line: process numbers are used again
    stop_with: int

    def runs(self) -> bool:
        return self.marker in command_of(self.pid)

    def send(self, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)


def remember(register: Path, children: list[tuple[int, str, int]]) -> None:
    register.write_text(json.dumps(children))


def end_leftovers(register: Path) -> None:
    found = [one for one in _remembered(register) if one.runs()]
    for one in found:
        one.send(one.stop_with)
    until = time.monotonic() + PATIENCE
    while any(one.runs() for one in found) and time.monotonic() < until:
        time.sleep(0.05)
    for one in found:
        if one.runs():
            one.send(signal.SIGKILL)


def _remembered(register: Path) -> list[Leftover]:
    try:
        return [
            Leftover(int(pid), str(marker), int(signum))
            for pid, marker, signum in json.loads(register.read_text())
        ]
    except (FileNotFoundError, ValueError, TypeError):  # a start that was killed may leave half a file
        return []


def command_of(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    shown = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(shown, capture_output=True, text=True, check=False).stdout
