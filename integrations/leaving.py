"""Rows about who leaves and who returns: what each of them comes to."""

from collections.abc import Iterator

from django.db.models import Count

from integrations import rows
from integrations.checks import above, edited_by
from integrations.kinds import LEAVING
from integrations.reading import Fault
from integrations.surveying import File, Progress, Survey
from people.access import administered_location_ids
from people.leaving import Stay, look_ahead
from people.models import Person, RoleAssignment
from people.roles import Role
from people.templatetags.lapel import day_year
from people.text import so_many_people

MOST = 200  # told one by one
ONESELF = "This is you. Let somebody else do it, or do it on your own page."
TOO_HIGH = "They have a role that you could not have given. Ask somebody who could."


def survey_leaving(file: File, progress: Progress) -> Survey:
    survey = Survey(most_samples=MOST)
    numbered = list(file.parsed(LEAVING, rows.leaving_row, survey, progress))
    people = _people(file, [row.external_id for _, row in numbered])
    lines: dict[int, int] = {}
    stays: dict[int, Stay] = {}
    nobody = "nobody" if administered_location_ids(file.by) is None else "nobody whom you administer"
    for line, row in numbered:
        person = people.get(row.external_id)
        if person is None:
            survey.faults.append(Fault(line, f"{nobody} has the staff number {row.external_id!r}"))
        elif (first := lines.setdefault(person.pk, line)) != line:
            survey.faults.append(Fault(line, f"the same person stands on line {first} already"))
        else:
            stays[person.pk] = Stay(row.left_on, row.reason)
    _look_at(file, {person.pk: person for person in people.values()}, stays, lines, survey)
    return survey


def _people(file: File, external_ids: list[str]) -> dict[str, Person]:
    """Whom the importer edits, by staff number; who is named by that of a merged record is the one that is kept."""
    named = Person.objects.filter(organization=file.organization, external_id__in=external_ids)
    found = {
        person.external_id: person.merged_into or person
        for person in named.select_related("merged_into").order_by("pk")
    }
    within = edited_by(file.by, {person.pk for person in found.values()})
    return {external_id: person for external_id, person in found.items() if person.pk in within}


def _look_at(
    file: File, people: dict[int, Person], stays: dict[int, Stay], lines: dict[int, int], survey: Survey
) -> None:
    why = dict.fromkeys(above(file.by, stays), TOO_HIGH) | {file.by.pk: ONESELF}
    outlook = look_ahead(file.organization, [people[pk] for pk in stays if pk not in why], stays)
    why |= outlook.hindered
    going = {one.pk for one in [*outlook.leaving, *outlook.returning]}
    roles, reports = _roles(going), _reports([one.pk for one in outlook.leaving])
    for pk, stay in stays.items():
        person = people[pk]
        if pk in going:
            survey.sample(lines[pk], person.name, _told(person, stay, roles.get(pk, []), reports.get(pk, 0)))
        elif (person.left_on is None) != (stay.left_on is None):
            survey.left.append([person.name, why[pk]])
        elif person.left_on != stay.left_on:
            survey.left.append([person.name, f"Left on {day_year(person.left_on)} already; that day stays."])
    survey.ready = [(pk, stays[pk]) for pk in stays if pk in going]
    survey.new = sum(stay.left_on is None for _, stay in survey.ready)
    survey.changed = len(going) - survey.new
    survey.same = len(stays) - len(going)
    survey.remarks += _about_the_left(survey)


def _roles(person_ids: set[int]) -> dict[int, list[str]]:
    assigned = RoleAssignment.objects.filter(person__in=person_ids).order_by("role")
    roles: dict[int, list[str]] = {}
    for person_id, role in assigned.values_list("person", "role").distinct():
        roles.setdefault(person_id, []).append(Role(role).label)
    return roles


def _reports(leaving: list[int]) -> dict[int, int]:
    """How many of those who stay have one of them as their manager."""
    staying = Person.objects.filter(manager__in=leaving, left_on=None).exclude(pk__in=leaving)
    return dict(staying.order_by().values_list("manager").annotate(Count("pk")))


def _told(person: Person, stay: Stay, roles: list[str], reports: int) -> str:
    if stay.left_on is None:
        return f"returns; had left on {day_year(person.left_on)}"
    said = [f"leaves, last day {day_year(stay.left_on)}"]
    if roles:
        said.append(f"lays down: {', '.join(roles)}")
    if reports:
        said.append(f"manager of {so_many_people(reports)}, who will need another")
    return "; ".join(said)


def _about_the_left(survey: Survey) -> Iterator[str]:
    if survey.left:
        is_one = len(survey.left) == 1
        yield f"{len(survey.left):,} {'is' if is_one else 'are'} left out: why is below."
