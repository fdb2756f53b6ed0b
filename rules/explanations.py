"""Every rule can be asked: why an award was given, and how far somebody is from the next ones."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from psycopg.sql import SQL, Composed, Identifier

from activity.models import Activity
from badges.models import Award, Badge, BadgeState
from people.clock import now
from people.models import Person
from people.zones import local_time
from rules import criteria
from rules.engine import Edition, Question, reckoning
from rules.engine.basis import held_for
from rules.engine.record import Record
from rules.engine.revocations import lives_of
from rules.engine.statement import Statement, sql, union
from rules.models import Policy, Rule, RuleVersion
from rules.queries import Book, names_of, rulebook
from rules.sentences import sentence


@dataclass(frozen=True)
class Why:
    """The sentence of the version that gave an award, the activities counted, in order, and the awards held."""

    sentence: str
    activities: list[Activity]
    version: int | None
    held: list[Award] = field(default_factory=list)


def why(award: Award) -> Why:
    """Of an award by hand there is no version; its sentence is the giver's reason."""
    found = Activity.objects.filter(organization=award.organization_id).select_related(
        "kind", "item", "location"
    )
    ledger = found.in_bulk(award.evidence)
    activities = [ledger[activity] for activity in award.evidence if activity in ledger]
    version = RuleVersion.objects.filter(
        organization=award.organization_id, rule__badge=award.badge_id, number=award.rule_version or 0
    ).first()
    if version is None:
        return Why(award.reason, activities, None)
    said = sentence(version.definition, names_of(award.organization))
    return Why(said, activities, version.number, _held(award, version))


def _held(award: Award, version: RuleVersion) -> list[Award]:
    """The stored awards of the badges that it rests on; where one is none that is stored, what stood then."""
    rule = criteria.parse({**version.definition, "id": award.badge.slug})
    if not criteria.badges_named(rule.criterion):
        return []
    book = rulebook(award.organization)
    is_anew = version.policy == Policy.NEW_ONLY
    own = Edition(version.number, rule, since=version.made_at if is_anew else None, anew=is_anew)
    ground = replace(book.ground, editions={**book.ground.editions, rule.id: (own,)})
    moment = (award.person_id, award.starts_at)
    found = held_for(rule, book.rules, Question(ground, award.starts_at), [moment])
    slugs = {slug for slug, _ in found[moment]}
    stood = Award.objects.filter(
        person=award.person_id, badge__slug__in=slugs, starts_at__lte=award.starts_at
    ).annotate(over_at=Coalesce("ended_at", "expires_at"))
    awards = stood.filter(Q(over_at=None) | Q(over_at__gt=award.starts_at)).select_related("badge")
    return list(awards.exclude(badge__state=BadgeState.WITHDRAWN).order_by("starts_at", "pk"))


@dataclass(frozen=True)
class HowFar:
    """Somebody has `have` of the `need` things that a badge asks for, in the window as it is now."""

    badge: Badge
    have: int
    need: int
    sentence: str

    @property
    def share(self) -> Decimal:
        return Decimal(self.have) / self.need


def how_far(person: Person, rules: Iterable[Rule] | None = None) -> list[HowFar]:
    """For badges that a plain count earns and the person does not hold: nearest first.

    Rules of other sorts, for some people only or repeatable, are left out: of those a number would not be true.
    """
    book = rulebook(person.organization)
    chosen = _plain(book, person, None if rules is None else {rule.pk for rule in rules})
    have = _have(book, chosen, person)
    names = names_of(person.organization)
    found = [
        # What was earned once and has ended takes one more.
        HowFar(book.rows[slug].badge, min(have[slug], need - 1), need, sentence(book.rules[slug], names))
        for slug, need in chosen.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.need, one.badge.name))


def _plain(book: Book, person: Person, rules: set[int] | None) -> dict[str, int]:
    held = set(Award.objects.filter(person=person, ended_at=None).values_list("badge", flat=True))
    return {
        slug: rule.criterion.at_least
        for slug, rule in book.rules.items()
        if isinstance(rule.criterion, criteria.Count)
        and not rule.repeatable
        and rule.for_ is None
        and book.rows[slug].badge_id not in held
        and book.rows[slug].badge.state == BadgeState.ACTIVE
        and (rules is None or book.rows[slug].pk in rules)
    }


def _have(book: Book, slugs: Iterable[str], person: Person) -> dict[str, int]:
    """How many count at this moment, by rule; asked at once."""
    question = Question(book.ground, now(), (person.pk,))
    statement = Statement()
    queries = [_counted(book, slug, question, statement) for slug in slugs]
    if not queries:
        return {}
    with local_time(book.ground.zone), connection.cursor() as cursor:
        query = statement.ending("{all}", all=union(queries))
        cursor.execute(query.as_string(connection.connection))
        return dict(cursor.fetchall())


def _counted(book: Book, slug: str, question: Question, statement: Statement) -> Composed:
    rule = book.rules[slug]
    assert isinstance(rule.criterion, criteria.Count)
    badge = book.rows[slug].badge_id
    lives = None
    assert isinstance(question.people, tuple)
    if book.ground.revoked.get(badge, frozenset()) & frozenset(question.people):
        lives = lives_of(statement, badge, question)
    counts_from = next((edition.counts_from for edition in book.editions(slug)[-1:]), None)
    record = Record(statement, question, rule.counts, lives, counts_from)
    return sql(
        "SELECT {slug}::text, count(*) FROM ({found}) m WHERE {in_window} AND {in_this_life}",
        slug=slug,
        found=record.matching_query(rule.criterion.select),
        in_window=_in_window_now(rule.criterion, book, question),
        in_this_life=_in_last_life(lives) if lives else SQL("true"),
    )


def _in_window_now(criterion: criteria.Count, book: Book, question: Question) -> Composed:
    then = sql("{now}", now=question.as_of)
    if criterion.within:
        return reckoning.in_window(SQL("at"), then, criterion.within)
    if criterion.per:
        first = book.ground.first_weekday
        one, other = (reckoning.period_number(criterion.per, first, at) for at in (SQL("at"), then))
        return sql("{one} = {other}", one=one, other=other)
    return sql("true")


def _in_last_life(lives: Identifier) -> Composed:
    return sql("life = (SELECT max(life) FROM {lives})", lives=lives)
