"""What is done to rules, and the door to their evaluation (`rules.evaluation`, `rules.reconciling`, `rules.waking`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from badges.defining import BADGE_FIELDS, create_badge, set_badge_state, set_rule_end, store_emblem
from badges.models import Badge, BadgeState
from people.changes import Refused
from people.clock import now
from people.locks import one_at_a_time
from people.models import AuditEntry, Organization, Person
from rules import criteria
from rules.actions_floods import let_flood_pass
from rules.actions_trials import keep_trials
from rules.evaluation import end_and_start_due, evaluate_pending, evaluate_people
from rules.examples import refuse_broken_examples
from rules.models import Policy, Rule, RuleState, RuleVersion
from rules.presets import Preset, emblem_data
from rules.queries import refuse_circle, says_the_same
from rules.reconciling import (
    reconcile_everything,
    reconcile_rule,
    reconcile_with_dependents,
    unchecked_rules,
)
from rules.waking import ask_for_recheck, wake_holding, wake_rule

__all__ = [
    "change_badge_state",
    "copy_badge",
    "end_and_start_due",
    "evaluate_pending",
    "evaluate_people",
    "reconcile_everything",
    "reconcile_rule",
    "reconcile_with_dependents",
    "save_rule",
    "set_rule_state",
    "take_preset",
    "unchecked_rules",
    "wake_holding",
    "wake_rule",
]

OVERTAKEN = (
    "Somebody saved this rule while you were changing it. What is in force now stands above, and what you chose is"
    " still here. Save once more to put yours in its place."
)


@transaction.atomic
def save_rule(
    *,
    badge: Badge,
    definition: Mapping[str, Any],
    by: Person | None,
    quietly: bool = True,
    policy: str = Policy.RECHECK,
    seen: int | None = None,
) -> Rule:
    """Put a definition in force as a new version, and have everybody looked at right after commit.

    `policy` says whether the whole past is judged anew or only what comes from now on, see docs/rules.md; a first
    version always judges all. Nobody is told unless `quietly` is False. The same definition again makes no new
    version. `seen` is the number of the version that was changed, if it matters: `Refused` where another one is in
    force by now. Raises `criteria.Invalid`, also where an example is not met.
    """
    text = {**definition, "id": badge.slug, "name": badge.name}
    text.pop("version", None)
    parsed = criteria.parse(text)
    one_at_a_time("rules", badge.organization_id)  # two, each sound alone, could hold each other's badges
    refuse_circle(parsed, badge.organization, policy=policy)
    refuse_broken_examples(badge=badge, definition=text, at=now(), policy=policy)
    Badge.objects.select_for_update(no_key=True).get(pk=badge.pk)  # first, as whoever changes a badge does
    rule, _ = Rule.objects.get_or_create(
        organization=badge.organization, badge=badge, defaults={"current": 0}
    )
    rule = Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    before = rule.versions.filter(number=rule.current).first()
    if before is None or not says_the_same(before.definition, parsed):
        if seen is not None and seen != rule.current:
            raise Refused(OVERTAKEN)
        _add_version(rule, parsed, by, policy if before else Policy.RECHECK)
        keep_trials(badge=badge, saved=parsed, number=rule.current)
        keep = parsed.retention
        set_rule_end(badge=badge, after=keep.after if isinstance(keep, criteria.Expires) else "")
        ask_for_recheck(rule, quietly=quietly)
    return rule


def _add_version(rule: Rule, parsed: criteria.Rule, by: Person | None, policy: str) -> None:
    rule.current += 1
    rule.save(update_fields=["current"])
    definition = {**criteria.to_json(parsed), "version": rule.current}
    at = now()
    RuleVersion.objects.create(
        organization=rule.organization,
        rule=rule,
        number=rule.current,
        definition=definition,
        made_at=at,
        made_by=by,
        policy=policy,
    )
    _audit(rule, at, by, "rule.saved", {"version": rule.current, "policy": policy})


def _audit(rule: Rule, at: datetime, by: Person | None, action: str, details: dict[str, Any]) -> None:
    AuditEntry.objects.create(
        organization=rule.organization,
        at=at,
        actor=by,
        action=action,
        subject=rule.badge.name,
        details={"badge": rule.badge_id, **details},
    )


@transaction.atomic
def set_rule_state(*, rule: Rule, state: str, by: Person | None) -> Rule:
    """Pause a rule (nothing is evaluated, its awards stay) or take it up again (everybody is re-checked).

    A rule that was paused because it gave far more than usual goes on, and those who waited are told. Raises `Refused`
    where an example is not met.
    """
    rule = Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    if rule.state != state:
        rule.state = state
        rule.save(update_fields=["state"])
        _audit(rule, now(), by, "rule.state", {"to": state})
        if state == RuleState.PAUSED:
            wake_holding(badge=rule.badge)
        else:
            wake_rule(badge=rule.badge, quietly=not let_flood_pass(rule=rule, by=by))
    return rule


@transaction.atomic
def change_badge_state(*, badge: Badge, state: str, by: Person | None, reason: str = "") -> Badge:
    """As `set_badge_state`, with what rules make of it. Raises `Refused`, also where an example is not met."""
    badge = set_badge_state(badge=badge, state=state, by=by, reason=reason)
    wake_rule(badge=badge)
    wake_holding(badge=badge)
    return badge


@transaction.atomic
def take_preset(*, organization: Organization, preset: Preset, by: Person | None) -> Badge:
    """A badge of one's own from a preset, with its emblem and its rule."""
    emblem = store_emblem(organization=organization, data=emblem_data(preset))
    badge = create_badge(
        organization=organization,
        by=by,
        slug=preset.slug,
        name=preset.name,
        description=preset.description,
        criteria=preset.criteria,
        kind=preset.kind,
        mode=preset.mode,
        ends_after=preset.ends_after,
        emblem=emblem,
    )
    if preset.definition is not None:
        save_rule(badge=badge, definition=preset.definition, by=by)
    return badge


@transaction.atomic
def copy_badge(*, badge: Badge, name: str, by: Person | None) -> Badge:
    """A draft that says all that a badge and its rule say, under a name of its own; nobody holds it.

    Examples stay with the badge whose holders they are about. Raises `Refused`, and `criteria.Invalid` for a rule that
    could not be saved today.
    """
    fields = {field: getattr(badge, field) for field in BADGE_FIELDS}
    copy = create_badge(
        organization=badge.organization, by=by, state=BadgeState.DRAFT, **{**fields, "name": name}
    )
    rule = Rule.objects.filter(badge=badge).first()
    if rule is not None:
        save_rule(badge=copy, definition=rule.versions.get(number=rule.current).definition, by=by)
    return copy
