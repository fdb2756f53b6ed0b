from typing import Any

from django.dispatch import receiver

from activity.signals import news_written
from badges.signals import award_changed
from notifications.tasks import tell
from people.bells import ring


@receiver([award_changed, news_written])
def tell_people(organization_id: int, **kwargs: Any) -> None:
    ring(tell, organization_id)
