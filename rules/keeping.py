"""What keeps a badge that is about to end, and by when: how many more of what, or who can give it again.

By the version that gave an award, as of its end: what is in the window by then, however much more is in it now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from rules.criteria import Count, Expires, Satisfied, Selector, Streak, Sum, While
from rules.criteria import Rule as Text
from rules.engine import Edition, Question, reckoning
from rules.engine.record import Record
from rules.engine.statement import Statement, sql, union
from rules.models import Rule, RuleState
from rules.queries import Book, names_of, rulebook
from rules.sentences import Names, number, things, to_do

FEW = 3


@dataclass(frozen=True)
class Way:
    """How an award is kept, at the latest `by` an instant: `more` of `things`, or given again by one of the `givers`.

    `deed` says both as something to do ("submit 1 more improvement"), where there are words for it.
    With neither, by meeting its rule anew; not at all where it `cannot` be, and of itself while its rule is paused.
    """

    award: Award
    by: datetime
    more: str = ""
    is_value: bool = False
    things: str = ""
    deed: str = ""
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
    asked: list[Asked] = []
    for award in awards:
        edition = versions[award.pk]
        need = _need(edition.rule) if edition else None
        if edition and need:
            asked.append((award, edition, need))
    there = _there(person, book, asked)
    ways = {award.pk: _way(award, need, there[award.pk], names) for award, _, need in asked}
    for award in awards:
        edition, is_paused = versions[award.pk], award.badge_id in paused
        cannot = not is_paused and (edition is None or edition.rule.repeatable)
        ways.setdefault(award.pk, Way(award, _before(award), cannot=cannot, is_paused=is_paused))
    return ways


def _way(award: Award, need: Need, there: Decimal, names: Names) -> Way:
    """Where all is there already, the next one that matches keeps it."""
    missing = need.amount - there
    is_value = need.of_value and missing > 0
    left = missing if is_value else max(missing, Decimal(1))
    deed = "" if is_value else to_do(need.select, int(left), names)
    return Way(award, _before(award), number(left), is_value, things(need.select, names), deed)


def _version(book: Book, award: Award) -> Edition | None:
    """The one that gave it, where it has a say beside others; None where no rule is in force."""
    rule = book.rules.get(award.badge.slug)
    if rule is None:
        return None
    its = [one for one in book.editions(rule.id) if one.number == award.rule_version]
    return its[0] if its else Edition(rule.version or 1, rule)


def _need(rule: Text) -> Need | None:
    """None for what is more than an amount of one thing."""
    criterion, keep = rule.criterion, rule.retention
    if rule.repeatable:
        return None
    if isinstance(keep, While):
        return Need(rule.cover, Decimal(keep.at_least), within=keep.within)
    if isinstance(keep, Satisfied) and isinstance(criterion, Streak):
        return Need(criterion.select, Decimal(criterion.each), per=criterion.per)
    if isinstance(keep, Expires) and isinstance(criterion, Count | Sum):
        window = {"within": criterion.within or "", "per": criterion.per or ""}
        of_value = isinstance(criterion, Sum)
        return Need(criterion.select, Decimal(criterion.at_least), of_value=of_value, **window)
    return None


type Asked = tuple[Award, Edition, Need]


def _there(person: Person, book: Book, asked: Sequence[Asked]) -> dict[int, Decimal]:
    """By award, how much is there already of what it needs; asked at once."""
    if not asked:
        return {}
    question, statement = Question(book.ground, now(), (person.pk,)), Statement()
    query = statement.ending("{all}", all=union(_amount(one, question, statement) for one in asked))
    with local_time(book.ground.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        return dict(cursor.fetchall())


def _amount(asked: Asked, question: Question, statement: Statement) -> Composed:
    award, edition, need = asked
    later = taken_back_at(edition.rule, question)
    record = Record(statement, question, edition.rule.counts, None, edition.counts_from, later)
    return sql(
        "SELECT {award}::bigint, coalesce({amount}, 0)::numeric FROM ({found}) f WHERE {test}",
        award=award.pk,
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
