from collections.abc import Mapping
from decimal import Decimal

from django.db import models
from django.db.models import Q

from activity.models.items import WorkItem
from people.figures import amount
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel

# What can be changed about an item, in the order in which changes are told.
FIELD_WORDS = {
    "state": "State",
    "reason": "Why",
    "title": "Title",
    "problem": "What gets in the way",
    "idea": "What could be tried",
    "happens_on": "Day",
    "location": "Where",
    "author": "By",
    "leader": "Led by",
    "team": "With",
    "expected": "Expected yearly saving",
    "impact": "Yearly saving, as reported",
    "completed_on": "Completed on",
}
SAVINGS = {"expected", "impact"}
# Whoever changed one of these said what an item brings, and does not verify it.
CLAIMS = ["impact", "impacts"]
# What is kept by kind of impact: what became of what a second person looked at, what was expected, and reported.
FATES = {"sent_back": ", sent back", "taken_back": ", taken back"}
SAID = {"expectations": ", expected", "impacts": ""}


class ItemChange(TenantModel):
    """What somebody changed about an item, or where they moved it. Append-only.

    `changes` says by field what stood there before and after, in words; under `FATES` and `SAID`, by kind of
    impact. The latest one of an item is its edition.
    """

    item = TenantForeignKey(WorkItem, related_name="changes")
    by = TenantForeignKey(Person)
    changed_at = models.DateTimeField()
    changes = models.JSONField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(changes={}), name="item_change_says_something")]
        indexes = [models.Index(fields=["organization", "item", "-id"], name="item_change_newest_first")]

    @property
    def reason(self) -> str:
        """Why it was set aside or removed, as far as somebody said."""
        return str(self.changes.get("reason", ["", ""])[1])

    def in_words(self, unit: str) -> list[tuple[str, str, str]]:
        """Field by field, what it is called, and what stood there before and after; savings with their unit."""
        told = {name: self.changes[name] for name in FIELD_WORDS if name in self.changes}
        fields = [
            (FIELD_WORDS[name], _said(name, before, unit), _said(name, after, unit))
            for name, (before, after) in told.items()
        ]
        return self._by_kind(FATES) + fields + self._by_kind(SAID)

    def _by_kind(self, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
        return [
            (kind + word, before, after)
            for name, word in names.items()
            for kind, (before, after) in self.changes.get(name, {}).items()
        ]


def _said(name: str, text: str, unit: str) -> str:
    return amount(Decimal(text), unit) if text and name in SAVINGS else text
