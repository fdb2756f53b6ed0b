"""Plans written into a batch's entries, many in one statement. Called by the batch's actions alone."""

import json
from collections.abc import Iterable
from typing import Any, Literal

from django.db import connection

from badges.models import Batch
from badges.planning import Plan, Someone

WRITE = """
UPDATE badges_batchentry e SET {column} = w.outcome, why = w.why, steps = w.steps::jsonb,
       kept_by_rule = w.kept_by_rule, is_mailed = w.is_mailed
FROM unnest(%(person)s::bigint[], %(outcome)s::text[], %(why)s::text[], %(steps)s::text[],
            %(kept_by_rule)s::integer[], %(is_mailed)s::boolean[])
     AS w(person_id, outcome, why, steps, kept_by_rule, is_mailed)
WHERE e.organization_id = %(organization)s AND e.batch_id = %(batch)s AND e.person_id = w.person_id
"""


def write_plans(
    batch: Batch, column: Literal["planned", "outcome"], plans: Iterable[tuple[Someone, Plan]]
) -> None:
    rows = [(person.id, plan) for person, plan in plans]
    values: dict[str, Any] = {
        "organization": batch.organization_id,
        "batch": batch.pk,
        "person": [person for person, _ in rows],
        "outcome": [str(plan.outcome) for _, plan in rows],
        "why": [str(plan.why) for _, plan in rows],
        "steps": [json.dumps([step.to_json() for step in plan.steps]) for _, plan in rows],
        "kept_by_rule": [plan.kept_by_rule for _, plan in rows],
        "is_mailed": [plan.is_mailed for _, plan in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(column=column), values)
