"""What a hit rests on, asked only for the hits that began an award.

`moments` are (who, key, starts, at): an award, known by key and start, and the instant of a hit that it rests on.
"""

from psycopg.sql import SQL, Composable, Composed, Identifier

from rules.criteria import Average, Combination, Count, Criterion, Holds, Streak, Sum, Tenure
from rules.engine import reckoning
from rules.engine.hits import Hits
from rules.engine.statement import sql, union

IN_ORDER = SQL('at, rank, external_id COLLATE "C"')
BACKWARDS = SQL('at DESC, rank DESC, external_id COLLATE "C" DESC')


def evidence(hits: Hits, criterion: Criterion, awards: Identifier, *, every_nth: bool) -> Identifier | None:
    """(who, key, starts, ids): each award's activities in order; None where there are never any."""
    moments = hits.add("moments", "SELECT {who}, key, starts, starts AS at FROM {awards}", awards=awards)
    queries = _own_n(hits, criterion, moments) if every_nth else _rows(hits, criterion, moments)
    if not queries:
        return None
    return hits.add(
        "evidence",
        "SELECT {who}, key, starts, array_agg(id ORDER BY {order}) AS ids"
        " FROM (SELECT DISTINCT * FROM ({rows}) r) e({who}, key, starts, id, at, rank, external_id)"
        " GROUP BY {who}, key, starts",
        order=IN_ORDER,
        rows=union(queries),
    )


def _rows(hits: Hits, criterion: Criterion, moments: Identifier) -> list[Composed]:
    if isinstance(criterion, Combination):
        parts = [(part, latest_of_part(hits, part, criterion.within, moments)) for part in criterion.parts]
        return [query for part, its in parts if its for query in _rows(hits, part, its)]
    if isinstance(criterion, Holds | Tenure):
        return []
    return [_each(hits, moments, _chosen(hits, criterion))]


def _each(hits: Hits, moments: Identifier, chosen: Composable) -> Composed:
    return sql(
        "SELECT {who}, m.key, m.starts, e.id, e.at, e.rank, e.external_id FROM {moments} m"
        " CROSS JOIN LATERAL ({chosen}) e",
        who=hits.record.who_of("m"),
        moments=moments,
        chosen=chosen,
    )


def _own_n(hits: Hits, criterion: Criterion, moments: Identifier) -> list[Composed]:
    """Of every N-th: the Nth N of them, by the ordinal."""
    assert isinstance(criterion, Count)
    chosen = sql(
        "SELECT id, at, rank, external_id FROM ({found}) x ORDER BY {order} OFFSET (m.key::int - 1) * {n} LIMIT {n}",
        found=hits.record.matching_query(criterion.select, of="m"),
        order=IN_ORDER,
        n=criterion.at_least,
    )
    return [_each(hits, moments, chosen)]


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
        "SELECT id, at, rank, external_id FROM"
        " (SELECT *, row_number() OVER (PARTITION BY period ORDER BY {order}) AS nth"
        " FROM (SELECT id, at, rank, external_id, {period} AS period FROM ({found}) f) x"
        " WHERE period BETWEEN {now} - {before} AND {now}) y WHERE nth <= {m}",
        order=IN_ORDER,
        period=hits.number(criterion.per),
        found=hits.record.matching_query(criterion.select, of="m"),
        now=hits.number(criterion.per, SQL("m.at")),
        before=criterion.length - 1,
        m=criterion.each,
    )


def latest_of_part(hits: Hits, part: Criterion, within: str | None, moments: Identifier) -> Identifier | None:
    """The latest hit of a part that is satisfied at the moment."""
    if isinstance(part, Holds | Tenure):
        return None
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
