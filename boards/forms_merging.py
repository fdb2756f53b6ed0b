"""Which of two records stays, and what of either is right."""

from typing import Any

from django import forms

from people.forms import manager_label
from people.merging import CHOICES
from people.models import Person

LABELS = {
    "name": "Name", "email": "E-mail address", "title": "Job title", "location": "Location", "manager": "Manager",
    "user": "Login", "joined_on": "Joined on",
}  # fmt: skip


class MergeForm(forms.Form):
    """`keep` and a choice for each thing in which the two differ; values are the records' numbers."""

    keep = forms.ChoiceField(label="Which record stays", widget=forms.RadioSelect)

    def __init__(self, *args: Any, one: Person, other: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.both = {str(one.pk): one, str(other.pk): other}
        keep: Any = self.fields["keep"]
        keep.choices = [
            (pk, f"{person}, staff number {person.external_id}") for pk, person in self.both.items()
        ]
        keep.initial = str(one.pk)
        for name in CHOICES:
            if getattr(one, name) != getattr(other, name):
                self.fields[name] = _choice(name, self.both)

    @property
    def differing(self) -> list[forms.BoundField]:
        return [self[name] for name in CHOICES if name in self.fields]

    @property
    def kept(self) -> Person:
        return self.both[self.cleaned_data["keep"]]

    @property
    def merged(self) -> Person:
        return next(person for person in self.both.values() if person.pk != self.kept.pk)

    @property
    def theirs(self) -> frozenset[str]:
        """What the record that stays takes from the other one."""
        other = str(self.merged.pk)
        return frozenset(name for name in CHOICES if self.cleaned_data.get(name) == other)


def _choice(name: str, both: dict[str, Person]) -> forms.ChoiceField:
    told = {pk: _told(name, person) for pk, person in both.items()}
    first, second = both
    field = forms.ChoiceField(label=LABELS[name], widget=forms.RadioSelect, choices=list(told.items()))
    values = [getattr(person, name) for person in both.values()]
    earlier = name == "joined_on" and all(values) and values[1] < values[0]
    field.initial = second if earlier or not values[0] else first
    return field


def _told(name: str, person: Person) -> str:
    value = getattr(person, name)
    if not value:
        return "None"
    if name == "joined_on":
        return f"{value:%-d %B %Y}"
    if name == "manager":
        return f"{value}, {manager_label(value)}"
    return str(value)
