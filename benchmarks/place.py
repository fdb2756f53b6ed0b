"""A database of its own for a benchmark: started, migrated, and gone when the block ends."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config.embedded import Servers
from config.places import CHECKOUT, throwaway_home


@contextmanager
def own_database() -> Iterator[str]:
    """Yields the superuser's address; the environment then names the roles' addresses, as in production."""
    servers = Servers(throwaway_home(), "lapel", throwaway=True)
    try:
        servers.lock()
        servers.start_postgres()
        os.environ.update(_environment(servers))
        owner = {**os.environ, "DATABASE_URL": servers.database_url("lapel_owner")}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(migrate, env=owner, cwd=CHECKOUT, check=True)  # noqa: S603 - our own manage.py
        yield servers.database_url("postgres")
    finally:
        servers.stop()
        shutil.rmtree(servers.home, ignore_errors=True)


def _environment(servers: Servers) -> dict[str, str]:
    """The bells ring into a broker of this process alone."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": servers.database_url("lapel_app"),
        "REDIS_URL": "memory://",
        "SECRET_KEY": "benchmark",
        "ALLOWED_HOSTS": "localhost",
        "BASE_URL": "http://localhost",
        "MAIL_DIR": "",
        "DEMO": "0",
        "TESTING": "1",
        "LOG_LEVEL": "ERROR",
    }
