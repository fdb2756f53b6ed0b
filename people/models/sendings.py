from django.db import models

from people.tenancy import TenantModel


class Sending(TenantModel):
    """A form that made something: `digest` says who sent what where, `answer` where it led. Forgotten after days.

    Written in the transaction of what it made; `answer` is empty only within that.
    """

    digest = models.CharField(max_length=64)
    answer = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="sending_once")]
        indexes = [models.Index(fields=["organization", "sent_at"], name="sending_oldest_first")]

    def __str__(self) -> str:
        return self.digest
