"""Envelopes for the worker. They may run any number of times and side by side."""

from celery import shared_task

from activity.counts import begin_month, recount_everybody
from people.sweeping import for_each_organization, prove


@shared_task(expires=300)
def sweep_months() -> None:
    """Where a month has begun, the last twelve are others."""
    for_each_organization(begin_month, "improvements of the last twelve months")


@shared_task
def prove_tallies() -> None:
    """Nightly: count everybody's improvements anew, and say where that made a difference."""
    prove(recount_everybody, "counts of improvements")
