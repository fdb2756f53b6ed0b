"""Writing the ledger: what is new is inserted, what was there stays, whose record changed is queued."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from activity.models import Activity, Kind, Source
from activity.signals import announce
from people.clock import now
from people.models import Organization


@dataclass(frozen=True)
class Delivery:
    """One activity as a source delivers it; `external_id` is unique in its source."""

    person_external_id: str
    kind: str
    occurred_at: datetime
    external_id: str
    role: str = "author"
    value: Decimal | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    location_external_id: str | None = None
    subject: str = ""
    item_id: int | None = None
    corrects_id: int | None = None


@dataclass(frozen=True)
class Recorded:
    """Of what was delivered: new rows, known ones, and the external ids of known ones that now read differently."""

    new: int
    same: int
    differing: list[str]
    new_ids: list[int] = field(default_factory=list, compare=False)


class UnknownPeople(ValueError):
    """Deliveries name people whom the organization does not have."""

    def __init__(self, external_ids: Iterable[str]) -> None:
        self.external_ids = sorted(external_ids)
        super().__init__(f"Nobody here is known as {', '.join(self.external_ids[:20])}.")


# A row for each person whose record changed, with the earliest instant that did; null where one is not known.
QUEUED = """
queued AS (
    INSERT INTO activity_pendingevaluation (organization_id, person_id, kinds, since, deliberate)
    SELECT %(organization)s, person_id, array_agg(DISTINCT kind_id),
           CASE WHEN bool_and(since IS NOT NULL) THEN min(since) END, %(deliberate)s
    FROM changed GROUP BY person_id ORDER BY person_id)
"""

# A merged record's id leads to the one that is kept. A location is kept only where the source says it.
INSERT = f"""
WITH delivered AS (
    SELECT d.*, row_number() OVER () AS place FROM jsonb_to_recordset(%(rows)s::jsonb) AS d(
        person_external_id text, kind text, occurred_at timestamptz, external_id text, role text, value numeric,
        attributes jsonb, location_external_id text, subject text, item_id bigint, corrects_id bigint)
), resolved AS (
    SELECT DISTINCT ON (d.external_id) d.*, p.id AS person_id, k.id AS kind_id,
        l.id AS location_id
    FROM delivered d
    JOIN people_person n ON n.organization_id = %(organization)s AND n.external_id = d.person_external_id
    JOIN people_person p ON p.organization_id = %(organization)s AND p.id = coalesce(n.merged_into_id, n.id)
    JOIN activity_kind k ON k.organization_id = %(organization)s AND k.name = d.kind
    LEFT JOIN people_location l ON l.organization_id = %(organization)s AND l.external_id = d.location_external_id
    ORDER BY d.external_id, d.place
), changed AS (
INSERT INTO activity_activity (organization_id, person_id, kind_id, role, occurred_at, recorded_at, value, attributes,
    location_id, subject, item_id, source_id, external_id, corrects_id)
SELECT %(organization)s, person_id, kind_id, role, occurred_at, %(now)s, value, attributes,
    location_id, subject, item_id, %(source)s, external_id, corrects_id
FROM resolved ORDER BY external_id
ON CONFLICT (organization_id, source_id, external_id) DO NOTHING
RETURNING person_id, kind_id, occurred_at AS since, id), {QUEUED}
SELECT id FROM changed
"""

DIFFERING = """
SELECT a.external_id FROM jsonb_to_recordset(%(rows)s::jsonb) AS d(
    person_external_id text, kind text, occurred_at timestamptz, external_id text, role text, value numeric,
    attributes jsonb, location_external_id text, subject text)
JOIN activity_activity a ON a.organization_id = %(organization)s AND a.source_id = %(source)s
    AND a.external_id = d.external_id
LEFT JOIN people_person p ON p.organization_id = %(organization)s AND p.external_id = d.person_external_id
JOIN activity_kind k ON k.organization_id = %(organization)s AND k.id = a.kind_id
LEFT JOIN people_location l ON l.organization_id = %(organization)s AND l.id = coalesce(a.location_id, (
    SELECT w.location_id FROM people_placement w
    WHERE w.organization_id = %(organization)s AND w.person_id = a.person_id
      AND w.from_on <= (a.occurred_at AT TIME ZONE %(zone)s)::date
    ORDER BY w.from_on DESC LIMIT 1))
WHERE (a.person_id, k.name, a.role, a.occurred_at, a.value, a.attributes, a.subject)
    IS DISTINCT FROM
    (coalesce(p.merged_into_id, p.id), d.kind, d.role, d.occurred_at, d.value::numeric(16,4), d.attributes, d.subject)
    OR (d.location_external_id IS NOT NULL AND d.location_external_id IS DISTINCT FROM l.external_id)
ORDER BY a.external_id
"""


@transaction.atomic
def record_activities(
    *, organization: Organization, source: str, deliveries: Sequence[Delivery], deliberate: bool = False
) -> Recorded:
    """Insert what is new under `(source, external_id)`; whatever was delivered before stays as it was.

    Queues the people whose record changed, `deliberate` where somebody imports much at once. Raises `UnknownPeople`,
    storing nothing. May be repeated.
    """
    _refuse_strangers(organization, deliveries)
    _know_kinds(organization, deliveries)
    parameters: dict[str, Any] = {
        "rows": json.dumps([vars(delivery) for delivery in deliveries], default=str),
        "organization": organization.pk,
        "zone": organization.zone,
        "source": _source(organization, source).pk,
        "now": now(),
        "deliberate": deliberate,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, parameters)
        new = [row[0] for row in cursor.fetchall()]
        differing = []
        if len(new) < len(deliveries):
            cursor.execute(DIFFERING, parameters)
            differing = [row[0] for row in cursor.fetchall()]
    if new:
        announce(organization.pk)
    return Recorded(len(new), len(deliveries) - len(new), differing, new)


@transaction.atomic
def void_activities(
    *, organization: Organization, source: str, external_ids: Sequence[str], at: datetime
) -> int:
    """Void activities found mistaken; how many were not void already. They count for nothing from now on."""
    parameters: dict[str, Any] = {
        "organization": organization.pk,
        "source": source,
        "external_ids": list(external_ids),
        "at": at,
        "deliberate": False,
    }
    with connection.cursor() as cursor:
        cursor.execute(VOID, parameters)
        voided, kinds = cursor.fetchone()
        if kinds:
            cursor.execute(MOVE_BACK, {**parameters, "kinds": kinds})
    if voided:
        announce(organization.pk)
    return int(voided)


VOID = f"""
WITH changed AS (
    UPDATE activity_activity SET voided_at = %(at)s
    WHERE organization_id = %(organization)s AND voided_at IS NULL AND external_id = ANY(%(external_ids)s)
      AND source_id = (SELECT id FROM activity_source WHERE organization_id = %(organization)s AND name = %(source)s)
    RETURNING person_id, kind_id, occurred_at, NULL::timestamptz AS since), {QUEUED}
SELECT count(*), array(
    SELECT DISTINCT k.id FROM activity_kind k JOIN changed c ON c.kind_id = k.id AND c.occurred_at = k.last_at)
FROM changed
"""
# Of kinds whose `last_at` was one of those: what is left says when something of them last happened.
MOVE_BACK = """
UPDATE activity_kind k SET last_at = (
    SELECT max(occurred_at) FROM activity_activity a
    WHERE a.organization_id = k.organization_id AND a.kind_id = k.id AND a.voided_at IS NULL
      AND a.occurred_at <= %(at)s)
WHERE k.organization_id = %(organization)s AND k.id = ANY(%(kinds)s)
"""


@transaction.atomic
def correct_activity(*, activity: Activity, delivery: Delivery) -> Recorded:
    """Void a mistaken activity and record what is right in its place, which names the old one. May be repeated.

    The correction needs an external id of its own, because of two deliveries under one id the first is the record.
    """
    if delivery.external_id == activity.external_id:
        raise ValueError("A correction needs an external id of its own.")
    source = activity.source.name
    void_activities(
        organization=activity.organization, source=source, external_ids=[activity.external_id], at=now()
    )
    correction = replace(delivery, corrects_id=activity.pk)
    return record_activities(organization=activity.organization, source=source, deliveries=[correction])


def _refuse_strangers(organization: Organization, deliveries: Sequence[Delivery]) -> None:
    """Holds back whoever would merge one of these people until this is committed."""
    named = {delivery.person_external_id for delivery in deliveries}
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PEOPLE, [organization.pk, sorted(named)])
        known = {row[0] for row in cursor.fetchall()}
    if named - known:
        raise UnknownPeople(named - known)


LOCK_PEOPLE = """
SELECT external_id FROM people_person WHERE organization_id = %s AND external_id = ANY(%s) ORDER BY id FOR KEY SHARE
"""


def _know_kinds(organization: Organization, deliveries: Iterable[Delivery]) -> None:
    latest: dict[str, datetime | None] = {}
    for one in deliveries:
        happened, last = one.occurred_at, latest.get(one.kind)
        latest[one.kind] = max(happened, last or happened) if happened <= now() else last
    found = Kind.objects.filter(organization=organization, name__in=latest)
    known = dict(found.values_list("name", "last_at"))
    Kind.objects.bulk_create(
        (Kind(organization=organization, name=name) for name in sorted(latest.keys() - known.keys())),
        ignore_conflicts=True,
    )
    moved = {name: at for name, at in latest.items() if at and _is_a_later_day(at, known.get(name))}
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(MOVE_ON, [[*moved], [*moved.values()], organization.pk])


def _is_a_later_day(at: datetime, last: datetime | None) -> bool:
    return last is None or at.astimezone(UTC).date() > last.astimezone(UTC).date()


# What somebody else moves on just now is left to them, so that nobody waits for anybody.
MOVE_ON = """
WITH later AS (SELECT * FROM unnest(%s::text[], %s::timestamptz[]) AS l(name, at)),
free AS (SELECT id FROM activity_kind WHERE organization_id = %s AND name IN (SELECT name FROM later)
         FOR NO KEY UPDATE SKIP LOCKED)
UPDATE activity_kind k SET last_at = later.at FROM later
WHERE k.id IN (SELECT id FROM free) AND k.name = later.name AND (k.last_at IS NULL OR k.last_at < later.at)
"""


def _source(organization: Organization, name: str) -> Source:
    own = Source.objects.filter(organization=organization, name=name)
    if not own.exists():
        Source.objects.bulk_create([Source(organization=organization, name=name)], ignore_conflicts=True)
    source: Source = own.get()
    return source
