"""Where the servers of the demo and the tests keep their files, and as whom they run.

PostgreSQL refuses to be root, and root's directories are often closed to everybody else. So for root the
servers run as an account that is already there, and what that account cannot reach moves to /var/tmp.
Nothing that exists is opened up, and nothing is added to the system.
"""

import contextlib
import hashlib
import os
import pwd
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
LOCAL = CHECKOUT / ".local"
DATA = "pg18"


class Refusal(Exception):
    """Lapel cannot start here; the message is for the person who tried."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str


def as_account(account: Account | None) -> dict[str, Any]:
    """What subprocess needs to start something as this account."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def can(account: Account | None, *command: str) -> bool:
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, **as_account(account))
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def account_for(home: Path) -> Account | None:
    """Whom the servers run as: ourselves, or for root the owner of the data, else postgres, else nobody."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError):
        found = (home / DATA).lstat()
        if found.st_uid != 0:
            return Account(found.st_uid, found.st_gid, str(found.st_uid))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            account = Account(entry.pw_uid, entry.pw_gid, name)
            if can(account, "/bin/sh", "-c", ":"):
                return account
    raise Refusal("PostgreSQL cannot run as root, and no other account is here. Start as an ordinary user.")


def home_for(local: Path) -> Path:
    """The directory of the servers: this one, unless their account cannot come in."""
    if can(account_for(local), "/bin/sh", "-c", 'cd "$1"', "sh", str(local)):
        return local
    return claim(elsewhere())


def elsewhere() -> Path:
    return Path("/var/tmp") / f"lapel-{digest(LOCAL)}"  # noqa: S108 - whoever uses it claims it


def throwaway_home() -> Path:
    """A fresh directory with a short path: sockets allow about a hundred characters."""
    return claim(Path(tempfile.mkdtemp(prefix="lapel-test-", dir="/tmp")))


def socket_directory(home: Path, account: Account | None) -> Path:
    inside = home / "run"
    if len(str(inside)) > 80 or not re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
        inside = claim(Path("/tmp") / f"lapel-{digest(home)}") / "run"  # noqa: S108 - claimed
    return private(inside, account)


def make(path: Path) -> Path:
    """A directory of the checkout. The servers' account must come through it, though not look around."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def claim(path: Path) -> Path:
    """A directory under a name that anybody could guess: ours, or refused."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Refusal(f"{path} belongs to somebody else. Have it removed, then start again.")
    path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def private(path: Path, account: Account | None) -> Path:
    """A directory that only the servers' account may enter."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if account and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
        found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != (account.uid if account else os.geteuid()):
        raise Refusal(f"{path} was made by another user. Start as that user, or delete it to begin afresh.")
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
