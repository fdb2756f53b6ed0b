"""Processes that end with the one who started them, whichever way it ends.

On Linux the kernel tells each child when its parent dies. Elsewhere nobody does, so the children are also
written down in a register, and the next start ends whom it still finds.
No threads here: forking beside threads is not safe, and the kernel's notice is tied to the forking thread.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
    ) -> Child:
        """Start a process. Its output goes to `log`, or comes back line by line with its name in front."""
        with open(log, "wb") if log else contextlib.nullcontext(subprocess.PIPE) as output:
            process = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_ends_with_parent(os.getpid(), stop_with),
                **as_account(account),
            )
        child = Child(name, process, marker or " ".join(argv[1:4]), stop_with, patience)
        self.children.append(child)
        self._write_register()
        if process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
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
        data = stream.read(65536) or b""
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
        self._write_register()

    def kill(self) -> None:
        for child in self.children:
            child.kill_group()

    def _write_register(self) -> None:
        known = [[child.process.pid, child.marker, int(child.stop_with)] for child in self.children]
        self.register.write_text(json.dumps(known))

    def end_leftovers(self) -> None:
        """End what an earlier start left behind, when it was killed and the children have not noticed yet."""
        try:
            known = [(int(pid), str(marker), int(signum)) for pid, marker, signum in _read(self.register)]
        except (ValueError, TypeError):
            return
        known = [one for one in known if _runs(one[0], one[1])]
        for pid, _marker, signum in known:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
        until = time.monotonic() + 20
        while any(_runs(pid, marker) for pid, marker, _ in known) and time.monotonic() < until:
            time.sleep(0.05)
        for pid, marker, _ in known:
            if _runs(pid, marker):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _read(register: Path) -> list[list[object]]:
    return json.loads(register.read_text()) if register.exists() else []  # type: ignore[no-any-return]


def _ends_with_parent(parent: int, signum: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl = _libc.prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _runs(pid: int, marker: str) -> bool:
    """Whether this process lives and is still the one we mean: numbers are used again."""
    if sys.platform == "linux":
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    else:
        command = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    return marker in command
