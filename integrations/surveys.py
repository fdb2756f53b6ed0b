"""What a file would do, without doing it: new, changed, same, and every bad row."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time
from itertools import batched
from typing import IO, Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from activity.actions import DIFFERING, Delivery
from activity.models import Activity, Source
from activity.models import Kind as ActivityKind
from badges.actions import EARLIEST_YEARS, end_of
from badges.forms import LONGEST_YEARS
from badges.granting import HandGrant, Standing, deed, standing_by_hand
from badges.limits import room_for, take_or_refuse
from badges.models import Award, Badge, BadgeState
from badges.planning import Do, lengthens
from badges.querysets import reached_by
from integrations import rows, samples
from integrations.checks import (
    Known,
    Stored,
    administered,
    beyond,
    doubtful_managers,
    guarded,
    into_closed,
    planned,
    taken,
    twice,
)
from integrations.kinds import ACTIVITIES, GRANTS, PEOPLE, Kind
from integrations.querysets import kinds_overseen
from integrations.reading import Fault, Row, read_rows
from people.bulk import PersonRow
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.signposts import led_on

BATCH = 1000
SOURCE = "import"
Progress = Callable[[int], object]


@dataclass
class Survey:
    """`ready` is what may be stored as it is; `samples` tell the first changes as [line, who, what]."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ready: list[Any] = field(default_factory=list)
    samples: list[list[Any]] = field(default_factory=list)

    def sample(self, line: int, who: str, what: str) -> None:
        if len(self.samples) < samples.MOST:
            self.samples.append([line, who, what])


@dataclass(frozen=True)
class File:
    """An uploaded file with what is known of it. `by` is who imports."""

    organization: Organization
    by: Person
    data: IO[bytes]
    mapping: Mapping[str, str]

    def rows(self, kind: Kind) -> Iterator[Row | Fault]:
        self.data.seek(0)
        return read_rows(self.data, required=kind.required, optional=kind.optional, mapping=self.mapping)

    def parsed[T](
        self, kind: Kind, parse: Callable[[dict[str, str]], T], survey: Survey, progress: Progress
    ) -> Iterator[tuple[int, T]]:
        """(line, parsed) of every row that can be; the others are the survey's faults."""
        for number, row in enumerate(self.rows(kind), 1):
            if number % BATCH == 0:
                progress(BATCH)
            if isinstance(row, Fault):
                survey.faults.append(row)
                continue
            try:
                yield row.line, parse(row.values)
            except ValueError as error:
                survey.faults.append(Fault(row.line, str(error)))


# --- people

STORED = ("name", "email", "title", "joined_on", "left_on", "pk")


def survey_people(file: File, progress: Progress) -> Survey:
    survey = Survey()
    people, doubled = _led_on(file.organization, list(file.parsed(PEOPLE, rows.person_row, survey, progress)))
    stored = _stored_people(file.organization)
    unnamed = {"email", "title", "joined_on", "location", "manager"} - file.mapping.keys()
    kept = [(line, _completed(person, stored.get(person.external_id), unnamed)) for line, person in people]
    survey.faults += [*twice(kept), *doubtful_managers(file.organization, kept)]
    kept, nameable = _within_bounds(file.by, kept, stored, survey)
    plan, misplaced = planned(file.organization, kept)
    survey.faults += [
        *misplaced,
        *into_closed(file.organization, kept, stored),
        *taken(file.organization, kept, nameable),
        *guarded(file.by, kept, stored),
    ]
    for line, person in kept:
        before = stored.get(person.external_id)
        what = samples.of_person(before, person)
        survey.new += before is None
        survey.same += not what
        if what:
            survey.sample(line, person.name, what)
    survey.changed = len(kept) - survey.new - survey.same
    survey.ready = [person for _, person in kept]
    survey.remarks = [
        *_about_locations(plan.ways()),
        *_about_the_left(survey.ready, stored),
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


def _stored_people(organization: Organization) -> dict[str, dict[str, Any]]:
    people = Person.objects.filter(organization=organization).values(
        "external_id", *STORED, site=F("location__external_id"), head=F("manager__external_id")
    )
    return {
        person["external_id"]: {**person, "location": person["site"] or "", "manager": person["head"] or ""}
        for person in people
    }


def _completed(person: PersonRow, before: dict[str, Any] | None, unnamed: set[str]) -> PersonRow:
    """What the file has no column for stays as it is."""
    if before is None or not unnamed:
        return person
    return replace(person, **{name: before[name] for name in unnamed})


def _about_locations(new: Sequence[str]) -> Iterator[str]:
    if new:
        more = f" and {len(new) - 10} more" if len(new) > 10 else ""
        yield f"Locations that are not known yet are added: {', '.join(new[:10])}{more}."


def _about_the_left(people: Sequence[PersonRow], stored: dict[str, dict[str, Any]]) -> Iterator[str]:
    left = sum(1 for person in people if stored.get(person.external_id, {}).get("left_on"))
    if left:
        yield f"{left:,} of these people have left. They stay so; let them return one by one where that is wrong."


# --- activities


def sourced(cells: dict[str, str]) -> tuple[str, Delivery]:
    return rows.source_of(cells, SOURCE), rows.delivery(cells)


def survey_activities(file: File, progress: Progress) -> Survey:
    survey, known = Survey(), Known(file.organization)
    seen: dict[tuple[str, str], int] = {}
    kinds = {kind.name: kind for kind in ActivityKind.objects.filter(organization=file.organization)}
    new_kinds: set[str] = set()
    valueless: Counter[str] = Counter()
    void = differing = 0
    for batch in batched(file.parsed(ACTIVITIES, sourced, survey, progress), BATCH):
        for line, (source, delivery) in batch:
            survey.faults += known.faults(line, delivery)
            survey.sample(line, delivery.person_external_id, samples.of_activity(delivery, kinds))
            if (kind := kinds.get(delivery.kind)) is None:
                new_kinds.add(delivery.kind)
            elif kind.expects_value and delivery.value is None:
                valueless[delivery.kind] += 1
            first = seen.setdefault((source, delivery.external_id), line)
            if first != line:
                survey.faults.append(
                    Fault(line, f"external_id {delivery.external_id!r} stands on line {first} already")
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
    survey.remarks += _about_kinds(kinds, new_kinds, valueless)
    return survey


def _about_kinds(kinds: dict[str, ActivityKind], new: set[str], valueless: Counter[str]) -> Iterator[str]:
    if new:
        more = f" and {len(new) - 10} more" if len(new) > 10 else ""
        named = ", ".join(sorted(new)[:10])
        yield f"Kinds that are not known yet are added, for administrators to name: {named}{more}."
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
        cursor.execute(DIFFERING, {"rows": given, "organization": organization.pk, "source": row.pk})
        differing = len(cursor.fetchall())
    return len(voided), sum(at is not None for at in voided), differing


# --- badges by hand


def survey_grants(file: File, progress: Progress) -> Survey:
    survey, ledger = Survey(), _Grants(file.organization, file.by)
    pairs: dict[tuple[int, int], int] = {}
    whom: list[tuple[int, str]] = []
    for line, row in file.parsed(GRANTS, rows.grant_row, survey, progress):
        try:
            grant = ledger.grant(row)
        except ValueError as error:
            survey.faults.append(Fault(line, str(error)))
            continue
        first = pairs.setdefault((grant.badge.pk, grant.person_id), line)
        if first != line:
            survey.faults.append(
                Fault(line, f"the same badge for the same person stands on line {first} already")
            )
        survey.ready.append(grant)
        whom.append((line, row.person))
    people = {grant.person_id for grant in survey.ready}
    standing = standing_by_hand(file.organization, people)
    deeds = [deed(grant, standing.get((grant.badge.pk, grant.person_id))) for grant in survey.ready]
    room = room_for({grant.badge for grant in survey.ready}, file.by, ledger.at, people)
    for (line, who), grant, do in zip(whom, survey.ready, deeds, strict=True):
        try:
            take_or_refuse(room, grant.badge, grant.person_id, do)
        except Refused as refused:
            survey.faults.append(Fault(line, str(refused)))
        survey.sample(line, who, samples.of_grant(grant, do))
    survey.remarks += _about_longer(survey.ready, deeds, standing)
    survey.new, survey.changed, survey.same = (deeds.count(do) for do in (Do.GIVE, Do.RENEW, Do.HELD))
    return survey


def _about_longer(grants: Sequence[HandGrant], deeds: Sequence[Do], standing: Standing) -> Iterator[str]:
    """Of those who hold it already, whose end lies later than the file says."""
    longer = sum(
        lengthens(
            grant.expires_at,
            standing[grant.badge.pk, grant.person_id].expires_at,
            grant.badge.organization.time_zone,
        )
        for grant, do in zip(grants, deeds, strict=True)
        if do == Do.HELD
    )
    if longer:
        yield f"{longer:,} hold the badge for longer than they would by this file. Their later end stays."


class _Grants:
    """From rows to grants, with the people whom `by` gives badges to and the organization's badges at hand."""

    def __init__(self, organization: Organization, by: Person) -> None:
        self.at, self.zone = now(), organization.time_zone
        self.badges = {badge.slug: badge for badge in Badge.objects.filter(organization=organization)}
        self.grantable = set(Badge.objects.hand_renewable().values_list("pk", flat=True))
        closed = Award.objects.standing().filter(badge__state=BadgeState.CLOSED)
        self.holders_of_closed = set(closed.values_list("badge", "person"))
        self.by_id: dict[str, tuple[int, bool]] = {}
        self.by_email: dict[str, tuple[int, bool]] = {}
        within = set(reached_by(by).order_by().values_list("pk", flat=True))
        self.nobody = "nobody" if GRANTS.name in kinds_overseen(by) else "nobody whom you administer"
        people = Person.objects.filter(organization=organization)
        known = people.values_list(
            "pk", "external_id", "email", "left_on", "merged_into", "merged_into__left_on"
        )
        for pk, external_id, email, left_on, kept, kept_left_on in known:
            who = (kept, kept_left_on is not None) if kept else (pk, left_on is not None)
            if who[0] in within:
                self.by_id[external_id] = self.by_email[email.lower()] = who
        self.by_email.pop("", None)
        self._ends: dict[tuple[int, datetime], datetime | None] = {}

    def grant(self, row: rows.GrantRow) -> HandGrant:
        """Raises ValueError, in the user's words, for what cannot be given."""
        found = self.by_id.get(row.person) or self.by_email.get(row.person.lower())
        if found is None:
            raise ValueError(f"{self.nobody} has the staff number or e-mail address {row.person!r}")
        badge = self.badges.get(row.badge)
        if badge is None:
            raise ValueError(f"no badge has the short name {row.badge!r}")
        person_id, has_left = found
        starts_at = self._instant(row)
        if badge.pk not in self.grantable:
            raise ValueError(f"the badge {badge.slug!r} cannot be given by hand")
        if badge.state == BadgeState.CLOSED and (badge.pk, person_id) not in self.holders_of_closed:
            raise ValueError(f"the badge {badge.slug!r} is closed, and {row.person!r} does not hold it")
        if has_left:
            raise ValueError(f"{row.person!r} has left, and people who left get nothing new")
        if badge.needs_two:
            raise ValueError(f"the badge {badge.slug!r} is given by two administrators, and so not by import")
        if badge.demands_evidence and not row.evidence:
            raise ValueError(
                f"the badge {badge.slug!r} is given with evidence only; put a link into evidence"
            )
        ends_at = self._chosen_end(row.ends_on) if row.ends_on else self._end(badge, starts_at)
        return HandGrant(person_id, badge, starts_at, ends_at, row.reason, row.evidence)

    def _instant(self, row: rows.GrantRow) -> datetime:
        today = timezone.localdate(self.at, self.zone)
        if row.given_on is None or row.given_on == today:
            return self.at
        if row.given_on > today:
            raise ValueError(f"given_on {row.given_on} lies ahead")
        if row.given_on.year < today.year - EARLIEST_YEARS:
            raise ValueError(f"given_on {row.given_on} lies more than {EARLIEST_YEARS} years back")
        return datetime.combine(row.given_on, time.min, self.zone)

    def _chosen_end(self, ends_on: date) -> datetime:
        today = timezone.localdate(self.at, self.zone)
        if ends_on < today:
            raise ValueError(f"ends_on {ends_on} is over")
        if ends_on.year > today.year + LONGEST_YEARS:
            raise ValueError(f"ends_on {ends_on} lies more than a hundred years ahead")
        return datetime.combine(ends_on, time.max, self.zone)

    def _end(self, badge: Badge, starts_at: datetime) -> datetime | None:
        if not badge.ends_after:
            return None
        key = (badge.pk, starts_at)
        if key not in self._ends:
            self._ends[key] = end_of(badge, starts_at)
        end = self._ends[key]
        if end is not None and end <= self.at:
            raise ValueError(f"given on that day, {badge.slug!r} would have ended already")
        return end


SURVEYS: dict[str, Callable[[File, Progress], Survey]] = {
    PEOPLE.name: survey_people,
    ACTIVITIES.name: survey_activities,
    GRANTS.name: survey_grants,
}
