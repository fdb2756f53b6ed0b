"""What an item saves, looked at by a second person."""

from decimal import Decimal

from django.db import transaction

from activity.crediting import credit_verification
from activity.models import MEASURED, ItemState, Verification, WorkItem
from activity.news import tell_of_verification
from activity.queries import concerned_ids
from activity.steps import NotPossible
from people.audit import note
from people.clock import now
from people.models import Person


@transaction.atomic
def verify_impact(*, item: WorkItem, by: Person, value: Decimal, reason: str = "") -> Verification:
    """This much it saves. In place of an earlier verification it is a correction; the same again changes nothing.

    That it saves nothing needs a reason.
    """
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    _refuse(item, by)
    if not value and not reason.strip():
        raise NotPossible("Say why it saves nothing.")
    standing = item.verifications.filter(withdrawn_at=None).first()
    if standing and (standing.value, standing.by_id, standing.reason) == (value, by.pk, reason):
        return standing
    if standing:
        standing.withdrawn_at = now()
        standing.save(update_fields=["withdrawn_at"])
    verification = Verification.objects.create(
        organization=item.organization, item=item, by=by, value=value, reason=reason, verified_at=now()
    )
    credit_verification(item, value)
    tell_of_verification(verification)
    note(by, "verified", item, value=str(value), corrects=str(standing.value) if standing else None)
    return verification


def _refuse(item: WorkItem, by: Person) -> None:
    if item.state != ItemState.COMPLETED or item.kind not in MEASURED:
        raise NotPossible("Only what a completed improvement or project saves can be verified.")
    if by.pk in concerned_ids(item):
        raise NotPossible("Somebody who had no hand in it verifies what it saves.")
