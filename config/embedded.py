"""PostgreSQL and Valkey from their packages, on private sockets, for the demo and the tests.

Production brings its own servers; docker-compose.yml shows how.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from config.binaries import Binaries, binaries
from config.leftovers import end_leftovers
from config.places import CHECKOUT, DATA, Account, Refusal, account_for, as_account, private, socket_directory
from config.processes import Child, Family

ROLES = CHECKOUT / "docker/postgres/roles.sql"
# The database behaves the same on every machine: its locale is PostgreSQL's own.
INITDB_ARGS = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
THROWAWAY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
REGISTER = "children.json"
PATIENCE = 60.0


class Servers:
    """One PostgreSQL and one Valkey, with all their files in `home`."""

    def __init__(
        self, home: Path, database: str, *, throwaway: bool = False, say: Callable[[str], None] | None = None
    ) -> None:
        self.home = home
        self.database = database
        self.throwaway = throwaway
        self.say = say or (lambda line: None)
        self.family = Family(home / REGISTER, self.say)
        self._lock: int | None = None

    def lock(self) -> None:
        """Keep a second start out until this process ends, and clear away what an earlier one left."""
        self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._unlock()
            raise Refusal("Lapel already runs from this directory. Stop that one first (Ctrl-C).") from None
        end_leftovers(self.home / REGISTER)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def start(self) -> None:
        self.lock()
        self.start_postgres()
        self.start_valkey()

    def stop(self) -> None:
        self.family.stop("valkey")
        self.family.stop("postgres")
        self._unlock()

    @cached_property
    def account(self) -> Account | None:
        return account_for(self.home)

    @cached_property
    def binaries(self) -> Binaries:
        return binaries(self.account)

    @cached_property
    def sockets(self) -> Path:
        return socket_directory(self.home, self.account)

    # --- PostgreSQL

    def start_postgres(self) -> None:
        data = self.home / DATA
        if not (data / "PG_VERSION").exists():
            self.say("Creating the database ...")
            self._initdb(data)
        self.say("Starting PostgreSQL ...")
        settings = [f"unix_socket_directories={self.sockets}", "unix_socket_permissions=0700"]
        settings += ["listen_addresses=", "port=5432", "timezone=UTC", "log_timezone=UTC"]
        settings += ["log_min_messages=warning", *(THROWAWAY if self.throwaway else [])]
        server = self.family.spawn(
            "postgres",
            [str(self.binaries.postgres / "postgres"), "-D", str(data), *(f"--{one}" for one in settings)],
            env=self._environment(),
            account=self.account,
            log=self.home / "postgres.log",
            stop_with=signal.SIGINT,  # ends the sessions; SIGTERM would wait for them
            patience=30,
        )
        self._wait(server, self._postgres_answers)
        self._psql()

    def _initdb(self, data: Path) -> None:
        """Into a temporary directory first: an interrupted first start leaves no half database."""
        half = self.home / f"{DATA}.new"
        shutil.rmtree(half, ignore_errors=True)
        private(half, self.account)
        command = [str(self.binaries.postgres / "initdb"), "-D", str(half), "-U", "postgres", "--auth=trust"]
        command += [*INITDB_ARGS, *(["--no-sync"] if self.throwaway else [])]
        done = subprocess.run(
            command,
            env=self._environment(),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **as_account(self.account),
        )
        if done.returncode:
            raise Refusal(f"The database could not be created:\n{done.stdout.decode(errors='replace')}")
        half.rename(data)

    def _psql(self) -> None:
        """Roles, the empty database, and who may do what in it. Only here is anybody a superuser."""
        command = [str(self.binaries.postgres / "psql"), "-XqwAt", "-h", str(self.sockets), "-U", "postgres"]
        command += ["-d", "postgres", "-v", f"database={self.database}", "-f", str(ROLES)]
        done = subprocess.run(command, env=self._environment(), capture_output=True, check=False)
        if done.returncode:
            raise Refusal(f"The roles could not be created:\n{done.stderr.decode(errors='replace')}")

    def _postgres_answers(self) -> bool:
        return can_connect(self.sockets / ".s.PGSQL.5432") and (
            subprocess.run(
                [str(self.binaries.postgres / "pg_isready"), "-q", "-h", str(self.sockets)],
                env=self._environment(),
                check=False,
            ).returncode
            == 0
        )

    def database_url(self, role: str) -> str:
        return f"postgres://{role}@/{self.database}?host={quote(str(self.sockets))}"

    # --- Valkey

    def start_valkey(self) -> None:
        self.say("Starting Valkey ...")
        options = {
            "port": "0",
            "unixsocket": str(self.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(private(self.home / "valkey", self.account)),
            "appendonly": "no" if self.throwaway else "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        server = self.family.spawn(
            "valkey",
            [str(self.binaries.valkey), *(part for key in options for part in (f"--{key}", options[key]))],
            env=self._environment(),
            account=self.account,
            log=self.home / "valkey.log",
            marker=str(self.valkey_socket),
        )
        self._wait(server, self._valkey_answers)

    def _valkey_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.valkey_socket))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")  # while it reads its file, it says -LOADING
        return False

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.valkey_socket}"

    # --- both

    def _wait(self, server: Child, answers: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not answers():
            if not server.alive or time.monotonic() > until:
                log = (self.home / f"{server.name}.log").read_text(errors="replace")
                raise Refusal(f"{server.name} did not start:\n" + "\n".join(log.splitlines()[-8:]))
            time.sleep(0.03)

    def _environment(self) -> dict[str, str]:
        """Nothing of ours: a PGPORT or PGOPTIONS of the person who starts must not reach the servers."""
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home)}


def can_connect(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0
