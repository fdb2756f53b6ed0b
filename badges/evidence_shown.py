"""An award's evidence as its page tells it."""

from dataclasses import dataclass, field

from badges.models import Award, Evidence, EvidenceKind, Origin
from people.models import Person
from people.roles import Capability


@dataclass
class Shown:
    """Pieces that count, those that were withdrawn, and how many files this reader may not open."""

    current: list[Evidence] = field(default_factory=list)
    withdrawn: list[Evidence] = field(default_factory=list)
    hidden: int = 0


def shown_evidence(award: Award, reader: Person) -> Shown | None:
    """None for what a rule gave. Links and notes are for all who see the award, files and mistakes are not."""
    if award.origin != Origin.HAND:
        return None
    reads_all = reader.pk == award.person_id or reader.can(Capability.SEE_HISTORY)
    shown = Shown()
    for piece in Evidence.objects.filter(award=award).select_related("added_by", "withdrawn_by"):
        if piece.withdrawn_at is not None:
            shown.withdrawn += [piece] if reads_all else []
        elif piece.kind == EvidenceKind.FILE and not reads_all:
            shown.hidden += 1
        else:
            shown.current.append(piece)
    return shown
