"""Processes that end with the one who started them, whichever way it ends.

On Linux the kernel tells each child when its parent dies. Elsewhere nobody does, and the next start ends
whom it still finds (leftovers.py).
No threads here: forking beside threads is not safe, and the kernel's notice is tied to the forking thread.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.leftovers import remember
from config.places import Account, as_account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(eq=False)
class Child:
    """One process in a session of its own, so that a Ctrl-C in the terminal reaches its parent only."""

    name: str
    process: subprocess.Popen[bytes]
    marker: str
    stop_with: signal.Signals
    patience: float
    unfinished: bytes = field(default=b"", repr=False)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill_group(self, signum: signal.Signals = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signum)


class Family:
    def __init__(self, register: Path, write: Callable[[str], None]) -> None:
        self.register = register
        self.write = write
        self.children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def spawn(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        account: Account | None = None,
        log: Path | None = None,
        marker: str = "",
        stop_with: signal.Signals = signal.SIGTERM,
        patience: float = 15,
        cwd: Path = Path("/"),
        in_terminal: bool = False,
    ) -> Child:
        """Start a process. Its output goes to `log`, or as it is to the terminal, or through `pump`."""
        otherwise = None if in_terminal else subprocess.PIPE
        with open(log, "wb") if log else contextlib.nullcontext(otherwise) as output:
            process = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if in_terminal else subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_ends_with_parent(os.getpid(), stop_with),
                **as_account(account),
            )
        child = Child(name, process, marker or " ".join(argv[1:]), stop_with, patience)
        self.children.append(child)
        self._remember()
        if process.stdout:
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def pump(self, seconds: float) -> None:
        """Pass on what the children say, for about so long; a pipe that nobody reads would stop them."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._selector.get_map():
                time.sleep(left)
                return
            for key, _ in self._selector.select(left):
                self._pass_on(key.data)

    def _pass_on(self, child: Child) -> None:
        stream = child.process.stdout
        assert stream is not None
        data = os.read(stream.fileno(), 65536)
        if not data:
            self._selector.unregister(stream)
            data = b"\n" if child.unfinished else b""
        *lines, child.unfinished = (child.unfinished + data).split(b"\n")
        for line in lines:
            self.write(f"{child.name:<6} | {line.decode(errors='replace')}")

    def dead(self) -> Child | None:
        return next((child for child in self.children if not child.alive), None)

    def stop(self, *names: str) -> None:
        """Ask these to stop, give them the time they need, and kill what is left of them."""
        leaving = [child for child in self.children if child.name in names]
        for child in leaving:
            if child.alive:
                with contextlib.suppress(ProcessLookupError):
                    child.process.send_signal(child.stop_with)
        until = time.monotonic() + max((child.patience for child in leaving), default=0)
        while any(child.alive for child in leaving) and time.monotonic() < until:
            self.pump(0.05)
        for child in leaving:
            child.kill_group()
            child.process.wait()
            self.children.remove(child)
        self.pump(0.01)
        self._remember()

    def kill(self) -> None:
        for child in self.children:
            child.kill_group()

    def _remember(self) -> None:
        remember(
            self.register, [(child.process.pid, child.marker, child.stop_with) for child in self.children]
        )


def _ends_with_parent(parent: int, signum: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl = _libc.prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange
