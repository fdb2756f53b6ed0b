from collections.abc import Collection, Mapping
from typing import Any

from django.dispatch import receiver

from activity.signals import news_written
from badges.signals import award_changed, praise_said
from notifications.preferring import who_wants_none
from notifications.tasks import tell
from people.bells import ring
from people.models import Organization
from rules.signals import flood_changed, mail_considered


@receiver([award_changed, praise_said, news_written, flood_changed])
def tell_people(organization_id: int, **kwargs: Any) -> None:
    ring(tell, organization_id)


@receiver(mail_considered)
def tell_who_wants_none(
    organization: Organization, told: Mapping[int, Collection[str]], **kwargs: Any
) -> set[int]:
    return who_wants_none(organization, told)
