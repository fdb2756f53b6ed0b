"""What happened to somebody's badges, in the order in which it happened."""

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce

from badges.models import Award, AwardChange, AwardEvent
from people.models import Person
from people.roles import Capability

GIVEN = (AwardChange.GRANTED, AwardChange.RENEWED, AwardChange.REINSTATED)
LOST = (AwardChange.ENDED, AwardChange.REVOKED)
KINDS = {"given": GIVEN, "lost": LOST}


def sees_all(viewer: Person, person: Person) -> bool:
    return viewer.pk == person.pk or viewer.can(Capability.SEE_HISTORY)


def history(person: Person, viewer: Person, kind: str = "") -> QuerySet[AwardEvent]:
    """Newest first, each with `happened_at`, the instant it is about. Colleagues see what was given and stands."""
    awards = Award.objects.visible_to(viewer).filter(person=person).order_by()
    events: QuerySet[AwardEvent] = AwardEvent.objects.filter(award__in=awards.values("pk"))
    if not sees_all(viewer, person):
        events = events.filter(change__in=(AwardChange.GRANTED, AwardChange.RENEWED))
    if kind in KINDS:
        events = events.filter(change__in=KINDS[kind])
    happened = Case(
        When(change=AwardChange.GRANTED, then=F("award__starts_at")),
        When(change=AwardChange.ENDED, then=Coalesce("award__ended_at", "at")),
        default=F("at"),
    )
    return (
        events.annotate(happened_at=happened)
        .select_related("award__badge", "award__given_by", "actor")
        .order_by("-happened_at", "-pk")
    )
