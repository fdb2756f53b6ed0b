"""What happened to somebody's badges, in the order in which it happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from badges.models import Award, AwardChange, AwardEvent, EndedWhy
from people.models import Person
from people.roles import Capability

GIVEN = (AwardChange.GRANTED, AwardChange.RENEWED, AwardChange.REINSTATED)
LOST = (AwardChange.ENDED, AwardChange.REVOKED)
KINDS = {"given": GIVEN, "lost": LOST}
HAPPENED = Case(
    When(change=AwardChange.GRANTED, then=F("award__starts_at")),
    When(change=AwardChange.ENDED, then=Coalesce("award__ended_at", "at")),
    default=F("at"),
    output_field=DateTimeField(),
)


def sees_all(viewer: Person, person: Person) -> bool:
    return viewer.pk == person.pk or viewer.can(Capability.SEE_HISTORY)


@dataclass(frozen=True)
class History:
    """Events with `happened_at`, the instant they are about: cut into pages, three queries each.

    `moments` are (event or 0, award, instant): what ended in time has no event of it.
    """

    moments: QuerySet[Any, tuple[Any, ...]]

    def __len__(self) -> int:
        return self.moments.count()

    def __getitem__(self, page: slice) -> list[AwardEvent]:
        moments = list(self.moments[page])
        events = (
            AwardEvent.objects.select_related("actor")
            .annotate(outdone=_renewed_since())
            .in_bulk({event for event, _, _ in moments if event})
        )
        awards: Any = Award.objects.select_related("badge", "given_by").in_bulk(
            {award for _, award, _ in moments}
        )
        return [_event(events.get(event), awards[award], at) for event, award, at in moments]


def _renewed_since() -> Exists:
    later = AwardEvent.objects.filter(
        award=OuterRef("award"), change=AwardChange.RENEWED, pk__gt=OuterRef("pk")
    )
    return Exists(later.order_by())


def _event(event: AwardEvent | None, award: Award, at: datetime) -> AwardEvent:
    shown: Any = event or award.unwritten_end
    shown.award, shown.happened_at = award, at
    return cast(AwardEvent, shown)


def history(person: Person, viewer: Person, kind: str = "") -> History:
    """Newest first. Colleagues see what was given and stands.

    Of an award's renewals by its rule, the latest stands for all: a habit is renewed by every deed. What was given
    by mistake and undone is one line.
    """
    awards = Award.objects.visible_to(viewer).filter(person=person).order_by()
    changes = set(KINDS.get(kind, AwardChange.values))
    if not sees_all(viewer, person):
        changes &= {AwardChange.GRANTED, AwardChange.RENEWED}
    events = AwardEvent.objects.filter(award__in=awards.values("pk"), change__in=changes).order_by()
    by_rule = Q(change=AwardChange.RENEWED, actor=None)
    events = events.exclude(by_rule & Q(_renewed_since()))
    events = events.exclude(change=AwardChange.GRANTED, award__ended_why=EndedWhy.UNDONE)
    moments = events.annotate(moment=HAPPENED).values_list("pk", "award_id", "moment")
    if AwardChange.ENDED in changes:
        ended = awards.filter(ended_in_time=True).annotate(none=Value(0), moment=F("ended_at"))
        moments = moments.union(ended.values_list("none", "pk", "moment"), all=True)
    return History(moments.order_by("-moment", "-pk"))
