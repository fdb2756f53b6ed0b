"""What rules keep of somebody, when two records of one person become one."""

from people.models import Merge
from people.repointing import Follows
from rules.models import Example, NextDue

FOLLOWS = (Follows(Example, once=("badge",), drops=True),)


def forget_due(merge: Merge) -> None:
    """It is found anew for whoever is looked at again."""
    NextDue.objects.filter(person__in=[merge.kept, merge.merged]).delete()
