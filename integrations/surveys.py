"""What a file would do, without doing it: new, changed, same, and every bad row."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from itertools import batched
from typing import Any

from django.db import connection

from activity.actions import DIFFERING, Delivery
from activity.models import Activity, Source
from activity.models import Kind as ActivityKind
from integrations import rows, samples
from integrations.checks import (
    Known,
    Stored,
    administered,
    beyond,
    doubtful_managers,
    guarded,
    into_closed,
    known_by_name,
    planned,
    stored_people,
    taken,
    twice,
    verified_elsewhere,
)
from integrations.grants import survey_grants
from integrations.kinds import ACTIVITIES, GRANTS, LEAVING, PEOPLE
from integrations.leaving import survey_leaving
from integrations.reading import Fault
from integrations.surveying import BATCH, File, Progress, Survey
from integrations.undone import closed_with_imports, gone_with_imports
from people.bulk import PersonRow
from people.models import Organization, Person
from people.signposts import led_on
from people.text import so_many_people

SOURCE = "import"

# --- people


def survey_people(file: File, progress: Progress) -> Survey:
    survey = Survey()
    read = list(file.parsed(PEOPLE, rows.person_row, survey, progress))
    read, by_name = known_by_name(file.organization, read)
    people, doubled = _led_on(file.organization, read)
    stored = stored_people(file.organization)
    lost = [
        before["pk"]
        for _, person in people
        if (before := stored.get(person.external_id)) and before["left_on"]
    ]
    survey.anew = gone_with_imports(file.organization, lost)
    unnamed = {"email", "title", "joined_on", "location", "manager"} - file.mapping.keys()
    kept = [(line, _completed(person, stored.get(person.external_id), unnamed)) for line, person in people]
    survey.faults += [*twice(kept, file.mapping), *doubtful_managers(file.organization, kept)]
    kept, nameable = _within_bounds(file.by, kept, stored, survey)
    if nameable is None:
        named = [name for _, person in kept for name in (*person.part_of, person.location)]
        survey.reopened = closed_with_imports(file.organization, named)
    opened = {location.external_id for location in survey.reopened}
    plan, misplaced = planned(file.organization, kept, opened)
    here = {name: before for name, before in stored.items() if before["pk"] not in survey.anew}
    survey.faults += [
        *misplaced,
        *into_closed(file.organization, kept, here, opened),
        *taken(file.organization, kept, nameable),
        *guarded(file.by, kept, stored),
    ]
    for line, person in kept:
        before = here.get(person.external_id)
        what = samples.of_person(before, person)
        survey.new += before is None
        survey.same += not what
        if what:
            survey.sample(line, person.name, what)
    survey.changed = len(kept) - survey.new - survey.same
    survey.ready = [person for _, person in kept]
    survey.remarks = [
        *_about_locations(plan.ways()),
        *_about_names(by_name),
        *_about_the_anew(survey),
        *_about_the_left(survey.ready, here),
        *_about_the_merged(doubled),
    ]
    return survey


def _within_bounds(
    by: Person, people: list[tuple[int, PersonRow]], stored: Stored, survey: Survey
) -> tuple[list[tuple[int, PersonRow]], set[str] | None]:
    """The rows that the importer may bring, and whom messages may name: None is everybody. The others are faults."""
    bounds = administered(by, stored)
    if bounds is None:
        return people, None
    outside = list(beyond(people, stored, *bounds))
    survey.faults += outside
    lines = {fault.line for fault in outside}
    return [(line, person) for line, person in people if line not in lines], bounds[1]


def _led_on(
    organization: Organization, people: list[tuple[int, PersonRow]]
) -> tuple[list[tuple[int, PersonRow]], list[str]]:
    """Who is named by the id of a merged record, under the one that is kept; and which ids are there twice so."""
    led = led_on(organization, [person for _, person in people])
    pairs = [(line, person, on) for (line, person), on in zip(people, led, strict=True)]
    doubled = [person.external_id for _, person, on in pairs if on is None]
    return [(line, on) for line, _, on in pairs if on is not None], doubled


def _about_the_merged(doubled: Sequence[str]) -> Iterator[str]:
    if doubled:
        more = f" and {len(doubled) - 10} more" if len(doubled) > 10 else ""
        yield (
            f"Rows of records that were merged into others of this file are left out: "
            f"{', '.join(doubled[:10])}{more}."
        )


def _completed(person: PersonRow, before: dict[str, Any] | None, unnamed: set[str]) -> PersonRow:
    """What the file has no column for stays as it is."""
    if before is None or not unnamed:
        return person
    return replace(person, **{name: before[name] for name in unnamed})


def _about_locations(new: Sequence[str]) -> Iterator[str]:
    if new:
        more = f" and {len(new) - 10} more" if len(new) > 10 else ""
        yield f"Locations that are not known yet are added: {', '.join(new[:10])}{more}."


def _about_names(by_name: Mapping[str, str]) -> Iterator[str]:
    if by_name:
        told = [f"{name} is {code}" for name, code in sorted(by_name.items())[:10]]
        more = f" and {len(by_name) - 10} more" if len(by_name) > 10 else ""
        yield f"Known locations go by their names: {', '.join(told)}{more}."


def _about_the_anew(survey: Survey) -> Iterator[str]:
    if survey.anew:
        yield f"{so_many_people(len(survey.anew))} left when an import was undone. They come anew."
    if names := [location.name for location in survey.reopened]:
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        yield f"Locations that were closed when an import was undone are opened again: {', '.join(names[:10])}{more}."


def _about_the_left(people: Sequence[PersonRow], stored: dict[str, dict[str, Any]]) -> Iterator[str]:
    left = sum(1 for person in people if stored.get(person.external_id, {}).get("left_on"))
    if left:
        yield (
            f"{left:,} of these people have left. They stay so; let them return under People, or by a file, "
            "where that is wrong."
        )


# --- activities


def sourced(cells: dict[str, str], names: Mapping[str, str]) -> tuple[str, Delivery]:
    return rows.source_of(cells, SOURCE, names), rows.delivery(cells, names)


def survey_activities(file: File, progress: Progress) -> Survey:
    survey, known = Survey(), Known(file.organization)
    seen: dict[tuple[str, str], int] = {}
    kinds = {kind.name: kind for kind in ActivityKind.objects.filter(organization=file.organization)}
    new_kinds: set[str] = set()
    valueless: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    void = differing = 0
    for batch in batched(file.parsed(ACTIVITIES, sourced, survey, progress), BATCH):
        for line, (source, delivery) in batch:
            survey.faults += known.faults(line, delivery, file.mapping)
            elsewhere[delivery.kind] += known.verified(delivery)
            survey.sample(line, delivery.person_external_id, samples.of_activity(delivery, kinds))
            if (kind := kinds.get(delivery.kind)) is None:
                new_kinds.add(delivery.kind)
            elif kind.expects_value and delivery.value is None and delivery.kind not in known.impacts:
                valueless[delivery.kind] += 1
            first = seen.setdefault((source, delivery.external_id), line)
            if first != line:
                column = rows.named("external_id", file.mapping)
                survey.faults.append(
                    Fault(line, f"{column} {delivery.external_id!r} stands on line {first} already")
                )
        for source in sorted({source for _, (source, _) in batch}):
            these = [delivery for _, (name, delivery) in batch if name == source]
            old, gone, other = _recorded_before(file.organization, source, these)
            survey.same += old
            survey.new += len(these) - old
            void, differing = void + gone, differing + other
    if differing:
        survey.remarks.append(
            f"{differing:,} were recorded before and read differently now. The first stands."
        )
    if void:
        survey.remarks.append(
            f"{void:,} were recorded before and voided since. They stay void; a new id records them anew."
        )
    survey.remarks += [*verified_elsewhere(+elsewhere, kinds), *_about_kinds(kinds, new_kinds, valueless)]
    return survey


def _about_kinds(kinds: dict[str, ActivityKind], new: set[str], valueless: Counter[str]) -> Iterator[str]:
    if new:
        more = f" and {len(new) - 10} more" if len(new) > 10 else ""
        named = ", ".join(sorted(new)[:10])
        yield f"Kinds that are not known yet are added, for administrators to name: {named}{more}."
    for name in sorted(new)[:10]:
        for alike in get_close_matches(name, kinds, n=1, cutoff=0.85):
            yield f"{name} is not known, but {alike} is. If you meant that, mend it and upload the file again."
    for name, count in sorted(valueless.items()):
        yield f"{count:,} of “{kinds[name]}” have no value, though each is to have one."


def _recorded_before(
    organization: Organization, source: str, deliveries: Sequence[Delivery]
) -> tuple[int, int, int]:
    """How many are known, how many of those are void, how many read differently."""
    row = Source.objects.filter(organization=organization, name=source).first()
    if row is None:
        return 0, 0, 0
    ids = {delivery.external_id for delivery in deliveries}
    known = Activity.objects.filter(organization=organization, source=row, external_id__in=ids)
    voided = list(known.values_list("voided_at", flat=True))
    if not voided:
        return 0, 0, 0
    given = json.dumps([asdict(delivery) for delivery in deliveries], default=str)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "rows": given,
            "organization": organization.pk,
            "zone": organization.zone,
            "source": row.pk,
        }
        cursor.execute(DIFFERING, values)
        differing = len(cursor.fetchall())
    return len(voided), sum(at is not None for at in voided), differing


SURVEYS: dict[str, Callable[[File, Progress], Survey]] = {
    PEOPLE.name: survey_people,
    LEAVING.name: survey_leaving,
    ACTIVITIES.name: survey_activities,
    GRANTS.name: survey_grants,
}
