"""What the house forbids and no linter sees."""

import re
from pathlib import Path

import pytest

from people.history_words import WORDS

ROOT = Path(__file__).resolve().parent.parent
APPS = ("people", "activity", "badges", "rules", "notifications", "boards", "integrations")
SOURCES = [p for app in APPS for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts]
DOORS = [
    p
    for p in SOURCES
    if p.name in {"tasks.py", "receivers.py"} or "views" in p.stem or {"views", "management"} & set(p.parts)
]


def lines(paths: list[Path], pattern: str) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if found.search(line)
    ]


def test_the_audit_log_has_words_for_whatever_is_noted() -> None:
    noted = re.compile(r'(?:\b_?note(?:_for)?\(|\b_audit\(|\baction=)[^"]{0,80}"([a-z_]+\.[a-z_]+)"')
    actions = {action for path in SOURCES for action in noted.findall(path.read_text())}
    assert len(actions) > 60
    assert sorted(actions - WORDS.keys()) == []


def test_there_is_a_house_to_look_at() -> None:
    assert len(SOURCES) > 40
    assert len(DOORS) > 8


def test_doors_do_not_write() -> None:
    assert lines(DOORS, r"\.(save|create|bulk_create|update|delete|get_or_create|update_or_create)\(") == []


def test_one_clock() -> None:
    """Business instants come from people.clock, which a test can move."""
    elsewhere = [path for path in SOURCES if path.name != "clock.py"]
    own_time = r"timezone\.now\(|datetime\.now\(|date\.today\(|CURRENT_TIMESTAMP|auto_now|clock_timestamp"
    assert lines(elsewhere, own_time) == []


def test_nothing_is_set_beyond_its_transaction() -> None:
    """A plain SET would leak to the connection's next user."""
    assert lines(SOURCES, r"""["'\s]SET (?!LOCAL|CONSTRAINTS|\()(app\.|TIME ZONE|TimeZone|SESSION)""") == []
    assert lines(SOURCES, r"set_config\((?!.*true\))") == []


def test_doubts_about_a_template_are_not_silenced() -> None:
    assert lines(list((ROOT / "templates").rglob("*.html")), r"\|safe\b|autoescape off") == []


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
def test_locks_name_no_host_and_know_every_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
    assert text.count("--hash=sha256:") >= len(pins) > 20
