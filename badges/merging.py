"""Awards when two records of one person become one, and when they become two again.

By rule and key only one may stand: the one that began later ends. By hand as well, and the earlier goes on until the
later of the two ends. The rule's own are brought into line with the whole record afterwards.
"""

from datetime import datetime
from typing import Any

from django.db.models import Q

from badges.counts import part_tallies
from badges.models import (
    Award,
    AwardChange,
    AwardEvent,
    BatchEntry,
    EndedWhy,
    HiddenBadge,
    Nomination,
    NominationState,
    Origin,
    Praise,
    Revocation,
)
from badges.signals import announce
from people.audit import note
from people.models import Merge, Person
from people.repointing import Follows

FOLLOWS = (
    Follows(Award),
    Follows(Revocation),
    Follows(BatchEntry, once=("batch",)),
    Follows(HiddenBadge, once=("badge",), drops=True),
    Follows(Praise, once=("award",), drops=True),
)
REASON = "Two records of one person were merged."
PARTED = "The merge of two records was undone."


def withdraw_nominations(merge: Merge) -> None:
    """Those that wait, from, for or agreed to by the merged record: nobody takes two parts under two names."""
    theirs = Q(nominee=merge.merged) | Q(made_by=merge.merged) | Q(agreed_by=merge.merged)
    concerned = Nomination.objects.open().filter(theirs)
    for nomination in concerned.select_related("badge").select_for_update(no_key=True, of=("self",)):
        nomination.state, nomination.decided_at = NominationState.WITHDRAWN, merge.at
        nomination.decided_by_id = nomination.made_by_id
        nomination.to_tell = True
        nomination.save(update_fields=["state", "decided_at", "decided_by", "to_tell"])
        _note(merge.by, "nomination.withdrawn", nomination, REASON)
        merge.nominations.append(nomination.pk)


def reopen_nominations(merge: Merge) -> None:
    """Those that the merge withdrew wait again."""
    assert merge.undone_by is not None
    withdrawn = Nomination.objects.filter(pk__in=merge.nominations, state=NominationState.WITHDRAWN)
    for nomination in withdrawn.select_related("badge").select_for_update(no_key=True, of=("self",)):
        nomination.state, nomination.decided_at, nomination.decided_by = NominationState.OPEN, None, None
        nomination.to_tell = True
        nomination.save(update_fields=["state", "decided_at", "decided_by", "to_tell"])
        _note(merge.undone_by, "nomination.reopened", nomination, PARTED)


def _note(by: Person, action: str, nomination: Nomination, reason: str) -> None:
    note(by, action, nomination.badge, person=nomination.nominee_id, nomination=nomination.pk, reason=reason)


def end_duplicates(merge: Merge) -> None:
    """Before awards go over to the kept record; what changes is noted in the merge."""
    for going, ending in duplicates(merge.kept_id, merge.merged_id):
        merge.awards.append(_end(merge, going, ending))


def duplicates(kept_id: int, merged_id: int) -> list[tuple[Award, Award]]:
    """Pairs of awards of which only one can stand: the one that goes on, and the one that ends."""
    standing = Award.objects.standing().filter(person__in=[kept_id, merged_id])
    theirs: dict[tuple[Any, ...], list[Award]] = {}
    for award in standing.select_related("badge").order_by("starts_at", "pk"):
        theirs.setdefault((award.badge_id, award.origin, award.key), []).append(award)
    return [(both[0], both[1]) for both in theirs.values() if len(both) == 2]


def _end(merge: Merge, going: Award, ending: Award) -> dict[str, Any]:
    was, until = going.expires_at, _later(going.expires_at, ending.expires_at)
    if going.origin == Origin.HAND and until != was:
        going.expires_at = until
        going.save(update_fields=["expires_at"])
        _record(merge, going, AwardChange.CORRECTED, merge.at, REASON)
    ending.ended_at, ending.ended_why = max(merge.at, ending.starts_at), EndedWhy.MERGED
    ending.save(update_fields=["ended_at", "ended_why"])
    _record(merge, ending, AwardChange.ENDED, merge.at, REASON)
    return {
        "goes_on": going.pk,
        "ended": ending.pk,
        "was_until": was.isoformat() if was else None,
        "until": going.expires_at.isoformat() if going.expires_at else None,
    }


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def part_awards(merge: Merge) -> None:
    """After awards went back: what ended because of the merge stands again, unless its like was given meanwhile."""
    assert merge.undone_at is not None
    for change in merge.awards:
        ending, going = (
            Award.objects.select_related("badge").get(pk=change[which]) for which in ("ended", "goes_on")
        )
        if ending.ended_why == EndedWhy.MERGED and not _has_another(ending):
            ending.ended_at, ending.ended_why = None, ""
            ending.save(update_fields=["ended_at", "ended_why"])
            _record(merge, ending, AwardChange.REINSTATED, merge.undone_at, PARTED)
        until = going.expires_at.isoformat() if going.expires_at else None
        if going.origin == Origin.HAND and until == change["until"] != change["was_until"]:
            was = change["was_until"]
            going.expires_at = datetime.fromisoformat(was) if was else None
            going.save(update_fields=["expires_at"])
            _record(merge, going, AwardChange.CORRECTED, merge.undone_at, PARTED)


def _has_another(award: Award) -> bool:
    same = Award.objects.standing().filter(
        badge=award.badge_id, person=award.person_id, origin=award.origin, key=award.key
    )
    return bool(same.exists())


def settle_both(merge: Merge) -> None:
    part_tallies(merge.organization_id, [merge.kept_id, merge.merged_id])
    announce(merge.organization_id)


def _record(merge: Merge, award: Award, change: AwardChange, at: datetime, reason: str) -> None:
    AwardEvent.objects.create(
        organization_id=award.organization_id,
        award=award,
        change=change,
        at=at,
        actor=merge.undone_by or merge.by,
        reason=reason,
    )
