"""What a hit rests on, asked only for the hits that began an award.

`moments` are (who, key, starts, at): an award, known by key and start, and the instant of a hit that it rests on.

Activities of one instant are told apart by their source and its id, which are not in the index of the rules. So each
question is put twice: by instants alone, and where two activities turn out to be of one instant, exactly.
"""

from psycopg.sql import SQL, Composable, Composed, Identifier

from rules.criteria import Average, Combination, Count, Criterion, Holds, Streak, Sum, Tenure
from rules.engine import reckoning
from rules.engine.hits import Hits
from rules.engine.statement import sql, union

IN_ORDER = SQL('at, rank, external_id COLLATE "C"')
BACKWARDS = SQL('at DESC, rank DESC, external_id COLLATE "C" DESC')


def with_evidence(hits: Hits, criterion: Criterion, awards: Identifier, *, every_nth: bool) -> Identifier:
    """The awards (who, key, starts, ends, revoked, known) with the ids of each one's activities in order.

    Those that are `known` already are not asked for.
    Asked award by award, and grouped rather than joined: of how many awards there are no planner knows anything.
    """
    if isinstance(criterion, Combination):
        return _of_combination(hits, criterion, awards)
    if isinstance(criterion, Holds | Tenure):
        found = sql("'{{}}'::bigint[]")
    else:
        found = sql("(SELECT ids FROM ({found}) e)", found=_found(hits, criterion, every_nth=every_nth))
    return hits.add(
        "awards",
        "SELECT {mine}, m.key, m.starts, m.ends, m.revoked, coalesce(m.known, {found}) AS ids"
        " FROM (SELECT *, starts AS at FROM {awards}) m",
        mine=hits.record.who_of("m"),
        found=found,
        awards=awards,
    )


def _of_combination(hits: Hits, criterion: Combination, awards: Identifier) -> Identifier:
    moments = hits.add(
        "moments", "SELECT {who}, key, starts, starts AS at FROM {awards} WHERE known IS NULL", awards=awards
    )
    rows = _rows(hits, criterion, moments)
    if not rows:
        return hits.add("awards", "SELECT a.*, '{{}}'::bigint[] AS ids FROM {awards} a", awards=awards)
    return hits.add(
        "awards",
        "SELECT {who}, key, starts, ends, revoked,"
        " coalesce(known, CASE WHEN instants = cardinality(ids) THEN ids ELSE ({exactly}) END, '{{}}') AS ids FROM ("
        "SELECT {who}, key, starts, max(ends) AS ends, bool_or(revoked) AS revoked, max(known) AS known,"
        " array_agg(id ORDER BY at) FILTER (WHERE id IS NOT NULL) AS ids, count(DISTINCT at) AS instants FROM ("
        "SELECT {who}, key, starts, ends, revoked, known, NULL::bigint AS id, NULL::timestamptz AS at FROM {awards}"
        " UNION ALL SELECT {who}, key, starts, NULL, NULL, NULL, id, at"
        " FROM (SELECT DISTINCT * FROM ({rows}) r) e({who}, key, starts, id, at)) a"
        " GROUP BY {who}, key, starts) m",
        exactly=hits.record.in_order(SQL("ids")),
        awards=awards,
        rows=union(rows),
    )


def _rows(hits: Hits, criterion: Criterion, moments: Identifier) -> list[Composed]:
    if isinstance(criterion, Combination):
        parts = [(part, latest_of_part(hits, part, criterion.within, moments)) for part in criterion.parts]
        return [query for part, its in parts if its for query in _rows(hits, part, its)]
    if isinstance(criterion, Holds | Tenure):
        return []
    return [_each(hits, moments, criterion)]


def _each(hits: Hits, moments: Identifier, criterion: Count | Sum | Average | Streak) -> Composed:
    return sql(
        "SELECT {who}, m.key, m.starts, e.id, e.at FROM {moments} m"
        " CROSS JOIN LATERAL (SELECT u.* FROM ({found}) f, unnest(f.ids, f.instants) u(id, at)) e",
        who=hits.record.who_of("m"),
        moments=moments,
        found=_found(hits, criterion),
    )


def _found(hits: Hits, criterion: Count | Sum | Average | Streak, *, every_nth: bool = False) -> Composed:
    """Of an award m, its activities in order as arrays (ids, instants)."""
    rows, chosen = _by_instant(hits, criterion)
    return sql(
        "SELECT CASE WHEN apart THEN ids ELSE ARRAY(SELECT id FROM ({exactly}) e ORDER BY {order}) END AS ids,"
        " CASE WHEN apart THEN instants ELSE ARRAY(SELECT at FROM ({exactly}) e ORDER BY {order}) END AS instants"
        " FROM (SELECT count(DISTINCT at) = count(*) AS apart, {ids} AS ids, {instants} AS instants FROM ({rows}) q) i",
        exactly=_own_n(hits, criterion) if every_nth else _chosen(hits, criterion),
        order=IN_ORDER,
        ids=sql(chosen, all=SQL("array_agg(id ORDER BY at)")),
        instants=sql(chosen, all=SQL("array_agg(at ORDER BY at)")),
        rows=rows,
    )


def _by_instant(hits: Hits, criterion: Count | Sum | Average | Streak) -> tuple[Composed, str]:
    """Activities (id, at), and which of `all` of them are chosen; right where no two are of one instant.

    Where the choice ends at some number, the one beyond it is among them.
    """
    found = hits.record.matching_query(criterion.select, of="m")
    if isinstance(criterion, Count):
        rows = sql(
            "SELECT id, at FROM ({found}) x WHERE at <= m.at ORDER BY at DESC LIMIT {n} + 1",
            found=found,
            n=criterion.at_least,
        )
        return rows, f"({{all}})[greatest(1, count(*)::int - {criterion.at_least - 1}):]"
    if isinstance(criterion, Streak):
        rows = sql(
            "SELECT id, at, nth FROM ({periods}) y WHERE nth <= {m} + 1",
            periods=_in_its_periods(hits, criterion, SQL("at")),
            m=criterion.each,
        )
        return rows, f"{{all}} FILTER (WHERE nth <= {criterion.each})"
    rows = sql(
        "SELECT id, at FROM ({found}) x WHERE at <= m.at AND {test}",
        found=found,
        test=_in_its_window(hits, criterion),
    )
    return rows, "{all}"


def _own_n(hits: Hits, criterion: Criterion) -> Composed:
    """Of every N-th: its own N. `beyond` it are as many activities of the same instant."""
    assert isinstance(criterion, Count)
    return sql(
        "SELECT id, at, rank, external_id FROM ({found}) x WHERE at <= m.at ORDER BY {backwards}"
        " OFFSET m.beyond LIMIT {n}",
        found=hits.record.matching_query(criterion.select, of="m"),
        backwards=BACKWARDS,
        n=criterion.at_least,
    )


def _chosen(hits: Hits, criterion: Count | Sum | Average | Streak) -> Composed:
    if isinstance(criterion, Streak):
        return _first_of_periods(hits, criterion)
    found = hits.record.matching_query(criterion.select, of="m")
    if isinstance(criterion, Count):
        return sql(
            "SELECT id, at, rank, external_id FROM ({found}) x WHERE at <= m.at ORDER BY {backwards} LIMIT {n}",
            found=found,
            backwards=BACKWARDS,
            n=criterion.at_least,
        )
    return sql(
        "SELECT id, at, rank, external_id FROM ({found}) x WHERE at <= m.at AND {test}",
        found=found,
        test=_in_its_window(hits, criterion),
    )


def _in_its_window(hits: Hits, criterion: Sum | Average) -> Composed:
    at, then = SQL("at"), SQL("m.at")
    if criterion.within:
        test = reckoning.in_window(at, then, criterion.within)
    elif isinstance(criterion, Sum) and criterion.per:
        test = sql(
            "{one} = {other}", one=hits.number(criterion.per, at), other=hits.number(criterion.per, then)
        )
    else:
        test = sql("true")
    return sql("{test} AND value IS NOT NULL", test=test) if isinstance(criterion, Average) else test


def _first_of_periods(hits: Hits, criterion: Streak) -> Composed:
    return sql(
        "SELECT id, at, rank, external_id FROM ({periods}) y WHERE nth <= {m}",
        periods=_in_its_periods(hits, criterion, IN_ORDER),
        m=criterion.each,
    )


def _in_its_periods(hits: Hits, criterion: Streak, order: Composable) -> Composed:
    """Each the nth of its period."""
    return sql(
        "SELECT *, row_number() OVER (PARTITION BY period ORDER BY {order}) AS nth"
        " FROM (SELECT id, at, rank, external_id, {period} AS period FROM ({found}) f) x"
        " WHERE period BETWEEN {now} - {before} AND {now}",
        order=order,
        period=hits.number(criterion.per),
        found=hits.record.matching_query(criterion.select, of="m"),
        now=hits.number(criterion.per, SQL("m.at")),
        before=criterion.length - 1,
    )


def latest_of_part(hits: Hits, part: Criterion, within: str | None, moments: Identifier) -> Identifier | None:
    """The latest hit of a part that is satisfied at the moment."""
    if isinstance(part, Holds | Tenure):
        return None
    if isinstance(part, Count) and not part.within and not part.per and not within:
        return _reached(hits, part, moments)
    satisfied = sql("")
    if isinstance(part, Combination) and not within:
        satisfied = sql(
            " JOIN {spans} s ON {same} AND s.lower <= m.at AND m.at < s.upper",
            spans=hits.spans(part),
            same=hits.record.same("s", "m"),
        )
    recent = reckoning.in_window(SQL("max(h.at)"), SQL("m.at"), within) if within else sql("true")
    return hits.add(
        "moments",
        "SELECT {mine}, m.key, m.starts, max(h.at) AS at FROM {moments} m"
        " JOIN {hits} h ON {same} AND h.at <= m.at{satisfied} GROUP BY {mine}, m.key, m.starts, m.at HAVING {recent}",
        mine=hits.record.who_of("m"),
        moments=moments,
        hits=hits.of(part),
        same=hits.record.same("h", "m"),
        satisfied=satisfied,
        recent=recent,
    )


def _reached(hits: Hits, part: Count, moments: Identifier) -> Identifier:
    """The moments at which so many had come together ever: the last of them are those of the latest hit."""
    return hits.add(
        "moments",
        "SELECT m.* FROM {moments} m WHERE {n} ="
        " (SELECT count(*) FROM (SELECT FROM ({found}) x WHERE at <= m.at LIMIT {n}) y)",
        moments=moments,
        n=part.at_least,
        found=hits.record.matching_query(part.select, of="m"),
    )
