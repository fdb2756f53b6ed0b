"""Rows about badges by hand: what each of them comes to, and every one that cannot be."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time

from django.db.models.functions import Lower
from django.utils import timezone

from badges.actions import EARLIEST_YEARS, end_of
from badges.forms import LONGEST_YEARS
from badges.granting import HandGrant, Standing, deed, standing_by_hand
from badges.limits import room_for, take_or_refuse
from badges.models import Award, Badge, BadgeState
from badges.planning import Do, lengthens
from badges.querysets import reached_by
from integrations import rows, samples
from integrations.kinds import GRANTS
from integrations.querysets import kinds_overseen
from integrations.reading import Fault
from integrations.surveying import File, Progress, Survey
from people.changes import Refused
from people.clock import now
from people.models import Person
from people.zones import last_instant

Numbered = tuple[int, rows.GrantRow]


def survey_grants(file: File, progress: Progress) -> Survey:
    survey = Survey()
    look_at_grants(file, list(file.parsed(GRANTS, rows.grant_row, survey, progress)), survey)
    return survey


def look_at_grants(file: File, numbered: Sequence[Numbered], survey: Survey) -> None:
    """What these rows, each with its line, come to at this moment; all of the file, or some of it."""
    ledger = Ledger(file, [row for _, row in numbered])
    pairs: dict[tuple[int, int], int] = {}
    whom: list[tuple[int, str]] = []
    for line, row in numbered:
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


class Ledger:
    """From rows to grants, with whom of those named the importer gives badges to, and the badges, at hand."""

    def __init__(self, file: File, named: Collection[rows.GrantRow]) -> None:
        self.at, self.zone, self.names = now(), file.organization.time_zone, file.mapping
        self.badges = _which(file, {row.badge for row in named})
        self.grantable = set(Badge.objects.hand_renewable().values_list("pk", flat=True))
        self.nobody = "nobody" if GRANTS.name in kinds_overseen(file.by) else "nobody whom you administer"
        self.by_id, self.by_email = _whom(file, {row.person for row in named})
        closed = Award.objects.standing().filter(badge__state=BadgeState.CLOSED, person__in=self.person_ids)
        self.holders_of_closed = set(closed.values_list("badge", "person"))
        self._ends: dict[tuple[int, datetime], datetime | None] = {}

    @property
    def person_ids(self) -> set[int]:
        return {person_id for person_id, _ in (*self.by_id.values(), *self.by_email.values())}

    def grant(self, row: rows.GrantRow) -> HandGrant:
        """Raises ValueError, in the user's words, for what cannot be given."""
        found = self.by_id.get(row.person) or self.by_email.get(row.person.lower())
        if found is None:
            raise ValueError(f"{self.nobody} has the staff number or e-mail address {row.person!r}")
        badges = self.badges.get(row.badge, [])
        if not badges:
            raise ValueError(f"no badge has the name or short name {row.badge!r}")
        if len(badges) > 1:
            short = " or ".join(repr(badge.slug) for badge in badges)
            raise ValueError(
                f"{len(badges)} badges have the name {row.badge!r}; write the short name, {short}"
            )
        badge = badges[0]
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
            column = rows.named("evidence", self.names)
            raise ValueError(
                f"the badge {badge.slug!r} is given with evidence only; put a link into {column}"
            )
        ends_at = self._chosen_end(row.ends_on) if row.ends_on else self._end(badge, starts_at)
        return HandGrant(person_id, badge, starts_at, ends_at, row.reason, row.evidence)

    def _instant(self, row: rows.GrantRow) -> datetime:
        today, column = timezone.localdate(self.at, self.zone), rows.named("given_on", self.names)
        if row.given_on is None or row.given_on == today:
            return self.at
        if row.given_on > today:
            raise ValueError(f"{column} {row.given_on} lies ahead")
        if row.given_on.year < today.year - EARLIEST_YEARS:
            raise ValueError(f"{column} {row.given_on} lies more than {EARLIEST_YEARS} years back")
        return datetime.combine(row.given_on, time.min, self.zone)

    def _chosen_end(self, ends_on: date) -> datetime:
        today, column = timezone.localdate(self.at, self.zone), rows.named("ends_on", self.names)
        if ends_on < today:
            raise ValueError(f"{column} {ends_on} is over")
        if ends_on.year > today.year + LONGEST_YEARS:
            raise ValueError(f"{column} {ends_on} lies more than a hundred years ahead")
        return last_instant(ends_on, self.zone)

    def _end(self, badge: Badge, starts_at: datetime) -> datetime | None:
        key = (badge.pk, starts_at)
        if key not in self._ends:
            self._ends[key] = end_of(badge, starts_at)
        end = self._ends[key]
        if end is not None and end <= self.at:
            raise ValueError(f"given on that day, {badge.slug!r} would have ended already")
        return end


def _which(file: File, names: set[str]) -> dict[str, list[Badge]]:
    """The badges with these short names, else with these names."""
    badges = Badge.objects.filter(organization=file.organization)
    found = {badge.slug: [badge] for badge in badges.filter(slug__in=names)}
    for badge in (
        badges.filter(name__in=names - found.keys()).exclude(state=BadgeState.DRAFT).order_by("slug")
    ):
        found.setdefault(badge.name, []).append(badge)
    return found


Whom = dict[str, tuple[int, bool]]
KNOWN = ("pk", "external_id", "email", "left_on", "merged_into", "merged_into__left_on")


def _whom(file: File, names: set[str]) -> tuple[Whom, Whom]:
    """Whom these external ids and addresses mean, of those within reach, and whether they have left."""
    people = Person.objects.filter(organization=file.organization)
    addresses = {name.lower() for name in names}
    addressed = people.exclude(email="").alias(address=Lower("email")).filter(address__in=addresses)
    found = [
        (external_id, email.lower(), (kept, kept_left_on is not None) if kept else (pk, left_on is not None))
        for some in (people.filter(external_id__in=names), addressed)
        for pk, external_id, email, left_on, kept, kept_left_on in some.values_list(*KNOWN)
    ]
    reached = reached_by(file.by).filter(pk__in={who[0] for _, _, who in found})
    within = set(reached.order_by().values_list("pk", flat=True))
    found = [one for one in found if one[2][0] in within]
    by_id = {external_id: who for external_id, _, who in found}
    return by_id, {email: who for _, email, who in found if email}
