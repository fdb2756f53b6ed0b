"""What an item saves, and what else it brings, looked at by a second person."""

from decimal import Decimal

from django.db import transaction

from activity.crediting import credit_verification
from activity.impacts import sent_back_of
from activity.kinds import saving_unit_of
from activity.models import MEASURED, ImpactKind, ItemState, Verification, WorkItem
from activity.news import tell_of_verification
from activity.queries import concerned_ids
from activity.steps import NotPossible
from people.audit import note
from people.clock import now
from people.models import Person


@transaction.atomic
def verify_impact(
    *, item: WorkItem, by: Person, value: Decimal | None, reason: str = "", kind: ImpactKind | None = None
) -> Verification:
    """This much it saves, or brings of a kind; no value: what is said in words is so.

    In place of an earlier verification it is a correction; the same again changes nothing. That it brings nothing
    needs a reason.
    """
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    refuse_first_person(item, by)
    if sent := sent_back_of(item, kind):
        raise NotPossible(f"{sent.by} sent it back. It is verified once it is reported anew.")
    if value == 0 and not reason.strip():
        raise NotPossible("Say why it brings nothing." if kind else "Say why it saves nothing.")
    if kind and not item.impacts.filter(kind=kind).exists():
        raise NotPossible(f"Nothing is said about {kind} any more.")
    standing = item.verifications.filter(kind=kind, withdrawn_at=None).first()
    if standing and (standing.value, standing.by_id, standing.reason) == (value, by.pk, reason):
        return standing
    if standing:
        standing.withdrawn_at = now()
        standing.save(update_fields=["withdrawn_at"])
    verification = Verification.objects.create(
        organization=item.organization,
        item=item,
        kind=kind,
        by=by,
        value=value,
        reason=reason,
        verified_at=now(),
    )
    credit_verification(verification)
    tell_of_verification(verification)
    note(by, "verified", item, **_noted(verification, standing))
    return verification


def _noted(verification: Verification, standing: Verification | None) -> dict[str, str | None]:
    kind = verification.kind
    if kind is None:
        return {"value": str(verification.value), "corrects": str(standing.value) if standing else None}
    currency = saving_unit_of(verification.organization)
    return {
        "impact": kind.name,
        "found": verification.in_words(currency),
        "corrects": standing.in_words(currency) if standing else None,
    }


def refuse_first_person(item: WorkItem, by: Person) -> None:
    if item.state != ItemState.COMPLETED or item.kind not in MEASURED:
        raise NotPossible("Only what a completed improvement or project saves can be verified.")
    if by.pk in concerned_ids(item):
        raise NotPossible("Somebody who had no hand in it verifies what it saves.")
