"""What mail people want, and when. In Lapel everything is shown in any case."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from badges.models import BadgeKind
from notifications.hours import Hours
from notifications.models import MailHours, Notice, NoticeKind, Preference, Rhythm, usual_rhythm
from people.models import Organization


@dataclass(frozen=True)
class Wishes:
    """Those of some people; whoever chose nothing gets mail as is usual for its kind."""

    rhythms: dict[tuple[int, str], str]
    hours: dict[int, Hours]
    usual: Hours

    def rhythm(self, notice: Notice) -> str:
        wanted = self.rhythms.get((notice.recipient_id, notice.kind), usual_rhythm(notice.kind))
        return Rhythm.AT_ONCE if wanted == Rhythm.NEVER and must_be_mailed(notice) else wanted

    def hours_of(self, person_id: int) -> Hours:
        return self.hours.get(person_id, self.usual)


def wishes_of(organization: Organization, person_ids: Iterable[int]) -> Wishes:
    ids = set(person_ids)
    rhythms = Preference.objects.filter(person__in=ids).values_list("person", "kind", "rhythm")
    chosen = MailHours.objects.filter(person__in=ids)
    return Wishes(
        {(person, kind): rhythm for person, kind, rhythm in rhythms},
        {row.person_id: _hours(row, organization) for row in chosen},
        Hours(organization.time_zone),
    )


def who_wants_none(organization: Organization, told: Mapping[int, Collection[str]]) -> set[int]:
    """Of people, who would be mailed nothing of what they would be told."""
    never = Preference.objects.filter(organization=organization, rhythm=Rhythm.NEVER)
    refused = set(never.values_list("person", "kind"))
    return {person for person, kinds in told.items() if all((person, kind) in refused for kind in kinds)}


def _hours(row: MailHours, organization: Organization) -> Hours:
    zone = ZoneInfo(row.zone) if row.zone else organization.time_zone
    return Hours(zone, row.digest_hour, row.quiet_from, row.quiet_until)


def must_be_mailed(notice: Notice) -> bool:
    """A certificate about to end: whoever works without it may harm somebody, so nobody can refuse the mail."""
    return notice.kind == NoticeKind.ENDS_SOON and notice.award.badge.kind == BadgeKind.TRAINING
