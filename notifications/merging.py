"""What is told to somebody, when two records of one person become one."""

from notifications.models import Delivery, MailHours, Notice, Preference
from people.models import Person
from people.repointing import Follows


class Unbegun(Follows):
    """A mail that waits stays with the signpost where the kept record has one to the same address."""

    def clashing(self, kept: Person, merged: Person) -> set[int]:
        waiting = Delivery.objects.unbegun()
        there = set(waiting.filter(recipient=kept).values_list("address", "rhythm"))
        rows = waiting.filter(recipient=merged).values_list("pk", "address", "rhythm")
        return {pk for pk, *place in rows if tuple(place) in there}


FOLLOWS = (
    Follows(
        Notice, "recipient", once=("event", "award", "ends_on", "days", "nomination", "kind", "news", "flood")
    ),
    Unbegun(Delivery, "recipient"),
    Follows(Preference, once=("kind",)),
    Follows(MailHours, once=()),
)
