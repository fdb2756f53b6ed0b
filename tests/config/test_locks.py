"""The locks name no registry, and the tests run on exactly what Lapel runs on."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", one)[0] for one in requirements if isinstance(one, str)}


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
def test_a_lock_names_no_host(lock: str) -> None:
    assert re.findall(r"https?://\S+", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
def test_every_package_has_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text())
    assert [entry for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry] == []


def test_the_test_tools_change_no_version() -> None:
    assert {name: pins("dev.lock").get(name) for name in pins("run.lock")} == pins("run.lock")


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    runtime = wanted(project["project"]["dependencies"]) | wanted(groups["embedded"])
    assert runtime - pins("run.lock").keys() == set()
    assert wanted(groups["dev"]) - pins("dev.lock").keys() == set()
