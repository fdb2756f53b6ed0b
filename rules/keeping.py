"""What keeps a badge that is about to end, and by when: how many more of what, or who can give it again.

By the version that gave an award, as of its end: what is in the window by then, however much more is in it now.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from psycopg.sql import SQL, Composable, Composed

from badges.expiry import end_of_soon
from badges.models import IN_USE, Award, GrantMode, Origin
from badges.querysets import givers_to
from people.clock import now
from people.models import Person
from people.templatetags.lapel import full_day
from people.zones import local_time
from rules.amounts import taken_back_at
from rules.criteria import (
    Combination,
    Count,
    Criterion,
    Expires,
    Satisfied,
    Selector,
    Streak,
    Sum,
    Tenure,
    While,
)
from rules.criteria import Rule as Text
from rules.engine import Edition, Question, reckoning
from rules.engine.record import Record
from rules.engine.statement import Statement, sql, union
from rules.models import Rule, RuleState
from rules.queries import Book, names_of, rulebook
from rules.sentences import Names, earned, either, number, things, to_do

FEW = 3


@dataclass(frozen=True)
class Way:
    """How an award is kept, at the latest `by` an instant: `more` of `things`, or given again by one of the `givers`.

    `deed` says both as something to do ("submit 1 more improvement"), where there are words for it; of several
    conditions it says what meets each that would do. With none of these, by meeting its rule anew: `takes` is what
    goes after "anyone who". Not at all where it `cannot` be, and of itself while its rule is paused.
    """

    award: Award
    by: datetime
    more: str = ""
    is_value: bool = False
    things: str = ""
    deed: str = ""
    takes: str = ""
    givers: tuple[Person, ...] = ()
    cannot: bool = False
    is_paused: bool = False

    @property
    def by_when(self) -> str:
        """Beside the day of its end; what ends at midnight must be kept on the day before."""
        zone, end = self.award.person.organization.time_zone, self.award.expires_at
        day = self.by.astimezone(zone).date()
        return "then" if end and end.astimezone(zone).date() == day else full_day(day)


def ways_to_keep(person: Person, badges: Iterable[int] | None = None) -> dict[int, Way]:
    """By badge, of those that the person holds and that end within sixty days; some badges alone, if named.

    Of several awards of a badge, the one that ends last.
    """
    standing = Award.objects.standing().filter(person=person)
    if badges is not None:
        standing = standing.filter(badge__in=list(badges))
    soon = end_of_soon(now(), person.organization.time_zone)
    awards = standing.filter(expires_at__gt=now(), expires_at__lte=soon)
    for_good = standing.filter(expires_at=None) | standing.filter(expires_at__gt=soon)
    ending = awards.exclude(badge__in=for_good.values("badge")).select_related("badge")
    latest = {award.badge_id: award for award in ending.order_by("expires_at", "pk")}
    for award in latest.values():
        award.person = person
    by_rule = [award for award in latest.values() if award.origin == Origin.RULE]
    ways = _by_rule(person, by_rule) if by_rule else {}
    given = [award for award in latest.values() if award.origin == Origin.HAND]
    others = givers_to(person).exclude(pk=person.pk).order_by("name", "pk")
    givers = tuple(others[:FEW]) if given else ()
    ways |= {award.pk: _by_hand(award, givers) for award in given}
    return {badge: ways[award.pk] for badge, award in latest.items()}


def _by_hand(award: Award, givers: tuple[Person, ...]) -> Way:
    if award.badge.state in IN_USE and award.badge.mode != GrantMode.RULE:
        return Way(award, _before(award), givers=givers)
    return Way(award, _before(award), cannot=True)


def _before(award: Award) -> datetime:
    """The last instant: at midnight it is over."""
    assert award.expires_at
    return award.expires_at - timedelta(microseconds=1)


# ---- by rule
@dataclass(frozen=True)
class Need:
    """So much of what is selected must be there in the window at an award's end; `per`: in the period that it ends."""

    select: Selector
    amount: Decimal
    within: str = ""
    per: str = ""
    of_value: bool = False


def _by_rule(person: Person, awards: Sequence[Award]) -> dict[int, Way]:
    book = rulebook(person.organization)
    names = names_of(person.organization)
    versions = {award.pk: _version(book, award) for award in awards}
    own = Rule.objects.filter(badge__in=[award.badge_id for award in awards], badge__state__in=IN_USE)
    paused = set(own.filter(state=RuleState.PAUSED).values_list("badge", flat=True))
    asked: list[Asked] = [
        (award, edition, need)
        for award in awards
        if (edition := versions[award.pk])
        for need in _needs(edition.rule)
    ]
    found: dict[int, list[Way]] = defaultdict(list)
    for (award, _, need), there in zip(asked, _there(person, book, asked), strict=True):
        found[award.pk].append(_way(award, need, there, names))
    ways = {pk: _any_of(its) for pk, its in found.items()}
    for award in awards:
        edition, is_paused = versions[award.pk], award.badge_id in paused
        cannot = not is_paused and (edition is None or not _comes_again(edition.rule))
        takes = earned(edition.rule.criterion, names) if edition else ""
        way = Way(award, _before(award), takes=takes, cannot=cannot, is_paused=is_paused)
        ways.setdefault(award.pk, way)
    return ways


def _comes_again(rule: Text) -> bool:
    """Of a repeatable badge each award is its own, and a tenure is reached once."""
    return not rule.repeatable and not isinstance(rule.criterion, Tenure)


def _any_of(ways: Sequence[Way]) -> Way:
    """Any one of these keeps it; together they are said as deeds."""
    if len(ways) == 1:
        return ways[0]
    deeds = dict.fromkeys(way.deed or f"{_adding(way)}: {way.things}" for way in ways)
    return replace(ways[0], more="", things="", is_value=False, deed=either([*deeds], comma=True))


def _adding(way: Way) -> str:
    return f"add {way.more} in value" if way.is_value else f"do {way.more} more"


def _way(award: Award, need: Need, there: Decimal, names: Names) -> Way:
    """Where all is there already, the next one that matches keeps it."""
    missing = need.amount - there
    is_value = need.of_value and missing > 0
    left = missing if is_value else max(missing, Decimal(1))
    deed = "" if is_value else to_do(need.select, int(left), names)
    told = names.worth(left, need.select) if is_value else number(left)
    return Way(award, _before(award), told, is_value, things(need.select, names), deed)


def _version(book: Book, award: Award) -> Edition | None:
    """The one that gave it, where it has a say beside others; None where no rule is in force."""
    rule = book.rules.get(award.badge.slug)
    if rule is None:
        return None
    its = [one for one in book.editions(rule.id) if one.number == award.rule_version]
    return its[0] if its else Edition(rule.version or 1, rule)


def _needs(rule: Text) -> list[Need]:
    """Amounts of one thing, any of which keeps it; none for what is more than that."""
    criterion, keep = rule.criterion, rule.retention
    if rule.repeatable:
        return []
    if isinstance(keep, While):
        return [Need(rule.cover, Decimal(keep.at_least), within=keep.within)]
    if isinstance(keep, Satisfied) and isinstance(criterion, Streak):
        return [Need(criterion.select, Decimal(criterion.each), per=criterion.per)]
    return _hits(criterion) if isinstance(keep, Expires) else []


def _hits(criterion: Criterion) -> list[Need]:
    """Of a combination that is met a hit of any part renews, as what met the others counts for good.

    Not where parts must come close together or badges must be held besides, nor where a part may be a combination that
    is not met itself: then the whole is asked.
    """
    if isinstance(criterion, Combination):
        takes_all = criterion.needed == len(criterion.parts)
        parts = [
            _hits(part) if takes_all or not isinstance(part, Combination) else [] for part in criterion.parts
        ]
        return [need for part in parts for need in part] if all(parts) and not criterion.within else []
    if not isinstance(criterion, Count | Sum):
        return []
    window = {"within": criterion.within or "", "per": criterion.per or ""}
    return [
        Need(criterion.select, Decimal(criterion.at_least), of_value=isinstance(criterion, Sum), **window)
    ]


type Asked = tuple[Award, Edition, Need]


def _there(person: Person, book: Book, asked: Sequence[Asked]) -> list[Decimal]:
    """How much is there already of each; asked at once."""
    if not asked:
        return []
    question, statement = Question(book.ground, now(), (person.pk,)), Statement()
    amounts = (_amount(place, one, question, statement) for place, one in enumerate(asked))
    query = statement.ending("{all} ORDER BY 1", all=union(amounts))
    with local_time(book.ground.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        return [amount for _, amount in cursor.fetchall()]


def _amount(place: int, asked: Asked, question: Question, statement: Statement) -> Composed:
    award, edition, need = asked
    later = taken_back_at(edition.rule, question)
    record = Record(statement, question, edition.rule.counts, None, edition.counts_from, later)
    return sql(
        "SELECT {place}::int, coalesce({amount}, 0)::numeric FROM ({found}) f WHERE {test}",
        place=place,
        amount=SQL("sum(value)" if need.of_value else "count(*)"),
        found=record.matching_query(need.select),
        test=_in_its_window(need, award, question),
    )


def _in_its_window(need: Need, award: Award, question: Question) -> Composable:
    end = sql("{at}::timestamptz", at=award.expires_at)
    if need.within:
        return reckoning.in_window(SQL("at"), end, need.within)
    if need.per:
        last = sql("({end} - interval '1 microsecond')", end=end)
        first = question.ground.first_weekday
        one, other = (reckoning.period_number(need.per, first, at) for at in (SQL("at"), last))
        return sql("{one} = {other}", one=one, other=other)
    return sql("true")
