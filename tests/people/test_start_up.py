"""Lapel refuses to run as a database role that row-level security would not bind."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["config.wsgi", "config.celery"])
def test_start_up_refuses_the_owner(django_db_setup: None, module: str) -> None:
    owner = {**os.environ, "DATABASE_URL": os.environ["OWNER_DATABASE_URL"]}
    command = {
        "config.wsgi": [sys.executable, "-c", "import config.wsgi"],
        "config.celery": [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool=solo"],
    }[module]
    outcome = subprocess.run(command, env=owner, capture_output=True, text=True, timeout=300)
    assert outcome.returncode != 0
    assert "The database role of DATABASE_URL owns tables" in outcome.stderr


def test_start_up_takes_the_runtime_role(django_db_setup: None) -> None:
    subprocess.run([sys.executable, "-c", "import config.wsgi"], check=True, timeout=300)
