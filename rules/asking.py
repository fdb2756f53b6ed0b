"""Many rules asked about some people at once: a statement for what stands, some rules each, and one for what is due.

Their text depends on the rules and the organization alone, so it is put together once and stays prepared; whom a rule
is asked about is a parameter of its own. A rule that is asked about nobody costs next to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.db import connection
from psycopg.sql import SQL, Composable, Composed

from badges.reconciliation import Changes, Prepared, comparison, reconcile_prepared
from badges.settling import Orders
from people.prepared import array, ask_prepared
from people.zones import local_time
from rules import criteria
from rules.engine import Question, tail, timelines
from rules.engine.due import ahead, next_due
from rules.engine.statement import ids, sql, union
from rules.models import NextDue
from rules.queries import Book

# Rules a statement. Planning more of them together takes longer than one after another: of thirty with their evidence,
# twice as long as of eight at a time.
TOGETHER = 8
DUE_TOGETHER = 40
NEVER = datetime.min.replace(tzinfo=UTC)
AT = SQL("$1::timestamptz")
PAIRS = SQL("unnest($2::bigint[], $3::bigint[])")
# Looked up pair by pair, whatever the planner believes of how many there are: OFFSET keeps the inner query whole.
STORED = """
SELECT w.* FROM {pairs} AS p(badge_id, person_id)
CROSS JOIN LATERAL (SELECT * FROM badges_award a WHERE a.organization_id = {organization} AND a.badge_id = p.badge_id
                    AND a.person_id = p.person_id AND a.origin = 'rule' AND a.ended_why <> 'merged'
                    AND {which} OFFSET 0) w
"""
FIRST = 4  # of the parameters that say about whom each rule is asked
RECENT = timedelta(days=7)  # for changes since then, no more is asked than what stands then or later


@dataclass(frozen=True)
class Page:
    """Some rules of a book, and how to ask them; `key` is all that the text of their statements depends on.

    Where they are asked `recently`, an instant is the last parameter, before which nothing has changed.
    """

    slugs: tuple[str, ...]
    quietly: bool
    key: tuple[object, ...]
    book: Book = field(compare=False)
    recently: bool = False

    @property
    def since(self) -> SQL | None:
        return SQL(f"${FIRST + len(self.slugs)}::timestamptz") if self.recently else None

    def orders(self, at: datetime, asked: Mapping[str, Sequence[int]] | None = None) -> list[Orders]:
        return [
            orders_for(self.book, slug, at, asked.get(slug, ()) if asked else (), quietly=self.quietly)
            for slug in self.slugs
        ]

    def questions(self) -> dict[str, Question]:
        places = enumerate(self.slugs, FIRST)
        return {
            slug: Question(self.book.ground, AT, SQL(f"${place}::bigint[]"), self.since)
            for place, slug in places
        }

    def of_recent(self) -> "Page":
        """Those of its rules that can be asked so."""
        book = self.book
        slugs = tuple(slug for slug in self.slugs if tail.applies(book.rules[slug], book.ground))
        return replace(self, slugs=slugs, recently=True)

    def stored(self) -> Composed:
        repeatable = [
            self.book.rows[slug].badge_id for slug in self.slugs if self.book.rules[slug].repeatable
        ]
        which = tail.stored_touching(repeatable, self.since) if self.since else SQL("true")
        return sql(STORED, pairs=PAIRS, organization=self.book.ground.organization_id, which=which)

    def mentioning(self, query: Composable) -> Composable:
        """The query; a rule may not look at anybody's record, and each parameter must have a type all the same."""
        people = SQL(", ").join(question.people for question in self.questions().values())
        return sql(
            "WITH parameters AS (SELECT {people}) SELECT * FROM ({query}) q", people=people, query=query
        )


def orders_for(book: Book, slug: str, at: datetime, people: Sequence[int], *, quietly: bool) -> Orders:
    rule, row = book.rules[slug], book.rows[slug]
    return Orders(
        badge=row.badge,
        at=at,
        rule_version=row.current,
        earlier=tuple((e.until, e.number) for e in book.editions(slug) if e.until),
        repeatable=rule.repeatable,
        lapses=lapses(rule),
        quietly=quietly,
        people=people,
    )


def lapses(rule: criteria.Rule) -> bool:
    """Whether its awards end because what kept them is no more, rather than by their date."""
    return isinstance(rule.retention, criteria.While | criteria.Satisfied)


def evaluate(
    book: Book,
    asked: Mapping[str, Sequence[int]],
    at: datetime,
    *,
    quietly: bool,
    since: Mapping[int, datetime] | None = None,
    only: Sequence[str] | None = None,
) -> Changes:
    """Reconcile people by rule, and note when time alone may start an award of theirs.

    `since` says of people before which instant their record is as it was when they were last asked about; `only` which
    rules of the book may be asked.
    """
    recent = _recently_changed(book, since or {}, at)
    slugs = tuple(book.rules if only is None else only)
    pages = list(_pages(book, slugs, TOGETHER, quietly=quietly))
    changes = reconcile_prepared([one for page in pages for one in _comparisons(page, asked, at, recent)])
    for page in _pages(book, slugs, DUE_TOGETHER, quietly=quietly):
        if any(asked.get(slug) for slug in page.slugs):
            rules = _pairs({book.rows[slug].pk: asked.get(slug, ()) for slug in page.slugs})
            people = [array(asked.get(slug, ())) for slug in page.slugs]
            with local_time(book.ground.zone):
                ask_prepared(_noting(page), [at, *rules, *people])
    return changes


def _recently_changed(book: Book, since: Mapping[int, datetime], at: datetime) -> dict[int, datetime]:
    """Without those for whom an instant has come that nobody has worked off yet."""
    recent = {person: instant for person, instant in since.items() if instant >= at - RECENT}
    due = NextDue.objects.filter(organization=book.ground.organization_id, due_at__lte=at)
    waiting = set(due.values_list("person", flat=True)) if recent else set()
    return {person: instant for person, instant in recent.items() if person not in waiting}


def _comparisons(
    page: Page, asked: Mapping[str, Sequence[int]], at: datetime, recent: Mapping[int, datetime]
) -> Iterator[Prepared]:
    """What changed lately by what stands since, and the rest by all that ever stood."""
    late = page.of_recent()
    lately = {slug: [person for person in asked.get(slug, ()) if person in recent] for slug in late.slugs}
    others = {
        slug: [person for person in asked.get(slug, ()) if slug not in lately or person not in recent]
        for slug in page.slugs
    }
    if any(others.values()):
        yield _prepared(page, others, at)
    if any(lately.values()):
        yield _prepared(late, lately, at, min(recent.values()))


def _prepared(
    page: Page, asked: Mapping[str, Sequence[int]], at: datetime, since: datetime | None = None
) -> Prepared:
    people = [array(asked[slug]) for slug in page.slugs]
    badges = _pairs({page.book.rows[slug].badge_id: asked[slug] for slug in page.slugs})
    parameters = [at, *badges, *people, *([since] if since else [])]
    return Prepared(page.orders(at, asked), _comparison(page), parameters)


def _pairs(asked: Mapping[int, Sequence[int]]) -> list[str]:
    """Every badge (or rule) with every person that it is asked about, as two arrays side by side."""
    ids = array([own for own, people in asked.items() for _ in people])
    return [ids, array([person for people in asked.values() for person in people])]


def _pages(book: Book, slugs: tuple[str, ...], size: int, *, quietly: bool) -> Iterator[Page]:
    key = key_of(book)
    for start in range(0, len(slugs), size):
        yield Page(slugs[start : start + size], quietly, key, book)


def key_of(book: Book) -> tuple[object, ...]:
    """All that the text of statements about its rules depends on."""
    rows = tuple(
        (slug, row.pk, row.current, row.badge_id, row.badge.tells_on_grant) for slug, row in book.rows.items()
    )
    others = (getattr(book, one.name) for one in fields(book) if one.name not in {"rows", "ground"})
    frozen = tuple(tuple(one.items()) if isinstance(one, Mapping) else one for one in others)
    return (book.ground.fingerprint, rows, *frozen)


@lru_cache(maxsize=500)
def _comparison(page: Page) -> str:
    """`$1` is the instant, `$2` and `$3` the pairs of badge and person."""
    query = comparison(
        page.orders(NEVER), page.mentioning(timelines(page.book.rules, page.questions())), page.stored(), AT
    )
    return query.as_string(connection.connection)


NOTE_DUE = """
WITH people AS MATERIALIZED (SELECT DISTINCT unnest({people}) AS id),
ahead AS MATERIALIZED ({ahead}),
due AS MATERIALIZED ({due}),
gone AS (
    DELETE FROM rules_nextdue WHERE organization_id = {organization} AND id = ANY(ARRAY(
        SELECT n.id FROM people p
        CROSS JOIN LATERAL (SELECT * FROM rules_nextdue n WHERE n.organization_id = {organization}
                            AND n.person_id = p.id OFFSET 0) n
        WHERE ({asked}) IS TRUE
          AND (n.rule_id, n.person_id) NOT IN (SELECT rule_id, person_id FROM due))))
INSERT INTO rules_nextdue AS n (organization_id, rule_id, person_id, due_at)
SELECT {organization}, rule_id, person_id, due_at FROM due
ON CONFLICT (organization_id, rule_id, person_id) DO UPDATE SET due_at = excluded.due_at
    WHERE n.due_at <> excluded.due_at
"""


@lru_cache(maxsize=100)
def _noting(page: Page) -> str:
    """`$1` is the instant, `$2` and `$3` the pairs of rule and person."""
    queries = [_due_of(page.book, slug, question) for slug, question in page.questions().items()]
    asked = sql("(n.rule_id, n.person_id) IN (SELECT * FROM {pairs})", pairs=PAIRS)
    return _note_due(page.book, SQL("$3::bigint[]"), asked, AT, page.mentioning(union(queries)))


def _note_due(book: Book, people: Composable, asked: Composable, at: Composable, due: Composable) -> str:
    """`asked` is the condition that a noted instant n is of a rule and a person asked about."""
    organization = book.ground.organization_id
    query = sql(
        NOTE_DUE,
        organization=organization,
        people=people,
        asked=asked,
        ahead=ahead(organization, at),
        due=due,
    )
    return query.as_string(connection.connection)


def note_next_due(book: Book, slugs: Sequence[str], people: Sequence[int], at: datetime) -> None:
    """For some rules, about the same people."""
    if not slugs:
        return
    question = Question(book.ground, at, SQL("ARRAY(SELECT id FROM people)"))
    asked = sql("n.rule_id = ANY({rules})", rules=ids(book.rows[slug].pk for slug in slugs))
    due = union(_due_of(book, slug, question) for slug in slugs)
    with local_time(book.ground.zone), connection.cursor() as cursor:
        cursor.execute(_note_due(book, ids(people), asked, sql("{at}", at=at), due))


def _due_of(book: Book, slug: str, question: Question) -> Composable:
    """For a rule together with those of the badges that it looks at."""
    looked_at = {other: book.rules[other] for other in book.depends_on(slug) if other in book.rules}
    due = next_due({**looked_at, slug: book.rules[slug]}, question)
    return sql("SELECT {rule}::bigint AS rule_id, d.* FROM ({due}) d", rule=book.rows[slug].pk, due=due)
