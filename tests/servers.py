"""A pytest plugin: fresh servers for each run, gone at its end.

Their addresses are set at import, because settings are read before any conftest. Runs side by side do not meet, and
whatever DATABASE_URL the shell holds is not touched: the tests empty tables. Where pytest-xdist spreads the tests over
workers, each worker has servers of its own.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

import pytest

from config.embedded import Servers
from config.places import Refusal, throwaway_home

DATABASE = "test_lapel"
# Set to the worker of pytest whose servers these are, for processes that a test starts: they share them.
OWNER = "LAPEL_TEST_SERVERS"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "the only one")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("dist", "no") != "no":
        return  # the workers run the tests, and start theirs
    try:
        start()
    except Refusal as refusal:
        pytest.exit(f"The servers for the tests did not start. {refusal}", returncode=1)


def start() -> None:
    if servers:
        servers.start()


def discard(servers: Servers, owner: int) -> None:
    if os.getpid() != owner:
        return  # a fork at its exit: the servers are its parent's
    if servers.family.children:  # else the workers had theirs, and another run may have swept this home
        servers.stop()
    shutil.rmtree(servers.home, ignore_errors=True)


def sweep() -> None:
    """Remove what killed runs left: directories of ours that nobody holds a lock on any more."""
    for home in Path("/tmp").glob("lapel-test-*"):
        with contextlib.suppress(OSError):
            found = home.lstat()
            if (
                found.st_uid == os.geteuid()
                and found.st_mtime < time.time() - 300
                and not held(home / "lock")
            ):
                shutil.rmtree(home, ignore_errors=True)


def held(lock: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def announce(servers: Servers) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ.update(
        {
            OWNER: WORKER,
            "DATABASE_URL": servers.database_url("lapel_app"),
            "OWNER_DATABASE_URL": servers.database_url("lapel_owner"),
            "SUPERUSER_DATABASE_URL": servers.database_url("postgres"),
            "REDIS_URL": servers.redis_url,
            "SECRET_KEY": "test",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "BASE_URL": "http://testserver",
            "MAIL_DIR": "",
            "DEMO": "0",
            "TESTING": "1",
        }
    )


def prepare() -> Servers:
    sweep()
    servers = Servers(throwaway_home(), DATABASE, throwaway=True)
    atexit.register(discard, servers, os.getpid())
    announce(servers)
    return servers


servers = None if os.environ.get(OWNER) == WORKER else prepare()
