"""Having everybody looked at again, right after commit: what makes that necessary, and for which rules."""

from django.db import transaction

from badges.models import Badge
from people import bells
from people.changes import Refused
from people.clock import now
from rules.criteria import Invalid
from rules.examples import broken_examples, told
from rules.models import Policy, Rule, RuleState
from rules.queries import is_in_force, rulebook

UNMET = "{} Change its rule, or remove the example on the rule’s page, and then go on."


@transaction.atomic
def wake_rule(*, badge: Badge, quietly: bool = True) -> None:
    """Have everybody re-checked after commit, where the badge has a rule: after its state or mode changed.

    Raises `Refused` where the rule comes into force by that, and an example is not met.
    """
    rules = Rule.objects.select_for_update(no_key=True, of=("self",)).select_related("badge")
    rule = rules.filter(organization=badge.organization_id, badge=badge).first()
    if rule is not None and rule.state == RuleState.ACTIVE:
        _refuse_unmet(rule)
        ask_for_recheck(rule, quietly=quietly)


def _refuse_unmet(rule: Rule) -> None:
    definition = rule.versions.get(number=rule.current).definition
    try:
        broken = broken_examples(badge=rule.badge, definition=definition, at=now(), policy=Policy.KEEP)
    except Invalid:  # whatever cannot be read gives nothing
        return
    if broken and is_in_force(rule):
        raise Refused(UNMET.format(" ".join(told(example) for example in broken)))


@transaction.atomic
def wake_holding(*, badge: Badge) -> None:
    """Have the rules that hold this badge look at everybody: what they see of its awards has changed."""
    book = rulebook(badge.organization)
    holding = Rule.objects.filter(pk__in=[book.rows[slug].pk for slug in book.holding(badge.slug)])
    for rule in holding.select_for_update(no_key=True).order_by("pk"):
        ask_for_recheck(rule, quietly=True)


def ask_for_recheck(rule: Rule, *, quietly: bool) -> None:
    """Told is also who was to be told by an earlier re-check that is not done yet. The row is locked by the caller."""
    from rules.tasks import reconcile as task  # tasks call these actions

    rule.recheck_asked_at, rule.recheck_tells = now(), rule.recheck_tells or not quietly
    rule.recheck_held_until = None  # whoever is at it may have begun before this was asked
    rule.save(update_fields=["recheck_asked_at", "recheck_tells", "recheck_held_until"])
    bells.ring(task, rule.organization_id, rule.pk)
