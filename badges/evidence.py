"""Evidence with awards by hand: attached with the giving, added afterwards, withdrawn, never deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Sum

from badges.models import Award, AwardEvent, Evidence, EvidenceData, EvidenceKind, Nomination
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.files import SafeFile
from people.locks import one_at_a_time
from people.models import Organization, Person

MOST_LINKS = 5
MOST_FILES = 5
MOST_AN_AWARD = 40
QUOTA = 2 * 1024**3  # bytes that one organization may keep as evidence

NEEDED = "{} is given with evidence only. Add a link, a note or a file."


@dataclass(frozen=True)
class Piece:
    """A link, a note, or a file that was made safe: one of them."""

    link: str = ""
    note: str = ""
    file: SafeFile | None = None

    @property
    def kind(self) -> EvidenceKind:
        if self.file is not None:
            return EvidenceKind.FILE
        return EvidenceKind.LINK if self.link else EvidenceKind.NOTE


@transaction.atomic
def add_evidence(*, award: Award, by: Person, pieces: Sequence[Piece]) -> None:
    """More evidence for an award that was given already; what is there already is not added twice."""
    if not pieces:
        raise Refused("Add a link, a note or a file.")
    Award.objects.select_for_update(no_key=True).get(pk=award.pk)  # so that a second click finds it
    if new := without_known(award, pieces):
        attach(to=award, by=by, pieces=new)
        note(by, "award.evidence_added", award.badge, award=award.pk, person=award.person_id, count=len(new))


@transaction.atomic
def withdraw_evidence(*, evidence: Evidence, by: Person, reason: str) -> None:
    """A mistaken piece is no evidence any more; it stays on record. A second time changes nothing."""
    if not reason.strip():
        raise Refused("Say why it is withdrawn.")
    award = Award.objects.select_for_update(no_key=True).get(pieces=evidence)
    evidence = Evidence.objects.select_for_update(no_key=True).get(pk=evidence.pk)
    if evidence.withdrawn_at is not None:
        return
    others = Evidence.objects.current().filter(award=award).exclude(pk=evidence.pk)
    if award.badge.demands_evidence and not others.exists():
        raise Refused(f"{award.badge} demands evidence. Add the right piece first.")
    evidence.withdrawn_by, evidence.withdrawn_at, evidence.withdrawn_why = by, now(), reason
    evidence.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_why"])
    note(by, "award.evidence_withdrawn", award.badge, award=award.pk, person=award.person_id, reason=reason)


def attach(
    *, to: Award | Nomination, by: Person | None, pieces: Sequence[Piece], event: AwardEvent | None = None
) -> None:
    """Store the pieces with what they are for, within the caller's transaction. Raises `Refused`."""
    _refuse_too_much(to, pieces)
    what = {"award": to} if isinstance(to, Award) else {"nomination": to}
    rows = [_row(piece, by, organization_id=to.organization_id, event=event, **what) for piece in pieces]
    Evidence.objects.bulk_create(rows)
    EvidenceData.objects.bulk_create(
        EvidenceData(organization_id=to.organization_id, evidence=row, data=piece.file.data)
        for row, piece in zip(rows, pieces, strict=True)
        if piece.file is not None
    )


def hand_over(*, nomination: Nomination, award: Award, event: AwardEvent | None) -> None:
    """What a nomination rested on is from now on what the award rests on."""
    Evidence.objects.filter(nomination=nomination).update(award=award, event=event)


def attach_each(pairs: Iterable[tuple[AwardEvent, Piece]]) -> None:
    """Links and notes with many givings and renewings; files go with single awards only."""
    Evidence.objects.bulk_create(
        _row(piece, event.actor, organization_id=event.organization_id, award_id=event.award_id, event=event)
        for event, piece in pairs
    )


def without_known(award: Award, pieces: Iterable[Piece]) -> list[Piece]:
    known = Evidence.objects.current().filter(award=award)
    said = set(known.values_list("link", "note", "name", "size"))
    return [piece for piece in pieces if _said(piece) not in said]


def _said(piece: Piece) -> tuple[str, str, str, int]:
    name, size = (piece.file.name, len(piece.file.data)) if piece.file else ("", 0)
    return piece.link, piece.note, name, size


def _row(piece: Piece, by: Person | None, **of: Any) -> Evidence:
    link, text, name, size = _said(piece)
    return Evidence(
        **of,
        kind=piece.kind,
        link=link,
        note=text,
        name=name,
        content_type=piece.file.content_type if piece.file else "",
        size=size,
        added_by=by,
        added_at=now(),
    )


def _refuse_too_much(to: Award | Nomination, pieces: Sequence[Piece]) -> None:
    # One organization's evidence comes in one after the other, so that files cannot outrun the sum together.
    one_at_a_time("evidence", to.organization_id)
    if to.pieces.count() + len(pieces) > MOST_AN_AWARD:
        raise Refused(f"One award keeps at most {MOST_AN_AWARD} pieces of evidence.")
    more = sum(len(piece.file.data) for piece in pieces if piece.file)
    if more and kept_bytes(to.organization) + more > QUOTA:
        raise Refused("The space for evidence is used up. Give a link to the file instead.")


def kept_bytes(organization: Organization) -> int:
    files = Evidence.objects.filter(organization=organization, kind=EvidenceKind.FILE)
    return files.aggregate(sum=Sum("size"))["sum"] or 0
