"""`manage.py evaluate_rules RULES.json --organization SLUG`: whole timelines of rules, without storing anything."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.models import Activity
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from people.zones import last_instant
from rules.criteria import Invalid, Rule, in_order, parse
from rules.engine import Question, Stand, ground, stands
from rules.engine.basis import held_for

CHUNK = 10_000
MONTH = re.compile(r"\d{4}-\d{2}")


class Command(BaseCommand):
    help = "Print the whole timeline of rules from a file, a line of JSON an award; nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rules", help="a JSON list of rules, as docs/rules.md describes them")
        parser.add_argument("--organization", required=True, help="its short name, as in addresses")
        parser.add_argument(
            "--as-of", help="an instant such as 2026-05-01T04:00:00Z, a day or a month; else now"
        )
        parser.add_argument("--held", action="store_true", help="say as well which badges an award rests on")
        parser.add_argument("--output", default="-", help="a file; “-” or nothing is the standard output")

    def handle(self, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization “{options['organization']}”.")
        book = read_rules(Path(options["rules"]))
        as_of = read_instant(options["as_of"], organization)
        with tenant(organization):
            text = "".join(f"{line}\n" for line in lines(organization, book, as_of, held=options["held"]))
        if options["output"] == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}") from None


def read_rules(path: Path) -> dict[str, Rule]:
    """The rules of a file by slug, in its order; raises CommandError with the path to what is wrong."""
    try:
        definitions = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}") from None
    if not isinstance(definitions, list):
        raise CommandError(f"{path}: a list of rules is expected.")
    book: dict[str, Rule] = {}
    for number, definition in enumerate(definitions):
        rule = read_rule(number, definition)
        if rule.id in book:
            raise CommandError(f"[{number}].id: There are two rules for “{rule.id}”.")
        book[rule.id] = rule
    try:
        in_order(book)
    except Invalid as error:
        raise CommandError(str(error)) from None
    return book


def read_rule(number: int, definition: Any) -> Rule:
    try:
        return parse(definition)
    except Invalid as error:
        path = f"[{number}].{error.path}" if error.path else f"[{number}]"
        raise CommandError(f"{path}: {error.message}") from None


def read_instant(text: str | None, organization: Organization) -> datetime:
    """An instant; of a day or a month its last microsecond there."""
    if text is None:
        return now()
    try:
        if MONTH.fullmatch(text):
            first = date.fromisoformat(f"{text}-01")
            following = (first + timedelta(days=31)).replace(day=1)
            return last_instant(following - timedelta(days=1), organization.time_zone)
        if len(text) == 10:
            return last_instant(date.fromisoformat(text), organization.time_zone)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise CommandError(f"--as-of: “{text}” is no instant, day or month.") from None
    if at.tzinfo is None:
        raise CommandError("--as-of: An instant needs its offset, such as 2026-05-01T04:00:00Z.")
    return at.astimezone(UTC)


def lines(
    organization: Organization, book: Mapping[str, Rule], as_of: datetime, *, held: bool = False
) -> Iterator[str]:
    people = dict(Person.objects.filter(organization=organization).values_list("pk", "external_id"))
    question = Question(ground(organization), as_of)
    for slug, rule in book.items():
        found = sorted(
            stands(rule, book, question), key=lambda stand: (people[stand.person], stand.starts, stand.key)
        )
        ledger = external_ids(organization, {activity for stand in found for activity in stand.evidence})
        behind = held_for(rule, book, question, [(one.person, one.starts) for one in found] if held else [])
        for stand in found:
            told = line(slug, rule, stand, people, ledger)
            if badges := behind.get((stand.person, stand.starts)):
                told["held"] = [{"rule": badge, "start": instant(since)} for badge, since in badges]
            yield json.dumps(told, ensure_ascii=False)


def line(
    slug: str, rule: Rule, stand: Stand, people: Mapping[int, str], ledger: Mapping[int, str]
) -> dict[str, Any]:
    return {
        "rule": slug,
        "person": people[stand.person],
        **({"key": stand.key} if rule.repeatable else {}),
        "start": instant(stand.starts),
        "end": instant(stand.ends) if stand.ends else None,
        "evidence": [ledger[activity] for activity in stand.evidence],
    }


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def external_ids(organization: Organization, wanted: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    ids = sorted(wanted)
    for start in range(0, len(ids), CHUNK):
        some = Activity.objects.filter(organization=organization, pk__in=ids[start : start + CHUNK])
        found |= dict(some.values_list("pk", "external_id"))
    return found
