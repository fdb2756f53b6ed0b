"""Lapel with demo data: everything it needs, started in order and stopped in reverse."""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

from config.embedded import Servers
from config.places import CHECKOUT, LOCAL, Refusal, home_for, make

HOST = "127.0.0.1"
MANAGE = [sys.executable, "manage.py"]
QUIET = ["-W", "ignore:You're running the worker"]  # as root, which the demo may be
CELERY = [sys.executable, *QUIET, "-m", "celery", "--quiet", "-A", "config"]
READY_WITHIN = 90.0


class Demo:
    """One run of the demo, from the first server to the last one stopped."""

    def __init__(
        self, given: Mapping[str, str], port: int, say: Callable[[str], None], local: Path = LOCAL
    ) -> None:
        self.given = given
        self.port = port
        self.say = say
        bring_all = {"DATABASE_URL", "REDIS_URL"} <= given.keys()
        self.local = make(local)
        self.servers = Servers(local if bring_all else home_for(local), "lapel", say=say)
        self.family = self.servers.family
        self.stopping = False

    def run(self) -> None:
        with self._signals():
            try:
                self.servers.lock()
                self._check_port()
                self._start()
                self._watch()
            finally:
                self.stopping = True
                self._stop()

    # --- start

    def _start(self) -> None:
        if self.servers.home != self.local:
            self.say(f"The database is kept in {self.servers.home}: its account cannot enter this directory.")
        if "DATABASE_URL" not in self.given:
            self.servers.start_postgres()
        if "REDIS_URL" not in self.given:
            self.servers.start_valkey()
        self.env = self._environment()
        owner = {**self.env, "DATABASE_URL": self.env["OWNER_DATABASE_URL"]}
        self._step("Preparing the database ...", "migrate", "--verbosity", "0", env=owner)
        self._step("Gathering styles and pictures ...", "collectstatic", "--no-input", "--verbosity", "0")
        self._step("Loading the demo data ...", "load_demo")
        self._start_apps()
        self._wait_for_answer()
        self.say(f"\nLapel is ready: {self.env['BASE_URL']}/\n")
        self._step("", "load_demo", "--print-logins")
        self.say("\nCtrl-C stops.")

    def _environment(self) -> dict[str, str]:
        """What the person set, and for everything else the servers and files of this directory."""
        own = dict(self.given)
        if "DATABASE_URL" not in own:  # a PGPORT that is meant for another database would mislead
            own = {name: value for name, value in own.items() if not name.startswith("PG")}
        mail = {} if "MAIL_URL" in own else {"MAIL_DIR": str(make(self.local / "mail"))}
        return {
            "DATABASE_URL": self._database_url("lapel_app"),
            "OWNER_DATABASE_URL": self._database_url("lapel_owner"),
            "REDIS_URL": self._redis_url(),
            "SECRET_KEY": secret_key(self.local / "secret-key"),
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "BASE_URL": f"http://{HOST}:{self.port}",
            "DEMO": "1",
            **mail,
            **own,
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def _database_url(self, role: str) -> str:
        return "" if "DATABASE_URL" in self.given else self.servers.database_url(role)

    def _redis_url(self) -> str:
        return "" if "REDIS_URL" in self.given else self.servers.redis_url

    def _step(self, title: str, *command: str, env: Mapping[str, str] | None = None) -> None:
        """Run a command of manage.py to its end, with its output where ours is."""
        if title:
            self.say(title)
        child = self.family.spawn(
            "step", [*MANAGE, *command], env=env or self.env, cwd=CHECKOUT, in_terminal=True
        )
        while child.alive:
            self.family.pump(0.05)
        code = child.process.returncode
        self.family.stop("step")
        if code:
            raise Refusal(f"`manage.py {command[0]}` failed; what it said is above.")

    def _start_apps(self) -> None:
        self.say("Starting the web server, the worker and the clock ...")
        web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{self.port}"]
        web += ["--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--log-level", "warning"]
        web += ["--no-control-socket"]
        worker = [*CELERY, "worker", "--concurrency", "2", "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle"]
        beat = [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""]
        beat += ["--schedule", str(self.local / "beat-schedule")]
        for name, argv in (("web", web), ("worker", worker), ("beat", beat)):
            # A task that is cut off does no harm: its row stays, and the next start finds it.
            self.family.spawn(name, argv, env=self.env, cwd=CHECKOUT, patience=8)

    def _wait_for_answer(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while not answers(self.port):
            self._refuse_death()
            if time.monotonic() > until:
                raise Refusal(f"The web server did not answer within {READY_WITHIN:.0f} seconds.")
            self.family.pump(0.2)

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise Refusal(
                    f"Port {self.port} cannot be used ({error.strerror}). Stop what runs there, "
                    f"or take another one: PORT={self.port + 1} ./run"
                ) from None

    # --- watch and stop

    def _watch(self) -> None:
        while True:
            self.family.pump(0.5)
            self._refuse_death()

    def _refuse_death(self) -> None:
        if dead := self.family.dead():
            self.family.pump(0.1)
            how = ending(dead.process.returncode)
            raise Refusal(f"{dead.name} ended by itself ({how}), so everything stops.")

    def _stop(self) -> None:
        if self.family.children:
            self.say("Stopping ...")
        self.family.stop("step")
        self.family.stop("web", "beat")
        self.family.stop("worker")
        self.servers.stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # `nohup ./run` means it
            signals.append(signal.SIGHUP)
        before = {signum: signal.signal(signum, self._on_signal) for signum in signals}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if self.stopping:
            self.family.kill()
            os._exit(130)
        self.stopping = True
        raise KeyboardInterrupt


def secret_key(path: Path) -> str:
    """Made once and kept, so that people stay signed in from one start to the next."""
    if not path.exists():
        half = path.with_suffix(".new")
        half.unlink(missing_ok=True)
        with open(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        half.rename(path)
    return path.read_text()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
