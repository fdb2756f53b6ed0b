"""As of, asked of one person: all badges that they held on a given day, why, and by which version of its rule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from activity.models import Activity
from badges.models import NEVER_HELD, Award, Badge, Origin
from people.models import Organization, Person
from rules.engine import Question, stands_of
from rules.holdings import asked_at
from rules.models import RuleVersion
from rules.queries import Book, names_of, rulebook
from rules.sentences import sentence


@dataclass(frozen=True)
class Holding:
    """A badge as it was held, until `ends_at` (None: for good). What `stays_on` would end, were its rule not paused.

    `award` is the stored one that begins alike, where there is one. `why` is the giver's reason, or the sentence of
    the rule's `version`, which counted so many `activities`.
    """

    badge: Badge
    starts_at: datetime
    ends_at: datetime | None
    by_hand: bool
    award: Award | None
    why: str
    version: int | None
    activities: int
    latest: Activity | None
    stays_on: bool


@dataclass(frozen=True)
class _Row:
    badge: int
    starts: datetime
    ends: datetime | None
    award: Award | None
    version: int | None
    evidence: tuple[int, ...]
    stays_on: bool = False


def held_by_on(person: Person, day: date, viewer: Person) -> list[Holding]:
    """What somebody held at the end of the day, or holds today, by the badge's name; an award a row."""
    organization = viewer.organization
    at = asked_at(organization, day)
    badges = Badge.objects.visible_to(viewer).exclude(state__in=["draft", "withdrawn"]).in_bulk()
    begun = Award.objects.filter(person=person, badge__in=badges, starts_at__lte=at).order_by("pk")
    awards = list(begun.exclude(ended_why__in=NEVER_HELD).select_related("given_by"))
    book = rulebook(organization)
    rows = [*_stored(book, awards, badges, at), *_by_rule(book, person, awards, badges, at)]
    told = _sentences(organization, rows)
    latest = Activity.objects.filter(organization=organization).select_related("kind", "item")
    activities = latest.in_bulk({row.evidence[-1] for row in rows if row.evidence})
    found = [_holding(row, badges[row.badge], told, activities) for row in rows]
    return sorted(found, key=lambda one: (one.badge.name.casefold(), one.badge.pk, one.starts_at))


def _stored(book: Book, awards: Iterable[Award], badges: Mapping[int, Badge], at: datetime) -> Iterator[_Row]:
    """By hand, and by rules that are not in force, as they are stored."""
    for award in awards:
        by_hand = award.origin == Origin.HAND
        if not by_hand and badges[award.badge_id].slug in book.rules:
            continue
        rests = not by_hand and award.badge_id in book.ground.resting_badges
        over_at = award.ended_at if rests else award.ended_at or award.expires_at
        if over_at is None or over_at > at:
            stays_on = rests and over_at is None and award.expires_at is not None
            yield _Row(
                award.badge_id, award.starts_at, over_at, award, award.rule_version,
                tuple(award.evidence), stays_on,
            )  # fmt: skip


def _by_rule(
    book: Book, person: Person, awards: Iterable[Award], badges: Mapping[int, Badge], at: datetime
) -> Iterator[_Row]:
    """By the timelines of the rules in force, reckoned anew."""
    stored = {(one.badge_id, one.key, one.starts_at): one for one in awards if one.origin == Origin.RULE}
    for badge, stand in stands_of(book.rules, Question(book.ground, at, (person.pk,))):
        if badge not in badges or (stand.ends is not None and stand.ends <= at):
            continue
        award = stored.get((badge, stand.key, stand.starts))
        version = award.rule_version if award else None
        version = version or _version(book, badges[badge].slug, stand.starts)
        yield _Row(badge, stand.starts, stand.ends, award, version, stand.evidence)


def _version(book: Book, slug: str, starts: datetime) -> int:
    """Whose hit began it."""
    for edition in book.editions(slug):
        if edition.until is None or starts < edition.until:
            return edition.number
    return book.rows[slug].current


def _sentences(organization: Organization, rows: Iterable[_Row]) -> dict[tuple[int, int], str]:
    """By badge and number of the version."""
    asked = {(row.badge, row.version) for row in rows}
    versions = RuleVersion.objects.filter(
        organization=organization,
        rule__badge__in={badge for badge, _ in asked},
        number__in={number for _, number in asked if number},
    )
    found = versions.values_list("rule__badge", "number", "definition")
    names = names_of(organization)
    return {
        (badge, number): sentence(definition, names)
        for badge, number, definition in found
        if (badge, number) in asked
    }


def _holding(
    row: _Row, badge: Badge, told: Mapping[tuple[int, int], str], activities: Mapping[int, Activity]
) -> Holding:
    by_hand = row.award is not None and row.award.origin == Origin.HAND
    reason = row.award.reason if row.award and by_hand else told.get((badge.pk, row.version or 0), "")
    return Holding(
        badge=badge,
        starts_at=row.starts,
        ends_at=row.ends,
        by_hand=by_hand,
        award=row.award,
        why=reason,
        version=None if by_hand else row.version,
        activities=len(row.evidence),
        latest=activities.get(row.evidence[-1]) if row.evidence else None,
        stays_on=row.stays_on,
    )
