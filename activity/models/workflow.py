from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from activity.models.kinds import Kind
from people.tenancy import TenantForeignKey, TenantModel
from people.text import plain_text


class ItemKind(models.TextChoices):
    IMPROVEMENT = "improvement", "Improvement"
    PROJECT = "project", "Project"
    TASK = "task", "Task"
    EVENT = "event", "Event"


# Kinds that an organization may give steps of its own; an event is held or it is not.
STEPPED = (ItemKind.IMPROVEMENT, ItemKind.PROJECT, ItemKind.TASK)


class Movers(models.TextChoices):
    """Who may make a move: those who move everybody's work always, but for the second pair of eyes."""

    CONCERNED = "concerned", "Author, leader, team, managers"
    OWN = "own", "Author, leader, managers"
    SECOND = "second", "Leader or manager, not author"
    MANAGERS = "managers", "Managers alone"


class MoveName(models.TextChoices):
    START = "start", "Start"
    COMPLETE = "complete", "Complete"
    DECLINE = "decline", "Set aside"
    REOPEN = "reopen", "Open again"


class Step(TenantModel):
    """Where work of a kind can stand between submitted and completed, in an organization's own words and order.

    Moving there may write activities of the kind `writes`. Work that was never at a `required` one is not completed.
    """

    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in STEPPED])
    name = models.CharField(max_length=60, validators=[plain_text])
    position = models.PositiveIntegerField()
    writes = TenantForeignKey(Kind, null=True, blank=True)
    movers = models.CharField(
        max_length=20, choices=Movers.choices, default=Movers.OWN, db_default=Movers.OWN
    )
    required = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("organization", "kind", Lower("name"), name="step_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in STEPPED]), name="step_kind_known"
            ),
            models.CheckConstraint(condition=Q(movers__in=Movers.values), name="step_movers_known"),
        ]

    def __str__(self) -> str:
        return self.name


class MoveRight(TenantModel):
    """Who may make one of Lapel's own moves with work of a kind, where an organization says otherwise than Lapel."""

    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    move = models.CharField(max_length=20, choices=MoveName.choices)
    movers = models.CharField(max_length=20, choices=Movers.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "move"], name="move_right_once"),
            models.CheckConstraint(
                condition=Q(kind__in=ItemKind.values, move__in=MoveName.values, movers__in=Movers.values),
                name="move_right_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.move}"
