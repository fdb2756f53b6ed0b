"""A rule that the database cannot answer is set aside until the night, and the others go on without it.

Everybody is asked about by it again then, and when its re-check is asked for: where that succeeds, it is live again.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import DataError, IntegrityError, ProgrammingError, transaction

from badges.reconciliation import Changes
from people.clock import now
from rules.asking import evaluate
from rules.models import Rule, RuleRun
from rules.queries import Book

log = logging.getLogger(__name__)
# Of other kinds are lost connections, locks that were waited for too long, and what a plan from before an update says.
THEIR_OWN = (DataError, IntegrityError, ProgrammingError)


def evaluate_each(
    book: Book,
    asked: Mapping[str, Sequence[int]],
    at: datetime,
    *,
    quietly: bool,
    since: Mapping[int, datetime] | None = None,
) -> Changes:
    """As `evaluate`, without what is set aside; where all together fail, one by one.

    Where each of several fails it is none's fault: then nothing is done, and it is tried again as a whole.
    """
    live = [slug for slug in book.rules if not book.rows[slug].failing_since]
    try:
        with transaction.atomic():
            return evaluate(book, asked, at, quietly=quietly, since=since, only=live)
    except THEIR_OWN as error:
        together = error
    changes, began = Changes(), now()
    failed: dict[str, Exception] = {}
    for slug in live:
        try:
            with transaction.atomic():
                changes.add(evaluate(book, asked, at, quietly=quietly, since=since, only=[slug]))
        except THEIR_OWN as error:
            failed[slug] = error
    if not failed or (len(live) > 1 and len(failed) == len(live)):
        raise together
    for slug, failure in failed.items():
        row, people = book.rows[slug], len(asked.get(slug, ()))
        set_aside(row, failure)
        RuleRun.objects.create(
            organization=row.organization, rule=row, started_at=began,
            seconds=(now() - began).total_seconds(), people=people, error=in_short(failure),
        )  # fmt: skip
    return changes


def set_aside(rule: Rule, error: Exception) -> None:
    """Since when it fails stays as it is until it succeeds; in the log it stands each time."""
    log.error("rule %s of organization %s: %s", rule.pk, rule.organization_id, in_short(error))
    rule.failing_since = rule.failing_since or now()
    Rule.objects.filter(pk=rule.pk, failing_since=None).update(failing_since=rule.failing_since)


def take_up_again(rules: Sequence[Rule]) -> None:
    """They were asked about everybody, and could be answered."""
    failing = Rule.objects.filter(pk__in=[rule.pk for rule in rules], failing_since__isnull=False)
    failing.update(failing_since=None)


def in_short(failure: Exception | None) -> str:
    return f"{type(failure).__name__}: {failure}".replace("\0", "")[:300] if failure else ""
