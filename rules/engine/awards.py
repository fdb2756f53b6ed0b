"""From hits to awards: for whom, how long, how often. `Awards.of_rule` is a rule's whole timeline."""

from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier

from rules.criteria import Count, Expires, Holds, Streak, Sum, While
from rules.engine import reckoning, tail
from rules.engine.audience import for_whom
from rules.engine.editions import Edition
from rules.engine.evidence import with_evidence as awards_with_evidence
from rules.engine.hits import AT, Held, Hits
from rules.engine.record import Record
from rules.engine.revocations import revocations_of
from rules.engine.statement import sql, union

FOREVER = SQL("'infinity'::timestamptz")


class Awards:
    """One rule's awards, of all people or of those that live again after revocations.

    Relations of awards are (who, key, starts, ends, revoked): `ends` may be infinity, `revoked` says that a
    revocation by hand ended it.
    """

    def __init__(self, edition: Edition, record: Record, held: Held) -> None:
        self.edition, self.rule, self.record = edition, edition.rule, record
        self.hits = Hits(record, held)
        self.add, self.ground = self.hits.add, record.ground
        self._known_to_stand: Identifier | None = None

    # ---- hits of the rule: where it is for the person as they were on that day
    def rule_hits(self) -> Identifier:
        found = self.in_time(for_whom(self.hits, self.rule.for_, self.hits.of(self.rule.criterion)))
        if self.record.read_after:
            return self._since(found)
        if not self.record.lives:
            return found
        return self.add(
            "later",
            "SELECT {columns}, h.at FROM {hits} h JOIN {lives} l ON {same} AND h.at > l.since",
            columns=self.record.who_of("h"),
            hits=found,
            lives=self.record.lives,
            same=self.record.same("h", "l"),
        )

    def _since(self, hits: Identifier) -> Identifier:
        """What stood then had its hits; later ones are asked for."""
        return self.add(
            "recent",
            "SELECT person_id, at FROM {hits} h WHERE at >= {since} UNION ALL SELECT person_id, starts FROM {stood}",
            hits=hits,
            since=self.record.question.since,
            stood=self._stood(),
        )

    def _stood(self) -> Identifier:
        if self._known_to_stand is None:
            self._known_to_stand = self.add(
                "stood", "{query}", query=tail.stood(self.rule, self.record.question)
            )
        return self._known_to_stand

    def in_time(self, hits: Identifier) -> Identifier:
        """Those hits that are this version's, where an earlier or a later one has a say too."""
        if not self.edition.is_bounded:
            return hits
        return self.add(
            "timely",
            "SELECT * FROM {hits} h WHERE at >= {since}::timestamptz AND at < {until}::timestamptz",
            hits=hits,
            since=self.edition.since or "-infinity",
            until=self.edition.until or "infinity",
        )

    # ---- retention
    def all(self) -> Identifier:
        awards = self._repeated() if self.rule.repeatable else getattr(self, f"_{self.rule.retention.type}")()
        if self.record.question.since is not None:
            test = tail.touching(self.rule, self.record.question)
            awards = self.add("awards", "SELECT * FROM {awards} a WHERE {test}", awards=awards, test=test)
        return self._until_revoked(awards) if self.record.lives else awards

    def _award(self, template: str, **values: Any) -> Identifier:
        return self.add("awards", "SELECT {who}, ''::text AS key, " + template, **values)

    def _permanent(self) -> Identifier:
        if (
            self.rule.for_ is None
            and not self.record.lives
            and not self.record.read_after
            and not self.edition.is_bounded
        ):
            first = self.hits.first(self.rule.criterion)
            return self._award(
                "at AS starts, {ends} AS ends, false AS revoked FROM {first}", ends=FOREVER, first=first
            )
        hits = self.rule_hits()
        return self._award(
            "min(at) AS starts, {ends} AS ends, false AS revoked FROM {hits} GROUP BY {who}",
            ends=FOREVER,
            hits=hits,
        )

    def _expires(self) -> Identifier:
        assert isinstance(self.rule.retention, Expires)
        islands = self._islands(self.rule_hits(), reckoning.after(AT, self.rule.retention.after))
        return self._award("lower AS starts, upper AS ends, false AS revoked FROM {islands}", islands=islands)

    def _islands(self, rows: Composable, until: Composed) -> Identifier:
        """Unbroken stretches of what each row (who, at) covers; those that touch are one."""
        covers = [
            sql(
                "SELECT {who}, at, {until} AS until FROM {rows} c",
                who=self.record.who,
                until=until,
                rows=rows,
            )
        ]
        if self.record.read_after:
            covers.append(sql("SELECT person_id, starts, ends FROM {stood}", stood=self._stood()))
        return self.add(
            "islands",
            "SELECT {who}, lower(r) AS lower, upper(r) AS upper FROM (SELECT {who},"
            " unnest(range_agg(tstzrange(at, until))) AS r FROM ({covers}) u GROUP BY {who}) i",
            covers=union(covers),
        )

    def _while(self) -> Identifier:
        islands = self._cover()
        if self._every_cover_begins_with_a_hit():
            return self._award(
                "lower AS starts, upper AS ends, false AS revoked FROM {islands}", islands=islands
            )
        return self._award(
            "min(at) AS starts, stop AS ends, false AS revoked FROM (SELECT {who}, at, hit,"
            " max(upper) OVER (PARTITION BY {who} ORDER BY at) AS stop FROM ("
            "SELECT {who}, lower AS at, upper, false AS hit FROM {islands}"
            " UNION ALL SELECT {who}, at, NULL, true FROM {hits}) e) x WHERE hit AND at < stop GROUP BY {who}, stop",
            islands=islands,
            hits=self.rule_hits(),
        )

    def _cover(self) -> Identifier:
        keep = self.rule.retention
        assert isinstance(keep, While)
        found = self.record.matching(self.rule.cover)
        if keep.at_least == 1:
            return self._islands(found, reckoning.after(AT, keep.within))
        rows = sql(
            "(SELECT * FROM (SELECT {who}, at, lag(at, {before}) OVER (PARTITION BY {who} ORDER BY at) AS earlier"
            " FROM {found} f) l WHERE {until} > at)",
            who=self.record.who,
            before=keep.at_least - 1,
            found=found,
            until=reckoning.after(SQL("earlier"), keep.within),
        )
        return self._islands(rows, reckoning.after(SQL("earlier"), keep.within))

    def _every_cover_begins_with_a_hit(self) -> bool:
        criterion, keep = self.rule.criterion, self.rule.retention
        assert isinstance(keep, While)
        return (
            self.rule.for_ is None
            and not self.record.read_after
            and not self.edition.is_bounded
            and isinstance(criterion, Count)
            and not criterion.within
            and not criterion.per
            and criterion.select == self.rule.cover
            and criterion.at_least <= keep.at_least
        )

    def _satisfied(self) -> Identifier:
        criterion = self.rule.criterion
        if isinstance(criterion, Holds):
            return self._award(
                "at AS starts, max(upper) AS ends, false AS revoked FROM ("
                "SELECT {who}, lower AS at, upper, false AS hit FROM {spans}"
                " UNION ALL SELECT {who}, at, NULL, true FROM {hits}) e"
                " GROUP BY {who}, at HAVING bool_or(hit) AND max(upper) IS NOT NULL",
                hits=self.rule_hits(),
                spans=self.hits.spans(criterion),
            )
        assert isinstance(criterion, Streak)
        hits = self.add(
            "periods",
            "SELECT {who}, at, {number} AS period FROM {hits} h",
            number=self.hits.number(criterion.per),
            hits=self.rule_hits(),
        )
        return self._award(
            "min(at) AS starts, {end} AS ends, false AS revoked FROM {hits} r GROUP BY {who}, r.last",
            end=reckoning.first_instant(self._day(criterion, SQL("(r.last + 2)::int"))),
            hits=self.hits.in_runs(criterion, hits),
        )

    def _day(self, criterion: Streak | Count | Sum, number: Composable) -> Composed:
        assert criterion.per
        return reckoning.first_day(criterion.per, self.ground.first_weekday, number)

    # ---- repeatable badges: (person_id, key, at) are the hits that each key has
    def _repeated(self) -> Identifier:
        keep = self.rule.retention
        hits = self.in_time(for_whom(self.hits, self.rule.for_, self._hits_by_key()))
        ends = reckoning.after(SQL("min(at)"), keep.after) if isinstance(keep, Expires) else FOREVER
        awards = self.add(
            "awards",
            "SELECT {who}, key, min(at) AS starts, {ends} AS ends, false AS revoked{beyond}"
            " FROM {hits} GROUP BY {who}, key",
            ends=ends,
            beyond=self._beyond("min(beyond) AS beyond"),
            hits=hits,
        )
        is_revoked = self.ground.badges.get(self.rule.id) in self.ground.revoked
        return self._each_until_revoked(awards) if is_revoked else awards

    def _hits_by_key(self) -> Identifier:
        criterion = self.rule.criterion
        assert isinstance(criterion, Count | Sum | Streak)
        if isinstance(criterion, Count) and self._is_every_nth():
            return self._every_nth(criterion)
        rows = (
            self._last_of_each_streak(criterion)
            if isinstance(criterion, Streak)
            else self._by_period(criterion)
        )
        return self.add(
            "keyed",
            "SELECT {who}, {day}::text AS key, at FROM {rows} k",
            day=self._day(criterion, SQL("period")),
            rows=rows,
        )

    def _every_nth(self, criterion: Count) -> Identifier:
        return self.add(
            "keyed",
            "SELECT {who}, (nth / {n})::text AS key, at, reached - nth AS beyond FROM (SELECT {who}, at,"
            " row_number() OVER w AS nth, count(*) OVER w AS reached FROM {found} WINDOW w AS"
            " (PARTITION BY {who} ORDER BY at)) c WHERE nth % {n} = 0",
            n=criterion.at_least,
            found=self.record.matching(criterion.select),
        )

    def _beyond(self, column: str) -> SQL:
        """Of every N-th, how many activities of its instant are not among its own N."""
        return SQL(f", {column}" if self._is_every_nth() else "")

    def _by_period(self, criterion: Count | Sum) -> Identifier:
        assert criterion.per
        return self.add(
            "periods",
            "SELECT {who}, {number} AS period, at FROM {hits}",
            number=self.hits.number(criterion.per),
            hits=self.hits.of(criterion),
        )

    def _last_of_each_streak(self, criterion: Streak) -> Identifier:
        """Hits in every L-th period of a run: M reached, and the period's place in its run a multiple of L."""
        hits = self.add(
            "hits",
            "SELECT {who}, at, period FROM {reached} e WHERE nth >= {m}",
            reached=self.hits.reached(criterion),
            m=criterion.each,
        )
        return self.add(
            "periods",
            "SELECT {who}, period, at FROM {within} WHERE (period - first + 1) % {length} = 0",
            within=self.hits.in_runs(criterion, hits),
            length=criterion.length,
        )

    # ---- revocations by hand
    def _each_until_revoked(self, awards: Identifier) -> Identifier:
        revocations = revocations_of(self.ground.badges[self.rule.id], self.record.question, "key <> ''")
        return self.add(
            "awards",
            "SELECT {mine}, a.key, starts, least(ends, at) AS ends, at IS NOT NULL AND at <= ends AS revoked{beyond}"
            " FROM {awards} a LEFT JOIN (SELECT person_id, key, min(at) AS at FROM ({revocations}) r"
            " GROUP BY person_id, key) c ON c.person_id = a.person_id AND c.key = {prefix} || a.key"
            " WHERE at IS NULL OR at > starts",
            awards=awards,
            revocations=revocations,
            prefix=self.edition.prefix,
            beyond=self._beyond("beyond"),
            mine=self.record.who_of("a"),
        )

    def _until_revoked(self, awards: Identifier) -> Identifier:
        return self.add(
            "awards",
            "SELECT {mine}, a.key, a.starts, least(a.ends, l.until) AS ends, l.until <= a.ends AND l.until < 'infinity'"
            " AS revoked FROM {awards} a JOIN {lives} l ON {same} WHERE a.starts < l.until",
            mine=self.record.who_of("a"),
            awards=awards,
            lives=self.record.lives,
            same=self.record.same("a", "l"),
        )

    # ---- the result
    def query(self, *, with_evidence: bool) -> Composed:
        """(person_id, key, starts, ends, revoked, evidence)."""
        awards = self.all()
        if with_evidence:
            awards = awards_with_evidence(
                self.hits, self.rule.criterion, self._with_known(awards), every_nth=self._is_every_nth()
            )
        return sql(
            "SELECT a.person_id, {key} AS key, a.starts, a.ends, a.revoked, {ids} AS evidence FROM {awards} a"
            " WHERE {tests}",
            key=self._key(),
            ids=SQL("a.ids") if with_evidence else SQL("'{}'::bigint[]"),
            awards=awards,
            tests=self._not_left(),
        )

    def _with_known(self, awards: Identifier) -> Identifier:
        known = tail.known_evidence(self.rule, self.record.question)
        return self.add("awards", "SELECT *, {known} AS known FROM {awards} k", known=known, awards=awards)

    def _key(self) -> Composed:
        if self.rule.repeatable and self.edition.prefix:
            return sql("{prefix} || a.key", prefix=self.edition.prefix)
        return sql("a.key")

    def _is_every_nth(self) -> bool:
        criterion = self.rule.criterion
        return self.rule.repeatable and isinstance(criterion, Count) and not criterion.per

    def _not_left(self) -> Composed:
        """Who left gets nothing new: no award starts after the local day on which they left."""
        if not self.ground.somebody_left:
            return sql("true")
        return sql(
            "NOT EXISTS (SELECT FROM people_person p WHERE p.id = a.person_id"
            " AND p.organization_id = {organization} AND p.left_on < a.starts::date)",
            organization=self.ground.organization_id,
        )
