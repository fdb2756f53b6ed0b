"""The part of the record that one rule may look at: `Record.matching` and what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.sql import SQL, Composable, Composed, Identifier

from rules.criteria import Campaign, Selector
from rules.engine.ground import Ground
from rules.engine.statement import Statement, ids, sql, texts

TRUE = SQL("true")


@dataclass(frozen=True)
class Question:
    """As of when, and about whom (None: everybody); with `since`, only about what stands then or begins later.

    Each may be a parameter of the statement.
    """

    ground: Ground
    as_of: datetime | Composable
    people: tuple[int, ...] | Composable | None = None
    since: datetime | Composable | None = None

    def only(self, person: Composable) -> Composed:
        if self.people is None:
            return sql("true")
        people = self.people if isinstance(self.people, Composable) else ids(self.people)
        return sql("{person} = ANY({ids})", person=person, ids=people)


class Record:
    """One rule's view of the record, of all people or, with `lives`, of those with revocations.

    After a revocation a person begins a new life, in which only later activities count. Rows are told apart by
    `who`: the person, or the person and the life.
    """

    def __init__(
        self,
        statement: Statement,
        question: Question,
        campaign: Campaign | None,
        lives: Identifier | None = None,
        counts_from: datetime | None = None,
        read_after: Composable | None = None,
    ) -> None:
        self.statement, self.question, self.ground = statement, question, question.ground
        self.campaign, self.lives, self.counts_from = campaign, lives, counts_from
        self.read_after = read_after
        self.who: Composable = SQL("person_id, life") if lives else SQL("person_id")
        self._matching: dict[Selector, Identifier] = {}

    def who_of(self, alias: str) -> Composed:
        columns = ["person_id", "life"] if self.lives else ["person_id"]
        return SQL(", ").join(Identifier(alias, column) for column in columns)

    def same(self, one: str, other: str) -> Composed:
        """The condition that rows of two relations are of the same person (and life)."""
        columns = ["person_id", "life"] if self.lives else ["person_id"]
        return SQL(" AND ").join(
            sql("{one} = {other}", one=Identifier(one, column), other=Identifier(other, column))
            for column in columns
        )

    def in_lives(self, relation: Composable) -> Composed:
        """Rows (person_id, …) that count in every life of their person."""
        if not self.lives:
            return sql("{relation} x", relation=relation)
        return sql(
            "{relation} y JOIN (SELECT person_id, life FROM {lives}) x USING (person_id)",
            relation=relation,
            lives=self.lives,
        )

    def matching(self, select: Selector) -> Identifier:
        """The matching activities: (who, at, value)."""
        if select not in self._matching:
            query = self.matching_query(select)
            self._matching[select] = self.statement.add(
                "matching", "{query}", query=query, again=not select.per_day
            )
        return self._matching[select]

    def matching_query(self, select: Selector, of: str | None = None) -> Composed:
        """The matching activities (who, at, value); with `of`, those of the row of that alias, and what orders them."""
        columns = SQL("a.person_id") + (SQL(", l.life") if self.lives else SQL(""))
        rest = (
            SQL("a.id, {rank} AS rank, a.external_id").format(rank=self._rank)
            if of or select.per_day
            else None
        )
        query = sql(
            "SELECT {columns}, a.occurred_at AS at, a.value{rest} FROM activity_activity a{lives}{stays} WHERE {tests}",
            columns=columns,
            rest=SQL(", ") + rest if rest else SQL(""),
            lives=self._lives_join(),
            stays=self._stays_join(select.location) if select.location is not None and not of else SQL(""),
            tests=SQL(" AND ").join(self._tests(select, of)),
        )
        return self._first_of_day(query, select.per_day) if select.per_day else query

    def ahead_query(self, select: Selector) -> Composed:
        """The next activity (person_id, at) of each person that will match, of those in `ahead`."""
        return sql(
            "SELECT a.person_id, min(a.occurred_at) AS at FROM ahead a WHERE {tests} GROUP BY a.person_id",
            tests=SQL(" AND ").join([self.question.only(SQL("a.person_id")), *self._selected(select)]),
        )

    def _first_of_day(self, query: Composed, n: int) -> Composed:
        return sql(
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {who}, at::date ORDER BY at, rank,"
            ' external_id COLLATE "C") AS nth FROM ({query}) m) d WHERE nth <= {n}',
            who=self.who,
            query=query,
            n=n,
        )

    def in_order(self, activities: Composable) -> Composed:
        """An array of activities' ids, put in their order."""
        return sql(
            "ARRAY(SELECT a.id FROM activity_activity a WHERE a.organization_id = {organization}"
            ' AND a.id = ANY({ids}) ORDER BY a.occurred_at, {rank}, a.external_id COLLATE "C")',
            organization=self.ground.organization_id,
            ids=activities,
            rank=self._rank,
        )

    @property
    def _rank(self) -> Composed:
        return sql("array_position({sources}, a.source_id)", sources=ids(self.ground.sources))

    def _lives_join(self) -> Composed:
        if not self.lives:
            return sql("")
        return sql(
            " JOIN {lives} l ON l.person_id = a.person_id AND a.occurred_at > l.since", lives=self.lives
        )

    def _tests(self, select: Selector, of: str | None) -> list[Composable]:
        tests = [
            sql("a.organization_id = {id}", id=self.ground.organization_id),
            SQL("a.voided_at IS NULL"),
            sql("a.occurred_at <= {as_of}", as_of=self.question.as_of),
            *self._selected(select, by_stays=not of),
        ]
        if self.campaign and self.campaign.from_:
            tests.append(sql("a.occurred_at >= {at}", at=self.campaign.from_))
        if self.campaign and self.campaign.until:
            tests.append(sql("a.occurred_at < {at}", at=self.campaign.until))
        if self.counts_from:
            tests.append(sql("a.occurred_at >= {at}", at=self.counts_from))
        if not of:
            late = [sql("a.occurred_at > {after}", after=self.read_after)] if self.read_after else []
            return [*tests, *late, self.question.only(SQL("a.person_id"))]
        tests.append(sql("a.person_id = {of}", of=Identifier(of, "person_id")))
        return [*tests, sql("l.life = {of}", of=Identifier(of, "life"))] if self.lives else tests

    def _selected(self, select: Selector, *, by_stays: bool = False) -> list[Composable]:
        """`by_stays`: where `_stays_join` joins who was there on that day."""
        tests: list[Composable] = []
        if select.kinds is not None:
            tests.append(one_of(SQL("a.kind_id"), self.ground.kind_ids(select.kinds)))
        if select.roles is not None:
            tests.append(sql("a.role = ANY({roles})", roles=texts(select.roles)))
        for name, choices in select.attributes or ():
            tests.append(
                sql("(a.attributes -> {name}) = ANY({choices}::jsonb[])", name=name, choices=texts(choices))
            )
        if select.min_value is not None:
            tests.append(sql("a.value >= {value}::numeric", value=str(select.min_value)))
        if select.location is not None:
            found = self.ground.location_ids([select.location])
            place = SQL("coalesce(a.location_id, w.location_id)") if by_stays else self._place
            tests.append(one_of(place, found))
        return tests

    def _stays_join(self, location: str) -> Composed:
        """Where no source says the place: who was there on that local day. Read once, not for each activity."""
        return sql(
            " LEFT JOIN (SELECT * FROM (SELECT person_id, location_id, from_on,"
            " lead(from_on, 1, 'infinity') OVER (PARTITION BY person_id ORDER BY from_on) AS until_on"
            " FROM people_placement x WHERE organization_id = {organization} AND {only}) p WHERE {there}) w"
            " ON w.person_id = a.person_id AND a.occurred_at::date >= w.from_on AND a.occurred_at::date < w.until_on",
            organization=self.ground.organization_id,
            only=self.question.only(SQL("person_id")),
            there=one_of(SQL("location_id"), self.ground.location_ids([location])),
        )

    @property
    def _place(self) -> Composed:
        """The source's location, else the person's on that local day."""
        return sql(
            "coalesce(a.location_id, (SELECT w.location_id FROM people_placement w WHERE w.organization_id ="
            " {organization} AND w.person_id = a.person_id AND w.from_on <= a.occurred_at::date"
            " ORDER BY w.from_on DESC LIMIT 1))",
            organization=self.ground.organization_id,
        )


def one_of(column: Composable, found: Sequence[int]) -> Composed:
    """A name that nobody knows matches nothing; a single one is asked by equality, which keeps the index's order."""
    if not found:
        return sql("false")
    if len(found) == 1:
        return sql("{column} = {id}", column=column, id=found[0])
    return sql("{column} = ANY({ids})", column=column, ids=ids(found))
