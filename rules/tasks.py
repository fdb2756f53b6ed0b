"""Envelopes for the worker: ids in, one action, done. Each may run any number of times and side by side.

A bell brings `evaluate` and `reconcile` at once; the sweeps find what a lost bell missed.
"""

from datetime import datetime, timedelta

from celery import shared_task

from people.clock import now
from people.models import Organization
from people.sweeping import for_each_organization
from rules import actions, actions_trials, settings_trials
from rules.recheck import awaits_recheck, recheck_changed

BELL_TIME = timedelta(minutes=2)  # a rule whose bell has brought nobody by then is swept up


@shared_task(expires=60)
def evaluate(organization_id: int) -> None:
    """Ask the rules about the people whose record has changed."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        actions.evaluate_pending(organization=organization)


@shared_task
def reconcile(organization_id: int, rule_id: int, held: str = "", after: int = 0) -> None:
    """Ask a rule, and those that look at its badge, about everybody; a task of its own carries on with the rest."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        actions.reconcile_with_dependents(
            organization=organization,
            rule_id=rule_id,
            held=_instant(held),
            after=after,
            carry_on=lambda held, after: reconcile.delay(organization_id, rule_id, held.isoformat(), after),
        )


@shared_task(expires=60)
def recheck(organization_id: int, held: str = "", after: int = 0) -> None:
    """Look again at whose moves, dates or settings were changed; a task of its own carries on with the rest."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        recheck_changed(
            organization=organization,
            held=_instant(held),
            after=after,
            carry_on=lambda held, after: recheck.apply_async(
                (organization_id, held.isoformat(), after), expires=None
            ),
        )


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@shared_task
def try_out(organization_id: int, trial_id: int) -> None:
    """Try a rule on everybody without saving it."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        actions_trials.carry_out_trial(organization=organization, trial_id=trial_id)


@shared_task
def try_settings(organization_id: int, trial_id: int) -> None:
    """Ask every rule what other settings would change."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        settings_trials.carry_out_settings_trial(organization=organization, trial_id=trial_id)


@shared_task(expires=10)
def sweep_pending() -> None:
    for_each_organization(_catch_up, "rules and who waits for them")


def _catch_up(organization: Organization) -> None:
    actions.evaluate_pending(organization=organization)
    for rule_id in actions.unchecked_rules(organization=organization, asked_before=now() - BELL_TIME):
        reconcile.delay(organization.pk, rule_id)
    waiting = actions_trials.waiting_trials(organization=organization, asked_before=now() - BELL_TIME)
    for trial_id in waiting:
        try_out.delay(organization.pk, trial_id)
    waiting = settings_trials.waiting_settings_trials(
        organization=organization, asked_before=now() - BELL_TIME
    )
    for trial_id in waiting:
        try_settings.delay(organization.pk, trial_id)
    if awaits_recheck(organization=organization):
        recheck.delay(organization.pk)


@shared_task(expires=15)
def sweep_due() -> None:
    """End what is due, and start what time alone starts."""
    for_each_organization(actions.end_and_start_due, "what is due")


@shared_task
def reconcile_all() -> None:
    """Nightly: hand each organization's everything to a task of its own, which has a time limit of its own."""
    for organization_id in Organization.objects.order_by("?").values_list("pk", flat=True):
        reconcile_organization.delay(organization_id)


@shared_task
def reconcile_organization(organization_id: int, after: int = 0) -> None:
    """What is news is told first: the re-check of everything is quiet. A task of its own carries on with the rest."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        actions.evaluate_pending(organization=organization)
        actions.end_and_start_due(organization=organization)
        actions.reconcile_everything(
            organization=organization,
            after=after,
            carry_on=lambda after: reconcile_organization.delay(organization_id, after),
        )


@shared_task(expires=600)
def forget_trials() -> None:
    for_each_organization(actions_trials.forget_trials, "what was tried")
