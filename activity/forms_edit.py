"""Changing what an item says, as clean values."""

from typing import Any, cast

from django import forms
from django.http import QueryDict

from activity.editing import edition
from activity.fields import Figure
from activity.forms import Colleagues, WorkForm
from activity.models import MEASURED, ItemKind, ItemState, WorkItem
from people.models import Person
from people.roles import Capability


class EditForm(WorkForm):
    """All that its editor may change about an item, which depends on its kind and on whether it is completed."""

    field_order = [
        "seen", "title", "happens_on", "problem", "idea", "author", "leader", "team", "location", "expected",
    ]  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    author = Colleagues(label="Submitted by", max_length=254, help_text="A name or an e-mail address.")
    impact = Figure(label="Yearly saving, as reported", required=False, hint="In {unit}.")
    completed_on = forms.DateField(
        label="Completed on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say on which day.", "invalid": "Write a day such as 2026-11-24."},
    )

    def __init__(self, data: Any = None, *, item: WorkItem, editor: Person) -> None:
        self.item = item
        super().__init__(data, author=editor)
        self.initial = self._as_it_is()

    def kind_of(self, kind: str) -> ItemKind:
        return ItemKind(self.item.kind)

    def there_already(self) -> WorkItem:
        return self.item

    def only(self, labels: dict[str, str]) -> None:
        super().only({"leader": "Who leads it", **labels})
        self.ask_impacts(self.item)
        completed = self.item.state == ItemState.COMPLETED
        del self.fields["kind"]
        if not self.asker.can(Capability.MOVE_WORK):  # whose work it is decides who may complete it
            del self.fields["author"]
        if self.item.kind not in MEASURED:
            del self.fields["impact"]
        if not completed or self.item.kind == ItemKind.EVENT:
            del self.fields["completed_on"]
        self.fields["leader"].help_text = "A name or an e-mail address."

    def _as_it_is(self) -> dict[str, Any]:
        item = self.item
        people = {
            "author": [item.author],
            "leader": [item.leader] if item.leader else [],
            "team": [member.person for member in item.team.select_related("person").order_by("person__name")],
        }
        shown = {
            name: cast(Colleagues, self.fields[name]).show(those)
            for name, those in people.items()
            if name in self.fields
        }
        plain = ("title", "problem", "idea", "expected", "impact", "happens_on")
        at = item.completed_at
        return {
            **{name: getattr(item, name) for name in plain},
            **shown,
            "location": item.location_id,
            "completed_on": at.astimezone(item.organization.time_zone).date() if at else None,
            "seen": edition(item),
        }

    def clean_author(self) -> Person:
        named: list[Person] = self.cleaned_data["author"]
        if not named:
            raise forms.ValidationError("Name who submitted it.")
        return named[0]

    def clean_leader(self) -> Any:
        named: list[Person] = self.cleaned_data["leader"]
        if not named and self.item.kind != ItemKind.IMPROVEMENT:
            raise forms.ValidationError("Name who leads it.")
        return named[0] if named else None

    def clean_seen(self) -> int:
        said: str = self.cleaned_data["seen"]
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else -1

    def values(self) -> dict[str, Any]:
        """What the item is to say, without which edition the form showed."""
        said = {name: value for name, value in super().values().items() if name != "seen"}
        return {**said, "impacts": self.said_impacts()}

    def renewed(self) -> "EditForm":
        """The same entries over the item as it stands now."""
        data = {**cast(QueryDict, self.data).dict(), "seen": str(edition(self.item))}
        form = EditForm(data, item=self.item, editor=self.asker)
        form.is_valid()
        return form

    def hand_back(self, why: str) -> None:
        """The same entries, about which nothing is wrong but `why` they cannot be saved."""
        self.fields.pop("completed_on", None)  # asked for since it is completed
        self.errors.clear()
        self.add_error(None, why)
