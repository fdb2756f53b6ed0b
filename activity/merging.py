"""What the ledger and the work items keep of somebody, when two records of one person become one."""

from django.db.models import Q

from activity.models import (
    CLAIMS,
    Activity,
    Attachment,
    Comment,
    ItemNews,
    PendingEvaluation,
    TeamMember,
    Verification,
    WorkItem,
)
from people.changes import Refused
from people.models import Person
from people.repointing import Follows

FOLLOWS = (
    Follows(Activity),
    Follows(WorkItem, "author"),
    Follows(WorkItem, "leader"),
    Follows(WorkItem, "completed_by"),
    Follows(TeamMember, once=("item",), drops=True),
    Follows(Comment, "author"),
    Follows(ItemNews, "by"),
    Follows(ItemNews),
    Follows(Attachment, "added_by"),
    Follows(PendingEvaluation),
)


def refuse_own_verifications(one: Person, other: Person) -> None:
    """What somebody verified under one record may not be their own work under the other, whatever was merged before."""
    both = Person.objects.records_of(one, other).values("pk")
    theirs = Verification.objects.filter(by__in=both, withdrawn_at=None)
    team = TeamMember.objects.filter(person__in=both).values("item")
    own = theirs.filter(
        Q(item__author__in=both)
        | Q(item__leader__in=both)
        | Q(item__completed_by__in=both)
        | Q(item__in=team)
        | Q(item__changes__by__in=both, item__changes__changes__has_any_keys=CLAIMS)
    )
    found = own.select_related("item").order_by("item__number").first()
    if found is not None:
        raise Refused(
            f"One of the two verified what the other one’s {found.item.label} saves."
            " Open it again first, which withdraws that."
        )
