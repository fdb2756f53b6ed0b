"""Whom a rule is for: those of its hits at which the person was one of them."""

from psycopg.sql import SQL, Identifier

from rules.criteria import Audience
from rules.engine.hits import Hits
from rules.engine.record import one_of
from rules.engine.statement import sql, texts


def for_whom(hits: Hits, audience: Audience | None, rows: Identifier) -> Identifier:
    if audience is None:
        return rows
    if audience.joined_from:
        rows = hits.add(
            "joined",
            "SELECT h.* FROM {rows} h JOIN people_person p ON p.id = h.person_id"
            " AND p.organization_id = {organization} AND p.joined_on >= {day}",
            rows=rows,
            organization=hits.ground.organization_id,
            day=audience.joined_from,
        )
    return _placed(hits, audience, rows) if audience.locations or audience.titles else rows


def _placed(hits: Hits, audience: Audience, rows: Identifier) -> Identifier:
    """Those hits on whose local day the person's placement is one of the rule's."""
    return hits.add(
        "placed",
        "SELECT h.* FROM {rows} h JOIN (SELECT person_id, from_on, location_id, title,"
        " lead(from_on, 1, 'infinity') OVER (PARTITION BY person_id ORDER BY from_on) AS until_on"
        " FROM people_placement x WHERE organization_id = {organization} AND {only}) p"
        " ON p.person_id = h.person_id AND h.at::date >= p.from_on AND h.at::date < p.until_on"
        " WHERE {there} AND {as_such}",
        rows=rows,
        organization=hits.ground.organization_id,
        only=hits.record.question.only(SQL("person_id")),
        there=one_of(SQL("p.location_id"), hits.ground.location_ids(audience.locations))
        if audience.locations
        else sql("true"),
        as_such=sql("p.title = ANY({titles})", titles=texts(audience.titles))
        if audience.titles
        else sql("true"),
    )
