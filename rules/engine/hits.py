"""When a criterion is satisfied: its hits (who, at), its spans (who, lower, upper), and the evidence of a hit.

A hit is an instant. Rows of one instant count together: window frames end with the peers of their row, so no order
of arrival shows. A criterion's kinds are told apart here alone: one function each for hits and for evidence.
"""

from collections.abc import Callable, Iterable
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier

from rules.criteria import Average, Combination, Count, Criterion, Holds, Selector, Streak, Sum, Tenure
from rules.engine import reckoning
from rules.engine.record import Record
from rules.engine.statement import sql, union

AT = SQL("at")
type Held = Callable[[str], list[Composable]]
"""By a badge's slug, queries (person_id, starts, ends) of the times at which it was held."""


class Hits:
    """The hits of one rule's criterion and of its parts, each asked once."""

    def __init__(self, record: Record, held: Held) -> None:
        self.record, self.held = record, held
        self.statement, self.ground = record.statement, record.ground
        self._known: dict[tuple[str, Any], Identifier] = {}

    def add(self, hint: str, template: str, *, again: bool = False, **values: Any) -> Identifier:
        return self.statement.add(hint, template, again=again, who=self.record.who, **values)

    def of(self, criterion: Criterion) -> Identifier:
        """(who, at): the instants at which it is satisfied by something that happens then, perhaps twice."""
        return self._once("hits", criterion, getattr(self, f"_{type(criterion).__name__.lower()}"))

    def _once(self, what: str, key: Any, make: Callable[[Any], Identifier]) -> Identifier:
        if (what, key) not in self._known:
            self._known[what, key] = make(key)
        return self._known[what, key]

    def number(self, per: str, at: Composable = AT) -> Composed:
        return reckoning.period_number(per, self.ground.first_weekday, at)

    # ---- counts: the (N-1)th before it decides
    def _count(self, criterion: Count) -> Identifier:
        found = self.record.matching(criterion.select)
        if criterion.at_least == 1:
            return found
        return self.add(
            "hits",
            "SELECT {who}, at FROM (SELECT {who}, at, lag(at, {n}) OVER (PARTITION BY {who} ORDER BY at) AS earlier"
            " FROM {found}) c WHERE {test}",
            n=criterion.at_least - 1,
            found=found,
            test=self._counts_with(criterion, SQL("earlier")),
        )

    def _counts_with(self, criterion: Count, earlier: Composable) -> Composed:
        if criterion.within:
            return reckoning.in_window(earlier, AT, criterion.within)
        if criterion.per:
            return sql(
                "{earlier} > {at} - {longest}::interval AND {one} = {other}",
                earlier=earlier,
                at=AT,
                longest=reckoning.LONGER_THAN[criterion.per],
                one=self.number(criterion.per, earlier),
                other=self.number(criterion.per),
            )
        return sql("{earlier} IS NOT NULL", earlier=earlier)

    # ---- sums and averages
    def _sum(self, criterion: Sum) -> Identifier:
        found = self.record.matching(criterion.select)
        test = sql("coalesce(total, 0) >= {x}::numeric", x=str(criterion.at_least))
        if criterion.within and not criterion.select.per_day:
            return self._framed(found, criterion.within, test)
        return self._added_up(found, criterion.within, criterion.per, test)

    def _average(self, criterion: Average) -> Identifier:
        found = self.add(
            "valued",
            "SELECT * FROM {m} v WHERE value IS NOT NULL",
            again=not criterion.select.per_day,
            m=self.record.matching(criterion.select),
        )
        test = sql("n >= {n} AND total >= {x}::numeric * n", n=criterion.over, x=str(criterion.at_least))
        if criterion.within and not criterion.select.per_day:
            return self._framed(found, criterion.within, test)
        return self._added_up(found, criterion.within, None, test)

    def _framed(self, found: Identifier, within: str, test: Composed) -> Identifier:
        """A moving frame, and where that may be in doubt, the rows that are surely in the window (docs/adr/0004)."""
        return self.add(
            "hits",
            "SELECT {who}, at FROM (SELECT {who}, at, sum(value) OVER w AS total, count(*) OVER w AS n,"
            " first_value(at) OVER w AS oldest FROM {found} f WINDOW w AS (PARTITION BY {who} ORDER BY at"
            " RANGE BETWEEN {within}::interval - interval '1 microsecond' PRECEDING AND CURRENT ROW)) t"
            " WHERE CASE WHEN {doubtful} THEN (SELECT {test} FROM (SELECT sum(value) AS total, count(*) AS n"
            " FROM {found} f WHERE {same} AND f.at <= t.at AND {inside}) s)"
            " ELSE {test} END",
            within=within,
            found=found,
            test=test,
            doubtful=reckoning.frame_in_doubt(SQL("oldest"), AT, within),
            same=self.record.same("f", "t"),
            inside=reckoning.in_window(SQL("f.at"), SQL("t.at"), within),
        )

    def _added_up(self, found: Identifier, within: str | None, per: str | None, test: Composed) -> Identifier:
        """Each counts from its instant until it leaves the window, where there is one."""
        rows = sql(
            "SELECT {who}, at, value, 1 AS n, true AS real FROM {found} f", who=self.record.who, found=found
        )
        if within:
            rows = union([rows, self._leaving(found, within)])
        part = (
            sql("{who}, {number}", who=self.record.who, number=self.number(per)) if per else self.record.who
        )
        return self.add(
            "hits",
            "SELECT {who}, at FROM (SELECT {who}, at, real, sum(value) OVER w AS total, sum(n) OVER w AS n"
            " FROM ({rows}) r WINDOW w AS (PARTITION BY {part} ORDER BY at)) s WHERE real AND {test}",
            rows=rows,
            part=part,
            test=test,
        )

    def _leaving(self, found: Identifier, within: str) -> Composed:
        return sql(
            "SELECT {who}, {end} AS at, -value, -1, false FROM {found} f",
            who=self.record.who,
            end=reckoning.window_end(AT, within),
            found=found,
        )

    # ---- streaks
    def reached(self, criterion: Streak) -> Identifier:
        """(who, at, period, nth): matching activities, each the nth of its period."""
        return self._once("reached", (criterion.select, criterion.per), self._reached)

    def _reached(self, key: tuple[Selector, str]) -> Identifier:
        select, per = key
        return self.add(
            "reached",
            "SELECT {who}, at, period, row_number() OVER (PARTITION BY {who}, period ORDER BY at) AS nth"
            " FROM (SELECT {who}, at, {number} AS period FROM {m}) p",
            number=self.number(per),
            m=self.record.matching(select),
        )

    def _streak(self, criterion: Streak) -> Identifier:
        return self.add(
            "hits",
            "SELECT {who}, at FROM (SELECT {who}, at, nth, count(*) FILTER (WHERE nth = {m}) OVER (PARTITION BY {who}"
            " ORDER BY period RANGE BETWEEN {before} PRECEDING AND CURRENT ROW) AS run FROM {reached}) s"
            " WHERE nth >= {m} AND run = {length}",
            m=criterion.each,
            before=criterion.length - 1,
            length=criterion.length,
            reached=self.reached(criterion),
        )

    def runs(self, criterion: Streak) -> Identifier:
        """(who, first, last): unbroken runs of periods that reached M."""
        return self.add(
            "runs",
            "SELECT {who}, min(period) AS first, max(period) AS last FROM (SELECT {who}, period,"
            " period - row_number() OVER (PARTITION BY {who} ORDER BY period) AS run FROM {reached} WHERE nth = {m}) r"
            " GROUP BY {who}, run",
            reached=self.reached(criterion),
            m=criterion.each,
        )

    def in_runs(self, criterion: Streak, rows: Identifier) -> Identifier:
        """Those rows (who, at, period) whose period is in a run, with its first and last.

        Runs do not overlap: the one a row may be in is the latest that began. Joined, each person's rows and runs
        might be compared one by one, whatever their number.
        """
        return self.add(
            "in_runs",
            "SELECT * FROM (SELECT {who}, at, period, max(first) OVER w AS first, max(last) OVER w AS last FROM ("
            "SELECT {who}, NULL::timestamptz AS at, first AS period, first, last FROM {runs} r"
            " UNION ALL SELECT {who}, at, period, NULL, NULL FROM {rows} h) u"
            " WINDOW w AS (PARTITION BY {who} ORDER BY period)) p WHERE at IS NOT NULL AND period <= last",
            runs=self.runs(criterion),
            rows=rows,
        )

    # ---- time and other badges
    def _tenure(self, criterion: Tenure) -> Identifier:
        everybody = sql(
            "(SELECT person_id, at FROM (SELECT p.id AS person_id, (p.joined_on + {of}::interval)::timestamptz AS at"
            " FROM people_person p WHERE p.organization_id = {organization} AND {only}) t WHERE at <= {as_of})",
            of=criterion.of,
            organization=self.ground.organization_id,
            only=self.record.question.only(SQL("p.id")),
            as_of=self.record.question.as_of,
        )
        return self.add("hits", "SELECT {who}, at FROM {rows}", rows=self.record.in_lives(everybody))

    def _holds(self, criterion: Holds) -> Identifier:
        return self.add("hits", "SELECT {who}, lower AS at FROM {spans}", spans=self.spans(criterion))

    def _held(self, criterion: Holds) -> Identifier:
        each = [self._held_one(slug) for slug in criterion.badges]
        everybody = each[0] if len(each) == 1 else self._enough(each, criterion.at_least, SQL("person_id"))
        if not self.record.lives:
            return everybody
        return self.add(
            "spans", "SELECT {who}, lower, upper FROM {rows}", rows=self.record.in_lives(everybody)
        )

    def _held_one(self, slug: str) -> Identifier:
        times = union(self.held(slug) or [NOBODY])
        return self.statement.add(
            "held",
            "SELECT person_id, lower(r) AS lower, upper(r) AS upper FROM (SELECT person_id,"
            " unnest(range_agg(tstzrange(starts, ends))) AS r FROM ({times}) t GROUP BY person_id) h",
            times=times,
        )

    # ---- combinations
    def spans(self, criterion: Holds | Combination) -> Identifier:
        """(who, lower, upper): when it is satisfied, in stretches that do not touch; upper may be infinity."""
        if isinstance(criterion, Holds):
            return self._once("spans", criterion, self._held)
        return self._once("spans", criterion, self._satisfied)

    def _satisfied(self, criterion: Combination) -> Identifier:
        return self._enough(self._spans_of_parts(criterion), criterion.needed, self.record.who)

    def _spans_of_parts(self, criterion: Combination) -> list[Identifier]:
        return [self._span_of_part(part, criterion.within) for part in criterion.parts]

    def _span_of_part(self, part: Criterion, within: str | None) -> Identifier:
        if isinstance(part, Holds):
            return self.spans(part)
        if within:
            return self._once(f"within {within}", part, lambda one: self._recently(one, within))
        if isinstance(part, Combination):
            return self.spans(part)
        return self._once("since", part, self._ever_since)

    def _recently(self, part: Criterion, within: str) -> Identifier:
        return self.add(
            "recently",
            "SELECT {who}, lower(r) AS lower, upper(r) AS upper FROM (SELECT {who},"
            " unnest(range_agg(tstzrange(at, {end}))) AS r FROM {hits} GROUP BY {who}) i",
            end=reckoning.window_end(AT, within),
            hits=self.of(part),
        )

    def _ever_since(self, part: Criterion) -> Identifier:
        return self.add(
            "since",
            "SELECT {who}, min(at) AS lower, 'infinity'::timestamptz AS upper FROM {hits} GROUP BY {who}",
            hits=self.of(part),
        )

    def _combination(self, criterion: Combination) -> Identifier:
        """Those hits of its parts at which enough parts are satisfied."""
        hits = [
            sql("SELECT {who}, at, 0, true FROM {hits} h", who=self.record.who, hits=self.of(part))
            for part in criterion.parts
        ]
        edges = [
            sql(
                "SELECT *, false FROM ({edges}) e",
                edges=edges_of(self._spans_of_parts(criterion), self.record.who),
            )
        ]
        return self.add(
            "hits",
            "SELECT {who}, at FROM (SELECT {who}, at, hit,"
            " sum(d) OVER (PARTITION BY {who} ORDER BY at) >= {k} AS enough"
            " FROM ({rows}) u({who}, at, d, hit)) c WHERE hit AND enough",
            k=criterion.needed,
            rows=union(edges + hits),
        )

    def _enough(self, each: Iterable[Identifier], k: int, who: Composable) -> Identifier:
        return self.statement.add(
            "spans",
            "SELECT {who}, lower, upper FROM (SELECT {who}, at AS lower, enough, coalesce(lead(at) OVER w, 'infinity')"
            " AS upper FROM (SELECT *, lag(enough, 1, false) OVER w AS was FROM (SELECT {who}, at,"
            " sum(sum(d)) OVER (PARTITION BY {who} ORDER BY at) >= {k} AS enough FROM ({edges}) e GROUP BY {who}, at) n"
            " WINDOW w AS (PARTITION BY {who} ORDER BY at)) t WHERE enough <> was"
            " WINDOW w AS (PARTITION BY {who} ORDER BY at)) s WHERE enough",
            who=who,
            k=k,
            edges=edges_of(each, who),
        )

    # ---- the first hit alone, where that is all that is needed
    def first(self, criterion: Criterion) -> Identifier:
        """(who, at): the first hit. Without holds and windows, enough parts are satisfied when the kth begins."""
        if (
            isinstance(criterion, Count)
            and not criterion.within
            and not criterion.per
            and criterion.at_least > 1
        ):
            return self._nth(criterion)
        if isinstance(criterion, Combination) and not has_spans(criterion):
            parts = union(sql("SELECT * FROM {first} f", first=self.first(part)) for part in criterion.parts)
            return self.add(
                "first",
                "SELECT {who}, (array_agg(at ORDER BY at))[{k}] AS at FROM ({parts}) p"
                " GROUP BY {who} HAVING count(*) >= {k}",
                k=criterion.needed,
                parts=parts,
            )
        return self.add(
            "first", "SELECT {who}, min(at) AS at FROM {hits} GROUP BY {who}", hits=self.of(criterion)
        )

    def _nth(self, criterion: Count) -> Identifier:
        return self.add(
            "first",
            "SELECT {who}, at FROM (SELECT {who}, at, row_number() OVER (PARTITION BY {who} ORDER BY at) AS nth"
            " FROM {found}) c WHERE nth = {n}",
            n=criterion.at_least,
            found=self.record.matching(criterion.select),
        )


NOBODY = SQL(
    "SELECT NULL::bigint AS person_id, NULL::timestamptz AS starts, NULL::timestamptz AS ends WHERE false"
)


def edges_of(spans: Iterable[Identifier], who: Composable) -> Composed:
    """(who, at, d): +1 where a span begins, -1 where it ends."""
    return union(
        sql(
            "SELECT {who}, lower AS at, 1 AS d FROM {spans} s"
            " UNION ALL SELECT {who}, upper, -1 FROM {spans} s WHERE upper < 'infinity'",
            who=who,
            spans=one,
        )
        for one in spans
    )


def has_spans(criterion: Combination) -> bool:
    """Whether it can be satisfied no more after it was."""
    return criterion.within is not None or any(
        isinstance(part, Holds) or (isinstance(part, Combination) and has_spans(part))
        for part in criterion.parts
    )
