"""Examples saved with a rule: who should hold the badge under it, and who should not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from badges.models import Badge
from rules.criteria import Invalid
from rules.engine import Question, stands
from rules.models import Example, Policy
from rules.queries import as_if_saved


def broken_examples(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str = Policy.RECHECK
) -> list[Example]:
    """Those that a rule would not meet, were it saved at that instant."""
    examples = list(
        Example.objects.filter(badge=badge).select_related("person").order_by("person__name", "pk")
    )
    if not examples:
        return []
    own = {**definition, "id": badge.slug}
    book, rule, question = as_if_saved(badge.organization, own, at, policy)
    some = Question(question.ground, at, tuple(sorted(example.person_id for example in examples)))
    timeline = stands(rule, book.rules, some, with_evidence=False)
    holding = {stand.person for stand in timeline if stand.ends is None or stand.ends > at}
    return [one for one in examples if one.should_hold != (one.person_id in holding)]


def refuse_broken_examples(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str = Policy.RECHECK
) -> None:
    """Raises `criteria.Invalid` that names them."""
    broken = broken_examples(badge=badge, definition=definition, at=at, policy=policy)
    if broken:
        raise Invalid("", " ".join(told(example) for example in broken))


def told(example: Example) -> str:
    if example.should_hold:
        return f"{example.person.name} should hold it by this rule, and would not."
    return f"{example.person.name} should not hold it by this rule, and would."
