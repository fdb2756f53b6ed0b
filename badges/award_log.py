"""What happened to one award. Every deed renews a habit: of renewals in a row, the two outermost stand for all."""

from typing import Any

from django.db.models import Case, F, Q, QuerySet, When, Window
from django.db.models.functions import Lag, Lead, RowNumber

from badges.models import Award, AwardChange, AwardEvent

NEWEST = [F("at").desc(), F("pk").desc()]


def whole_log(award: Award) -> QuerySet[AwardEvent]:
    """Newest first."""
    events: QuerySet[AwardEvent] = award.events.select_related("actor")
    return events


def short_log(award: Award) -> list[AwardEvent]:
    """Newest first, in one query; `between` is how many renewals by its rule are left out below an event."""
    by_rule = Case(When(Q(change=AwardChange.RENEWED, actor=None), then=1), default=0)
    events: Any = whole_log(award).annotate(
        by_rule=by_rule,
        place=Window(RowNumber(), order_by=NEWEST),
        newer=Window(Lag(by_rule, default=0), order_by=NEWEST),
        older=Window(Lead(by_rule, default=0), order_by=NEWEST),
    )
    shown = list(events.exclude(by_rule=1, newer=1, older=1))
    for event, below in zip(shown, [*shown[1:], None], strict=True):
        event.between = below.place - event.place - 1 if below else 0
    return shown
