"""The tables of the tests: made by the migrations, and kept as a dump until something changes that they are made of.

So the processes of one run migrate once between them, and runs of single files begin at once.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from config.binaries import binaries
from config.places import CHECKOUT

MADE_OF = ("*/migrations/*.py", "people/*.py", "config/settings.py", "docker/postgres/*", "dev.lock")


def make_tables(kept: Path) -> None:
    dump = kept / f"{fingerprint()}.sql"
    with open(kept / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if dump.exists():
            postgres("psql", "-Xqb", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(dump))
        else:
            migrate()
            keep(dump)


def fingerprint() -> str:
    files = sorted(path for pattern in MADE_OF for path in CHECKOUT.glob(pattern))
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def migrate() -> None:
    owner = {**os.environ, "DATABASE_URL": os.environ["OWNER_DATABASE_URL"]}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=owner, check=True)


def keep(dump: Path) -> None:
    for old in dump.parent.glob("*.sql"):
        old.unlink()
    half = dump.with_suffix(".half")
    postgres("pg_dump", "--no-sync", "-f", str(half))
    half.rename(dump)


def postgres(tool: str, *arguments: str) -> None:
    command = [str(binaries(None).postgres / tool), "-d", os.environ["SUPERUSER_DATABASE_URL"], *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
