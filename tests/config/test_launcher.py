"""The servers and processes of `./run`: they keep what was stored, and leave nothing behind."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.demo import Demo, secret_key
from config.embedded import Servers
from config.launcher import check_given, main, wanted_port
from config.leftovers import command_of, end_leftovers, remember
from config.places import CHECKOUT, Refusal, claim, socket_directory, throwaway_home
from config.processes import Family

SUPERVISOR = """
import sys, time
from pathlib import Path
from config.embedded import Servers
servers = Servers(Path(sys.argv[1]), "lapel")
servers.start()
servers.family.spawn("app", ["/bin/sh", "-c", "sleep 300; : " + sys.argv[1]], env={})
print("ready", flush=True)
time.sleep(300)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    path = throwaway_home()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def supervisor(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has started servers in the same home."""
    command = [sys.executable, "-c", SUPERVISOR, str(home)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()
        wait_until_nothing_runs(home)


def running(home: Path) -> list[str]:
    """The command lines of processes that name this directory; slim machines have no `ps`."""
    if Path("/proc/self/cmdline").exists():
        lines = [command_of(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    else:
        command = ["ps", "-ww", "-eo", "command"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(home) in line]


def wait_until_nothing_runs(home: Path) -> None:
    until = time.monotonic() + 120
    while running(home) and time.monotonic() < until:
        time.sleep(0.05)
    assert running(home) == []


def connect(servers: Servers, role: str) -> psycopg.Connection:
    return psycopg.connect(servers.database_url(role), autocommit=True)


def test_the_servers_keep_what_was_stored_and_stop(home: Path) -> None:
    servers = Servers(home, "lapel")
    servers.start()
    with connect(servers, "lapel_owner") as owner:
        owner.execute("CREATE TABLE note (line text)")
    with connect(servers, "lapel_app") as app:
        app.execute("INSERT INTO note VALUES ('kept')")
    redis.Redis.from_url(servers.redis_url).set("bell", "rung")
    servers.stop()
    assert running(home) == []

    again = Servers(home, "lapel")
    again.start()
    with connect(again, "lapel_app") as app:
        assert app.execute("SELECT line FROM note").fetchall() == [("kept",)]
    assert redis.Redis.from_url(again.redis_url).get("bell") == b"rung"
    again.stop()
    assert running(home) == []


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_finds_the_data(
    home: Path, supervisor: subprocess.Popen[str]
) -> None:
    before = Servers(home, "lapel")
    with connect(before, "lapel_owner") as owner:
        owner.execute("CREATE TABLE note AS SELECT 'kept' AS line")
    assert len(running(home)) > 3
    supervisor.kill()
    if sys.platform == "linux":
        wait_until_nothing_runs(home)

    after = Servers(home, "lapel")
    after.start()
    with connect(after, "lapel_app") as app:
        assert app.execute("SELECT line FROM note").fetchall() == [("kept",)]
    after.stop()
    assert running(home) == []


def test_a_second_start_is_refused(home: Path, supervisor: subprocess.Popen[str]) -> None:
    with pytest.raises(Refusal, match="already runs from this directory"):
        Servers(home, "lapel").start()
    with connect(Servers(home, "lapel"), "lapel_app") as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_the_roles_own_and_bypass_as_they_should() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as app:
        attributes = app.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'lapel%' ORDER BY rolname"
        ).fetchall()
        assert attributes == [
            ("lapel_app", False, False, False),
            ("lapel_backup", False, False, True),
            ("lapel_owner", False, True, False),
        ]
        owned = app.execute("SELECT count(*) FROM pg_class WHERE relowner = 'lapel_app'::regrole")
        assert owned.fetchone() == (0,)


@pytest.mark.parametrize("statement", ["CREATE TABLE mine (line text)", "CREATE TEMP TABLE mine (line text)"])
def test_the_application_defines_no_tables(statement: str) -> None:
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute(statement)


def test_letters_of_all_scripts_have_cases() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as app:
        found = app.execute("SELECT lower('ÉLODIE ŠĄŽ'), 'ΑΘΗΝΑ' ILIKE 'αθηνα'").fetchone()
    assert found == ("élodie šąž", True)


def test_a_name_that_somebody_else_took_is_refused(home: Path) -> None:
    theirs = home / "theirs"
    theirs.symlink_to("/tmp")
    with pytest.raises(Refusal, match="belongs to somebody else"):
        claim(theirs)


def test_sockets_of_a_deep_directory_get_a_short_path(home: Path) -> None:
    deep = home / ("a" * 90)
    deep.mkdir()
    short = socket_directory(deep, None)
    assert len(str(short)) < 80
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    shutil.rmtree(short.parent)


def test_what_a_killed_start_left_is_ended_and_nothing_else(home: Path) -> None:
    left = subprocess.Popen(["sleep", "301"], start_new_session=True)
    other = subprocess.Popen(["sleep", "302"], start_new_session=True)
    remember(
        home / "children.json", [(left.pid, "301", signal.SIGTERM), (other.pid, "postgres", signal.SIGTERM)]
    )
    end_leftovers(home / "children.json")
    assert left.wait(120) == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()


def pump(family: Family, lines: list[str], number: int) -> None:
    """Until so many lines have come."""
    until = time.monotonic() + 120
    while len(lines) < number and time.monotonic() < until:
        family.pump(0.05)


def test_output_comes_back_with_the_name_in_front(home: Path) -> None:
    lines: list[str] = []
    family = Family(home / "children.json", lines.append)
    family.spawn("web", ["/bin/sh", "-c", "echo one; printf two; exit 3"], env={})
    pump(family, lines, 2)
    assert lines == ["web    | one", "web    | two"]
    dead = family.children[0]
    assert dead.process.wait(120) == 3
    assert family.dead() is dead


def test_a_process_that_will_not_stop_is_killed(home: Path) -> None:
    lines: list[str] = []
    family = Family(home / "children.json", lines.append)
    stubborn = family.spawn("web", ["/bin/sh", "-c", "trap '' TERM; echo; sleep 303"], env={}, patience=0.2)
    pump(family, lines, 1)  # it has set its trap
    family.stop("web")
    assert stubborn.process.returncode == -signal.SIGKILL
    assert family.children == []


def test_a_taken_port_is_said_before_anything_starts(home: Path) -> None:
    lines: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {port} cannot be used .* PORT={port + 1} ./run"):
            Demo({}, port, lines.append, home).run()
    assert lines == []
    assert running(home) == []


@pytest.mark.parametrize("value", ["", "eighty", "0", "65536", "-1", "８0"])
def test_a_port_must_be_a_port(value: str) -> None:
    with pytest.raises(Refusal, match="PORT must be a number"):
        wanted_port(value)


def test_a_database_of_ones_own_needs_its_owner() -> None:
    with pytest.raises(Refusal, match="OWNER_DATABASE_URL"):
        check_given({"DATABASE_URL": "postgres://lapel_app@db/lapel"})
    check_given({"DATABASE_URL": "postgres://a@db/lapel", "OWNER_DATABASE_URL": "postgres://b@db/lapel"})
    check_given({})


def test_an_unknown_verb_shows_the_two_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"]) == 2
    assert "./run test" in capsys.readouterr().out


def test_the_secret_key_is_kept_and_private(home: Path) -> None:
    path = home / "secret-key"
    first = secret_key(path)
    assert len(first) >= 50
    assert secret_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
