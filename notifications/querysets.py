from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Prefetch, Q, Subquery, When
from django.db.models.functions import Coalesce

from activity.kinds import saving_unit
from activity.models import ItemNews
from badges.models import Nomination
from badges.nominations_told import with_names
from badges.querysets import counted, reached_by, said_of
from people.roles import Capability
from rules.models import Flood

if TYPE_CHECKING:
    from notifications.models import Delivery, Notice  # noqa: F401
    from people.models import Person


# The database lets no two of these wait for one person, address and rhythm.
UNBEGUN = Q(state="queued", attempts=0, uncertain=False, last_error="", test__isnull=True)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, person: "Person") -> Self:
        """A person's own notices, as long as their badge, and what they are to decide on, can be looked at."""
        own = self.filter(organization=person.organization_id, recipient=person)
        own = own.exclude(award__badge__state="withdrawn").exclude(nomination__badge__state="withdrawn")
        own = own.filter(~Q(kind="praised") | Exists(said_of(OuterRef("award"))))
        if not person.can(Capability.MANAGE_BADGES):
            own = own.exclude(kind="held_back")
        if not person.gives_by_hand:
            return own.exclude(kind="to_decide")
        return own.filter(~Q(kind="to_decide") | Q(nomination__nominee__in=reached_by(person)))

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def with_subjects(self) -> Self:
        """Nominations and news with a query each, where there are any: few notices are about them.

        Of what colleagues say, how many do, and who was the last.
        """
        news: Any = ItemNews.objects.with_subjects()
        unit = Coalesce(Subquery(saving_unit(OuterRef("organization"))), "organization__currency")
        news = news.annotate(saving_unit=unit)
        praise = said_of(OuterRef("award"))
        last = Subquery(praise.order_by("-pk").values("person__name")[:1])
        praised = Q(kind="praised")
        awards = self.annotate(
            praise_count=Case(When(praised, then=counted(praise)), default=0),
            praised_by=Case(When(praised, then=last)),
        )
        awards = awards.select_related("event__actor", "award__badge", "award__given_by", "award__person")
        return awards.prefetch_related(
            Prefetch("nomination", with_names(Nomination.objects.all())),
            Prefetch("news", news),
            Prefetch("flood", Flood.objects.select_related("rule__badge", "organization")),
        )


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> Self:
        """What waits for its turn and has come to it, and what was being sent by somebody who died."""
        return self.filter(
            Q(state="queued", next_attempt_at__lte=at) | Q(state="sending", lease_until__lt=at)
        ).order_by("next_attempt_at", "id")

    def with_people(self) -> Self:
        return self.select_related("recipient").prefetch_related(
            "notices__award__badge",
            "notices__nomination__badge",
            "notices__news__item",
            "notices__flood__rule__badge",
        )

    def unbegun(self) -> Self:
        """What can still be joined: no attempt was made yet, not even before somebody asked for another."""
        return self.filter(UNBEGUN)
