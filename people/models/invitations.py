from django.db import models
from django.db.models import F, Q

from people.models.persons import Person
from people.tenancy import TenantForeignKey, TenantModel


class Invitation(TenantModel):
    """A person was asked by mail to take up their login. Its link is signed, and is good once.

    `serial` counts the mails: of several, only the youngest link works. `sent_at` is empty until a mail
    server has taken the mail; whoever has no `closed_at` (accepted or withdrawn) and is in time may accept.
    """

    person = TenantForeignKey(Person, related_name="invitations")
    email = models.EmailField("e-mail address", max_length=254)
    invited_by = TenantForeignKey(Person, null=True, blank=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    serial = models.PositiveIntegerField(default=1)
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-invited_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person"],
                condition=Q(closed_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(closed_at=F("accepted_at")),
                name="invitation_accepted_closes",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-invited_at", "-id"], name="invitation_newest_first")
        ]
