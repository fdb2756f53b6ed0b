"""What is told to somebody, when two records of one person become one."""

from notifications.models import Delivery, MailHours, Notice, Preference
from people.repointing import Follows

FOLLOWS = (
    Follows(Notice, "recipient", once=("event", "award", "ends_on", "days")),
    Follows(Delivery, "recipient"),
    Follows(Preference, once=("kind",)),
    Follows(MailHours, once=()),
)
