from typing import Any

from django.dispatch import receiver

from activity.signals import activities_recorded
from badges.signals import award_changed
from people.bells import ring
from people.signals import record_changed
from rules.tasks import evaluate, recheck


@receiver(activities_recorded)
def evaluate_the_changed(organization_id: int, **kwargs: Any) -> None:
    ring(evaluate, organization_id)


@receiver(award_changed)
def evaluate_those_who_may_hold_more(organization_id: int, **kwargs: Any) -> None:
    ring(evaluate, organization_id)


@receiver(record_changed)
def look_again(organization_id: int, **kwargs: Any) -> None:
    ring(recheck, organization_id)
