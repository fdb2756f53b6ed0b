"""What an item is said to bring goes back to its author and leader, who report it anew."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction

from activity.correcting import correct_credits, credits_of
from activity.crediting import discredit_impact, discredit_saving
from activity.editing import record_change
from activity.impacts import put_impacts, said_of, sent_back_of, settle
from activity.kinds import saving_unit_of
from activity.models import ImpactKind, Said, SentBack, WorkItem
from activity.news import tell_of_claim, tell_of_sent_back
from activity.steps import NotPossible
from activity.verifying import refuse_first_person
from people.audit import note
from people.clock import now
from people.figures import amount
from people.models import Person


class Overtaken(NotPossible):
    """Something else is said than whoever sends it back has read, or somebody verified it meanwhile."""


def what_stands(item: WorkItem, kind: ImpactKind | None) -> str:
    """What is said of it and who verified it, as a digest."""
    verified = item.verifications.filter(kind=kind, withdrawn_at=None).values_list("pk", flat=True).first()
    said = said_of(item, kind)
    words = amount(said) if isinstance(said, Decimal) else said
    return sha256(f"{words}\n{verified}".encode()).hexdigest()[:16]


@transaction.atomic
def send_back(
    *, item: WorkItem, by: Person, reason: str, seen: str, kind: ImpactKind | None = None
) -> SentBack:
    """The item says it no more, it counts for nobody, and its author and leader are asked to report it anew.

    `seen` is `what_stands` on the page that was read. Sent back already, it stays as the first one left it.
    """
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    refuse_first_person(item, by)
    if standing := sent_back_of(item, kind):
        if standing.by_id == by.pk:
            return standing
        raise NotPossible(f"{standing.by} sent it back already.")
    said = said_of(item, kind)
    if said is None:
        raise NotPossible(f"Nothing is said about {kind or 'what it saves'} any more.")
    if what_stands(item, kind) != seen:
        raise Overtaken("It was reported anew or verified meanwhile. Look at it again.")
    were = credits_of(item)
    _silence(item, kind)
    told = {"amount": said} if not isinstance(said, str) else {"words": said}
    sent = SentBack.objects.create(
        organization=item.organization, item=item, kind=kind, reason=reason, by=by, sent_at=now(), **told
    )
    correct_credits(item, were)
    words = sent.in_words(saving_unit_of(item.organization))
    record_change(item, by, {"sent_back": {sent.of: [words, ""]}, "reason": ["", reason]})
    tell_of_sent_back(sent)
    note(by, "sent_back", item, impact=sent.of, found=words)
    return sent


def _silence(item: WorkItem, kind: ImpactKind | None) -> None:
    """It is said no more, and what was verified of it counts for nothing."""
    item.verifications.filter(kind=kind, withdrawn_at=None).update(withdrawn_at=now())
    if kind:
        item.impacts.filter(kind=kind).delete()
        discredit_impact(item, kind)
    else:
        item.impact = None
        item.save(update_fields=["impact"])
        discredit_saving(item)


@transaction.atomic
def report_anew(
    *, item: WorkItem, by: Person, said: Said | None, reason: str = "", kind: ImpactKind | None = None
) -> WorkItem:
    """What was sent back is said again, the same or otherwise, and waits for a second person.

    Where nothing is said, it is taken back.
    """
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    sent = sent_back_of(item, kind)
    if sent is None:
        raise NotPossible("It was reported anew already.")
    were, currency = credits_of(item), saving_unit_of(item.organization)
    settle(item, kind)
    changes: dict[str, Any]
    if said is None:
        changes = {"taken_back": {sent.of: [sent.in_words(currency), ""]}}
    elif kind:
        put_impacts(item, {kind: said})
        changes = {"impacts": {sent.of: ["", kind.in_words(said, currency)]}}
    else:
        item.impact = said
        item.save(update_fields=["impact"])
        changes = {"impact": ["", str(said)]}
    record_change(item, by, changes | ({"reason": ["", reason]} if reason else {}))
    correct_credits(item, were)
    note(by, "reported_anew", item, impact=sent.of)
    tell_of_claim(item, by)
    return item
