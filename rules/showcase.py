"""What the pages about badges show: the catalogue, one badge's figures and holders."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, When
from django.db.models.functions import TruncMonth

from activity.months import last_twelve, month_start
from badges.models import NEVER_HELD, PUBLISHED, Award, Badge, BadgeKind, BadgeState, EndedWhy, Origin
from badges.querysets import hidden, sees_hidden
from people.models import AuditEntry, Organization, Person
from people.querysets import stands_in
from rules.criteria import Invalid
from rules.listing import HolderOrder
from rules.models import RuleVersion
from rules.progress import HowFar
from rules.queries import names_of
from rules.sentences import Names, sentence

KINDS = [
    (BadgeKind.HABIT, "Habits", "Something kept up"),
    (BadgeKind.STEP, "Steps", "Something done"),
    (BadgeKind.TRAINING, "Training", "Something learned"),
    (BadgeKind.HONOUR, "Honours", "Rare, with a reason in someone’s own words"),
]
SHOWN = {
    "": Q(state__in=[BadgeState.DRAFT, *PUBLISHED]),
    "drafts": Q(state__in=[BadgeState.DRAFT, BadgeState.WITHDRAWN]),
}


@dataclass
class Entry:
    """A badge in the catalogue: in words, by how many people it is held, how often by the reader.

    `near` is how far the reader is, where a rule could still give it to them.
    """

    badge: Badge
    sentence: str
    holders: int
    mine: int
    near: HowFar | None = None

    @property
    def percent(self) -> int:
        return self.near.percent if self.near else 0


@dataclass
class Section:
    key: str
    heading: str
    note: str
    entries: list[Entry] = field(default_factory=list)


Progress = Mapping[int, HowFar]  # by badge


def catalogue(
    *,
    reader: Person,
    text: str = "",
    show: str = "",
    category: int | None = None,
    progress: Progress | None = None,
) -> list[Section]:
    """Badges by category, then those of none by kind, as far as the reader may see them.

    `show` is "", "mine" or "drafts"; `category` narrows them to one.
    """
    progress = progress or {}
    badges = [
        badge
        for badge in _shown(reader, show, category)
        if stands_in(text, f"{badge.name} {badge.description}")
    ]
    standing = Award.objects.standing().filter(organization=reader.organization_id)
    listed = standing.listed_to(reader)
    holders = dict(listed.values_list("badge").annotate(Count("person", distinct=True)).order_by())
    mine = dict(standing.filter(person=reader).values_list("badge").annotate(Count("pk")).order_by())
    sentences = sentences_of(reader.organization)
    sections = _sections(badges)
    for badge in badges:
        held = (holders.get(badge.pk, 0), mine.get(badge.pk, 0))
        entry = Entry(badge, in_words(badge, sentences), *held, progress.get(badge.pk))
        if show != "mine" or entry.mine:
            sections[badge.category or BadgeKind(badge.kind)].entries.append(entry)
    return [section for section in sections.values() if section.entries]


def _shown(reader: Person, show: str, category: int | None) -> QuerySet[Badge]:
    badges = Badge.objects.visible_to(reader).filter(SHOWN.get(show, SHOWN[""]))
    if category is not None:
        badges = badges.filter(category=category)
    found: QuerySet[Badge] = badges.in_order().select_related("category")
    return found


def _sections(badges: Iterable[Badge]) -> dict[Any, Section]:
    """Categories in their order, then the kinds."""
    categories = dict.fromkeys(badge.category for badge in badges if badge.category)
    by_category = {one: Section(f"c{one.pk}", one.name, "") for one in categories}
    return {**by_category, **{kind: Section(kind, heading, note) for kind, heading, note in KINDS}}


def sentences_of(organization: Organization, badge: Badge | None = None) -> dict[int, str]:
    """What the rules in force say, by badge."""
    current = RuleVersion.objects.filter(organization=organization, number=F("rule__current"))
    if badge is not None:
        current = current.filter(rule__badge=badge)
    definitions = dict(current.values_list("rule__badge", "definition"))
    names = names_of(organization)
    return {badge_id: said(definition, names) for badge_id, definition in definitions.items()}


def said(definition: dict[str, Any], names: Names) -> str:
    """A stored rule in words; "" for one that this Lapel cannot read, so that its badge can still be seen."""
    try:
        return sentence(definition, names)
    except Invalid:
        return ""


def in_words(badge: Badge, sentences: dict[int, str]) -> str:
    return sentences.get(badge.pk) or badge.criteria or badge.description


def holders(badge: Badge, reader: Person, text: str = "") -> QuerySet[Person]:
    """Who holds it now and is found by the text: `since`, `award_id`, and `last_end` unless it is `endless`.

    `by_rule` says how many of the awards a rule gave: those do not end while it is paused.
    """
    stands = Q(awards__badge=badge, awards__ended_at=None)
    people = Person.objects.filter(stands, organization=badge.organization_id).search(text)
    if not sees_hidden(reader):
        people = people.filter(~hidden("pk", badge))
    return people.select_related("location").annotate(
        since=Min("awards__starts_at"),
        last_end=Max("awards__expires_at"),
        endless=Count("awards", filter=Q(awards__expires_at=None)),
        by_rule=Count("awards", filter=Q(awards__origin=Origin.RULE)),
        times=Count("awards"),
        award_id=Max("awards__pk"),
    )


def in_order(people: QuerySet[Person], order: HolderOrder, *, rests: bool) -> QuerySet[Person]:
    """Holders as they are asked for; whose badge does not end, as while its rule `rests`, come last by their ends."""
    stays = Q(endless__gt=0) | Q(by_rule__gt=0) if rests else Q(endless__gt=0)
    end = Case(When(stays, then=None), default=F("last_end"))
    by: dict[HolderOrder, list[Any]] = {
        HolderOrder.NEWEST: ["-since"],
        HolderOrder.NAME: ["folded"],
        HolderOrder.ENDS: [end.asc(nulls_last=True), "folded"],
    }
    return people.order_by(*by[order], "pk")


@dataclass
class Month:
    first: date
    given: int
    ended: int
    given_height: float
    ended_height: float


@dataclass
class Figures:
    """Twelve calendar months up to now: what was given, what ended, and what of that was taken back."""

    months: list[Month]
    given: int
    ended: int
    taken_back: int


def figures(badge: Badge, at: datetime, reader: Person) -> Figures:
    """As far as the reader sees it."""
    zone = badge.organization.time_zone
    firsts = last_twelve(at, zone)
    since = month_start(firsts[0], zone)
    awards = Award.objects.listed_to(reader).filter(badge=badge).exclude(ended_why__in=NEVER_HELD)
    given = _by_month(awards.filter(starts_at__gte=since, starts_at__lte=at), "starts_at", zone)
    over = awards.filter(ended_at__gte=since, ended_at__lte=at)
    ended = _by_month(over, "ended_at", zone)
    top = max([1, *given.values(), *ended.values()])
    months = [
        Month(first, given[first], ended[first], 84 * given[first] / top, 66 * ended[first] / top)
        for first in firsts
    ]
    taken_back = over.filter(ended_why=EndedWhy.REVOKED).count()
    return Figures(months, sum(given.values()), sum(ended.values()), taken_back)


def _by_month(awards: Any, instant: str, zone: Any) -> Counter[date]:
    rows = awards.annotate(month=TruncMonth(instant, tzinfo=zone)).values_list("month")
    return Counter({month.date(): count for month, count in rows.annotate(Count("pk")).order_by()})


def withdrawal(badge: Badge) -> AuditEntry | None:
    """Who withdrew a badge that is, when, and why."""
    if badge.state != BadgeState.WITHDRAWN:
        return None
    told = AuditEntry.objects.filter(action="badge.state", details__badge=badge.pk)
    return told.filter(details__to=BadgeState.WITHDRAWN).select_related("actor").first()
