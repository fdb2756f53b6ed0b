"""A real record, imported and evaluated by the commands, against the naive evaluation of the same files."""

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from people.models import Organization
from tests.rules.naive import Activity, Person, World, evaluate

RECORD = Path(__file__).resolve().parents[3] / "shared" / "data" / "peps"
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)
MOST = 60  # activities of a person whom the naive evaluation can take: it looks at every pair of them
IDEAS = {"kinds": ["improvement.submitted"]}
ANYTHING = {"kinds": ["improvement.submitted", "task.completed", "training.completed"]}

CRITERIA: dict[str, dict[str, Any]] = {
    "first": {"type": "count", "at_least": 1, "select": IDEAS},
    "burst": {"type": "count", "at_least": 3, "within": "7 days", "select": IDEAS},
    "busy-month": {"type": "count", "at_least": 5, "per": "month", "select": ANYTHING},
    "areas": {"type": "count", "at_least": 4, "select": {**IDEAS, "attributes": {"area": ["peps-02xx", "peps-03xx"]}}},
    "lines": {"type": "sum", "at_least": 1000, "within": "1 month", "select": IDEAS},
    "size": {"type": "average", "at_least": 50.5, "over": 5, "within": "3 months", "select": IDEAS},
    "weekly": {"type": "streak", "length": 4, "per": "week", "each": 1, "select": ANYTHING},
    "daily": {"type": "count", "at_least": 10, "select": {**IDEAS, "per_day": 1, "min_value": 5}},
    "veteran": {"type": "tenure", "of": "2 years"},
    "both": {
        "type": "all_of",
        "within": "90 days",
        "parts": [
            {"type": "count", "at_least": 2, "select": IDEAS},
            {"type": "any_of", "parts": [
                {"type": "count", "at_least": 1, "select": {"kinds": ["task.completed"]}},
                {"type": "streak", "length": 2, "per": "month", "each": 2, "select": IDEAS},
            ]},
        ],
    },
    "set": {"type": "holds", "at_least": 2, "badges": ["burst", "weekly", "busy-month"]},
}  # fmt: skip
RETENTIONS: dict[str, dict[str, Any]] = {
    "permanent": {"type": "permanent"},
    "expires": {"type": "expires", "after": "3 months"},
    "while": {"type": "while", "at_least": 2, "within": "1 month", "select": ANYTHING},
    "satisfied": {"type": "satisfied"},
}


def rules() -> list[dict[str, Any]]:
    """Every criterion under every retention that it may have; the plain name is the one that others hold."""
    made = []
    for name, criterion in CRITERIA.items():
        for kept, retention in RETENTIONS.items():
            bare = criterion["type"] in {"tenure", "holds"}
            if (kept == "while" and bare) or (
                kept == "satisfied" and criterion["type"] not in {"holds", "streak"}
            ):
                continue
            slug = name if kept == "expires" else f"{name}-{kept}"
            made.append({"id": slug, "name": slug, "criterion": criterion, "retention": retention})
    made.append({"id": "months", "name": "m", "repeatable": True, "criterion": CRITERIA["busy-month"],
                 "retention": {"type": "permanent"}})  # fmt: skip
    return made


def read(name: str) -> list[dict[str, str]]:
    path = RECORD / name
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        return list(csv.DictReader(file))


def world() -> World:
    rows = read("activities.csv.gz")
    busy = {
        person for person, count in Counter(row["person_external_id"] for row in rows).items() if count > MOST
    }
    people = {
        row["external_id"]: Person(
            row["external_id"],
            date.fromisoformat(row["joined_on"]),
            ((date.fromisoformat(row["joined_on"]), row["location"], row["title"]),),
        )
        for row in read("people.csv")
        if row["external_id"] not in busy
    }
    activities = tuple(
        Activity(
            row["person_external_id"],
            row["kind"],
            "author",
            datetime.fromisoformat(row["occurred_at"]),
            Decimal(row["value"]) if row["value"] else None,
            json.loads(row["attributes"]),
            None,
            row["source"],
            row["external_id"],
        )
        for row in rows
        if row["person_external_id"] not in busy
    )
    return World("America/New_York", 7, people, {}, activities)


@pytest.mark.skipif(not RECORD.exists(), reason="the real record is not at hand")
def test_the_command_says_of_a_real_record_what_the_naive_evaluation_says(db: None, tmp_path: Path) -> None:
    Organization.objects.create(slug="peps", name="Peps", zone="America/New_York", first_weekday=7)
    call_command("import_people", str(RECORD / "people.csv"), organization="peps", verbosity=0)
    call_command("import_activities", str(RECORD / "activities.csv.gz"), organization="peps", verbosity=0)
    asked, answer = tmp_path / "rules.json", tmp_path / "answer.jsonl"
    asked.write_text(json.dumps(rules()))
    call_command(
        "evaluate_rules", str(asked), organization="peps", as_of=AS_OF.isoformat(), output=str(answer)
    )

    judged = world()
    said: dict[str, list[tuple[Any, ...]]] = {rule["id"]: [] for rule in rules()}
    for line in answer.read_text().splitlines():
        row = json.loads(line)
        end = datetime.fromisoformat(row["end"]) if row["end"] else None
        stand = (
            row["person"],
            row.get("key"),
            datetime.fromisoformat(row["start"]),
            end,
            tuple(row["evidence"]),
        )
        if row["person"] in judged.people:
            said[row["rule"]].append(stand)
    expected = {
        slug: [(s.person, s.key, s.starts, s.ends, s.evidence) for s in stands]
        for slug, stands in evaluate(judged, rules(), AS_OF).items()
    }
    differing = [slug for slug in expected if sorted(said[slug], key=str) != sorted(expected[slug], key=str)]
    assert differing == []
    assert all(expected[slug] for slug in CRITERIA)
