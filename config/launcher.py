"""The two commands behind `./run`: Lapel with demo data, and its tests.

    python -m config.launcher            servers, database, demo data, web, worker and clock; Ctrl-C stops
    python -m config.launcher test ...   pytest with these arguments (tests/servers.py brings the servers);
                                         several processes side by side, unless some tests are named

It imports nothing of Django: it runs `manage.py`, as an operator would.
"""

import contextlib
import os
import re
import sys
from collections.abc import Mapping

from config.demo import Demo
from config.places import CHECKOUT, Refusal

USAGE = """Lapel has two commands:
  ./run            start it with demo data (PORT=8001 ./run for another port than 8000)
  ./run test ...   run the tests; arguments go to pytest"""
SIDE_BY_SIDE = ["--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal"]
NEEDS_OWNER = """DATABASE_URL is set, so Lapel uses that database. It then also needs OWNER_DATABASE_URL:
the same database as the role that owns the tables (lapel_owner), for migrations.
docker/postgres/roles.sql creates the roles."""


def say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # the terminal may be gone; we still stop properly
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def wanted_port(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise Refusal(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def check_given(given: Mapping[str, str]) -> None:
    if "DATABASE_URL" in given and "OWNER_DATABASE_URL" not in given:
        raise Refusal(NEEDS_OWNER)


def run() -> int:
    given = {name: value for name, value in os.environ.items() if value}
    try:
        check_given(given)
        Demo(given, wanted_port(given.get("PORT", "8000")), say).run()
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    except Refusal as refusal:
        say(f"\n{refusal}")
    except PermissionError as error:
        say(f"\n{error.filename} belongs to another user: start as that user, or delete .local.")
    return 1


def main(arguments: list[str]) -> int:
    verb, *rest = arguments or ["run"]
    os.chdir(CHECKOUT)
    if verb == "test":
        everything = all(argument.startswith("-") for argument in rest)
        how = SIDE_BY_SIDE if everything else []
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *how, *rest])
    if verb != "run" or rest:
        say(USAGE)
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
