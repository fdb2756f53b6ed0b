from typing import Any

from django.dispatch import receiver

from activity.signals import news_written
from badges.signals import award_changed
from notifications.tasks import tell
from people.bells import ring
from rules.signals import flood_changed


@receiver([award_changed, news_written, flood_changed])
def tell_people(organization_id: int, **kwargs: Any) -> None:
    ring(tell, organization_id)
