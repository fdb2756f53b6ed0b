"""“Well done”, said by colleagues to an award, and taken back."""

from django.db import transaction

from badges.models import Award, Praise
from badges.signals import announce_praise
from people.changes import Refused
from people.models import Person


@transaction.atomic
def praise_award(*, award: Award, by: Person) -> None:
    """Harmless to repeat. Raises `Refused` for one's own award, and for what has ended."""
    if award.person_id == by.pk:
        raise Refused("This badge is your own.")
    if award.ended_at is not None:
        raise Refused(f"{award.badge} of {award.person} has ended.")
    Praise.objects.update_or_create(
        organization=by.organization, award=award, person=by, defaults={"stands": True}
    )
    announce_praise(by.organization_id)


def take_praise_back(*, award: Award, by: Person) -> None:
    """Harmless to repeat."""
    Praise.objects.filter(award=award, person=by).update(stands=False)
