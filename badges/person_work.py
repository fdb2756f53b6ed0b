"""A person and their badges by hand, saved as one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, Badge
from people.actions import edit_person
from people.changes import Refused
from people.models import Person


class BadgesRefused(Refused):
    """It was the badges, not the person, that could not be saved."""


@transaction.atomic
def edit_person_and_badges(
    *,
    person: Person,
    by: Person,
    fields: dict[str, Any],
    give: Sequence[Badge] = (),
    take_back: Sequence[Award] = (),
    reason: str = "",
    ends_at: datetime | None = None,
) -> Person:
    """All of it or nothing; `ends_at` is a chosen end of what is given.

    Raises `Refused`, and `BadgesRefused` for the badges.
    """
    person = edit_person(person=person, by=by, **fields)
    try:
        for award in take_back:
            revoke_award(award=award, by=by, reason=reason)
        for badge in give:
            grant_by_hand(badge=badge, person=person, by=by, reason=reason, ends_at=ends_at)
    except Refused as refused:
        raise BadgesRefused(str(refused)) from None
    return person
