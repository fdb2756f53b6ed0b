"""docker-compose.yml against the settings and the demo: there is no Docker here to notice when they part."""

import ast
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from config.binaries import binaries
from config.embedded import INITDB_ARGS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
LAPEL = ["web", "worker", "beat"]
NOT_FOR_REAL = {"TESTING", "DEMO", "MAIL_DIR", "CLOCK_FILE"}  # what tests and the demo set
ENDS_BY_ITSELF = {"migrate"}


def settings_variables() -> dict[str, bool]:
    """Each variable that the settings read, and whether they refuse to load without it."""
    tree = ast.parse((ROOT / "config/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_env(node.func)]
    return {
        ast.literal_eval(call.args[0]): not any(keyword.arg == "default" for keyword in call.keywords)
        for call in calls
    }


def is_env(function: ast.expr) -> bool:
    """Whether it is `env.str` or one of its sisters."""
    return isinstance(function, ast.Attribute) and ast.unparse(function.value) == "env"


def role(service: str) -> str | None:
    return urlsplit(re.sub(r"\$\{.*?\}", "x", SERVICES[service]["environment"]["DATABASE_URL"])).username


def test_the_settings_are_read_rightly() -> None:
    required = {name for name, needed in settings_variables().items() if needed}
    assert required == {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "BASE_URL"}


@pytest.mark.parametrize("service", [*LAPEL, "migrate"])
def test_each_process_gets_every_variable_there_is(service: str) -> None:
    given = SERVICES[service]["environment"].keys()
    assert given == settings_variables().keys() - NOT_FOR_REAL


@pytest.mark.parametrize("service", LAPEL)
def test_who_serves_owns_nothing(service: str) -> None:
    assert role(service) == "lapel_app"
    assert "OWNER_PASSWORD" not in str(SERVICES[service])


def test_only_migrations_run_as_the_owner_and_the_others_wait_for_them() -> None:
    assert role("migrate") == "lapel_owner"
    for service in LAPEL:
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_service_that_stays_is_checked() -> None:
    unchecked = {name for name, service in SERVICES.items() if not service.get("healthcheck", {}).get("test")}
    assert unchecked == ENDS_BY_ITSELF


def test_images_are_pinned() -> None:
    images = {name: service["image"] for name, service in SERVICES.items() if "build" not in service}
    assert images.keys() == {"postgres", "valkey", "mailpit"}
    assert [image for image in images.values() if not re.search(r":v?\d+(\.\d+)*$", image)] == []


def test_the_image_runs_the_same_python_as_the_checkout() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    assert f"FROM python:{version}-slim" in (ROOT / "docker/Dockerfile").read_text()


def test_the_database_has_the_locale_of_the_demo() -> None:
    assert SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split() == INITDB_ARGS


def test_the_database_keeps_its_files_and_gets_its_roles() -> None:
    mounts = [volume.split(":")[:2] for volume in SERVICES["postgres"]["volumes"]]
    assert mounts == [
        ["database", "/var/lib/postgresql"],
        ["./docker/postgres/roles.sql", "/lapel/roles.sql"],
        ["./docker/postgres/init.sh", "/docker-entrypoint-initdb.d/10-lapel.sh"],
    ]
    assert [source for source, _ in mounts[1:] if not (ROOT / source).is_file()] == []


def test_nothing_secret_has_a_default() -> None:
    with_default = set(re.findall(r"\$\{(\w+):-", TEXT))
    without_message = set(re.findall(r"\$\{(\w+)\}", TEXT)) | set(re.findall(r"(?<!\$)\$(\w+)", TEXT))
    assert with_default == {
        "BEHIND_PROXY",
        "BIND",
        "LOG_LEVEL",
        "MAIL_EVENTS_SECRET",  # empty: nothing is believed
        "SECRET_KEY_FALLBACKS",  # empty: there was no other
    }
    assert without_message == set()


def test_the_example_names_what_must_be_filled_in() -> None:
    example = re.findall(r"^(\w+)=", (ROOT / "docker/example.env").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(set(re.findall(r"\$\{(\w+):\?", TEXT)))


def test_the_init_script_makes_roles_with_passwords() -> None:
    address = urlsplit(os.environ["OWNER_DATABASE_URL"])
    host = address.query.removeprefix("host=")
    passwords = {"OWNER_PASSWORD": "it's owner", "APP_PASSWORD": "app", "BACKUP_PASSWORD": "backup"}
    path = f"{binaries(None).postgres}:{os.environ['PATH']}"
    roles = str(ROOT / "docker/postgres/roles.sql")
    env = {"PATH": path, "PGHOST": host, "POSTGRES_USER": "postgres", "ROLES_SQL": roles, **passwords}
    subprocess.run([ROOT / "docker/postgres/init.sh"], env=env, check=True)
    with psycopg.connect(host=host, user="postgres", dbname="lapel") as superuser:
        stored = superuser.execute(
            "SELECT rolname, left(rolpassword, 14) FROM pg_authid WHERE rolname LIKE 'lapel%' ORDER BY 1"
        ).fetchall()
        assert stored == [(name, "SCRAM-SHA-256$") for name in ("lapel_app", "lapel_backup", "lapel_owner")]
        owner = superuser.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'lapel'"
        ).fetchone()
        assert owner == ("lapel_owner",)
