from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from activity.models.items import WorkItem
from activity.models.kinds import Kind
from people.figures import amount
from people.tenancy import TenantForeignKey, TenantModel
from people.text import plain_text

Said = Decimal | str  # what an item is said to bring: a figure, or words


class Measure(models.TextChoices):
    MONEY = "money", "Money"
    NUMBER = "number", "A number"
    WORDS = "words", "Words"


class ImpactKind(TenantModel):
    """What work may bring besides its yearly saving, as an organization names and measures it. Never deleted.

    Once a second person has verified one, activities of the kind `writes` say so. How it is measured stays for good.
    """

    name = models.CharField(max_length=60, validators=[plain_text])
    measure = models.CharField(max_length=10, choices=Measure.choices)
    unit = models.CharField(max_length=20, blank=True, validators=[plain_text])
    yearly = models.BooleanField(default=False)
    asks_expected = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField()
    writes = TenantForeignKey(Kind, db_index=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="impact_kind_once"),
            models.UniqueConstraint(fields=["organization", "writes"], name="impact_kind_writes_its_own"),
            models.CheckConstraint(
                condition=(Q(measure=Measure.NUMBER) & ~Q(unit=""))
                | Q(measure=Measure.MONEY, unit="")
                | Q(measure=Measure.WORDS, unit="", yearly=False),
                name="impact_kind_measured",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_figure(self) -> bool:
        return self.measure != Measure.WORDS

    def counted_in(self, currency: str) -> str:
        return currency if self.measure == Measure.MONEY else self.unit

    def measured_in(self, currency: str) -> str:
        """The unit of its figures, with the time they are for; "" where there is none."""
        unit = self.counted_in(currency)
        return f"{unit} a year".strip() if self.yearly else unit

    def in_words(self, said: Said | None, currency: str) -> str:
        return amount(said, self.measured_in(currency)) if isinstance(said, Decimal) else said or ""


class SaidOfKind(TenantModel):
    """Something that is said of an item, of one kind: a figure, or words where the kind has none."""

    kind = TenantForeignKey(ImpactKind, db_index=False)
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    words = models.TextField(blank=True, max_length=1000)

    class Meta:
        abstract = True
        ordering = ["kind__position", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "item", "kind"], name="%(class)s_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__isnull=False, words="") | (Q(amount=None) & ~Q(words="")),
                name="%(class)s_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"

    @property
    def said(self) -> Said:
        return self.words if self.amount is None else self.amount


class Impact(SaidOfKind):
    """What an item is said to bring."""

    item = TenantForeignKey(WorkItem, related_name="impacts", db_index=False)


class Expectation(SaidOfKind):
    """What an item is expected to bring."""

    item = TenantForeignKey(WorkItem, related_name="expectations", db_index=False)
