"""Which mails the page of deliveries shows: those of a tab, of somebody, about a badge, of a day."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from badges.models import Badge
from notifications.models import Delivery, DeliveryState, Notice
from people.models import Person

TABS: dict[str, tuple[str, list[str]]] = {
    "problems": ("Given up", [DeliveryState.DEAD]),
    "waiting": ("Waiting", [DeliveryState.QUEUED, DeliveryState.SENDING]),
    "withheld": ("Not sent", [DeliveryState.WITHHELD]),
    "sent": ("Sent", [DeliveryState.SENT]),
}
CAME_BACK = "back"
TAB_LABELS = {key: label for key, (label, _) in TABS.items()} | {CAME_BACK: "Came back"}


def in_tab(mails: QuerySet[Delivery], tab: str) -> QuerySet[Delivery]:
    if tab == CAME_BACK:
        return mails.exclude(came_back="")
    return mails.filter(state__in=TABS[tab][1], came_back="")


def count_by_tab(mails: QuerySet[Delivery]) -> dict[str, int]:
    """One query."""
    counts = dict.fromkeys(TAB_LABELS, 0)
    tabs = {state: tab for tab, (_, states) in TABS.items() for state in states}
    for state, came_back, count in mails.values_list("state", "came_back").annotate(Count("pk")).order_by():
        counts[CAME_BACK if came_back else tabs[state]] += count
    return counts


def find_mails(
    *, recipient: Person | None = None, text: str = "", badge: Badge | None = None, on: date | None = None
) -> QuerySet[Delivery]:
    """Mails of one organization that meet all that is asked; a day is one of its calendar.

    A mail is of the day on which it went out, or else of that of its next or last attempt.
    """
    found: QuerySet[Delivery] = Delivery.objects.all()
    if recipient is not None:
        found = found.filter(recipient=recipient)
    if text:
        found = found.filter(pk__in=_to(text))
    if badge is not None:
        found = found.filter(pk__in=_about(badge))
    if on is not None:
        found = found.annotate(at=Coalesce("sent_at", "next_attempt_at"))
        found = found.filter(at__gte=_midnight(on), at__lt=_midnight(on + timedelta(days=1)))
    return found


def _to(text: str) -> QuerySet[Any, Any]:
    """By who it is now, or by how the address to which it went begins.

    The words of people have an index; of addresses row-level security lets none be used, so that they are gone through.
    """
    by_person = Delivery.objects.filter(recipient__in=Person.objects.search(text).values("pk"))
    by_address = Delivery.objects.filter(address__istartswith=text)
    return by_person.values("pk").union(by_address.values("pk"))


def _about(badge: Badge) -> QuerySet[Any, Any]:
    """What was told of its awards, of nominations for it and of its rule."""
    causes = ("award__badge", "nomination__badge", "flood__rule__badge")
    told = Notice.objects.exclude(delivery=None).order_by()
    first, *rest = (told.filter(**{cause: badge}).values("delivery") for cause in causes)
    return first.union(*rest)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
