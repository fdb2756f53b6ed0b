"""What people say about their work, as clean values."""

import re
from typing import Any

from django import forms

from activity.models import ItemKind, WorkItem
from activity.queries import people_meant
from people.models import Location, Person
from people.text import plain_text

MOST_COLLEAGUES = 20


def prose(value: str) -> None:
    """Several lines are fine; what hides or turns text is not."""
    plain_text(re.sub(r"[\r\n\t]", " ", value))


def _text(label: str, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=4000,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class WorkForm(forms.Form):
    """A new improvement or project. Colleagues are named in words, so that it works for any number of them."""

    kind = forms.ChoiceField(
        label="What is it?", choices=ItemKind.choices, required=False, widget=forms.RadioSelect
    )
    title = forms.CharField(
        label="In a few words",
        max_length=150,
        validators=[plain_text],
        error_messages={"required": "Say in a few words what it is about."},
    )
    problem = _text("What gets in the way today?")
    idea = _text("What could we try?")
    location: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Where", queryset=None, required=False, empty_label="No place in particular"
    )
    team = forms.CharField(
        label="With",
        required=False,
        max_length=2000,
        help_text="Names or e-mail addresses of colleagues, with commas between them.",
    )
    leader = forms.CharField(
        label="Who leads it",
        required=False,
        max_length=254,
        help_text="A name or an e-mail address. Left empty, you lead it.",
    )

    def __init__(self, *args: Any, author: Person, **kwargs: Any) -> None:
        initial = {"kind": ItemKind.IMPROVEMENT, "location": author.location_id}
        super().__init__(*args, **{**kwargs, "initial": {**initial, **kwargs.get("initial", {})}})
        self.author = author
        places: Any = self.fields["location"]
        places.queryset = Location.objects.visible_to(author)

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or ItemKind.IMPROVEMENT

    def clean_team(self) -> list[Person]:
        names = [" ".join(name.split()) for name in re.split(r"[,;\n]", self.cleaned_data["team"])]
        names = list(dict.fromkeys(name for name in names if name))
        if len(names) > MOST_COLLEAGUES:
            raise forms.ValidationError(f"At most {MOST_COLLEAGUES} colleagues can be named here.")
        return self._colleagues(names)

    def clean_leader(self) -> Person:
        name = " ".join(self.cleaned_data["leader"].split())
        return self._colleagues([name])[0] if name else self.author

    def _colleagues(self, names: list[str]) -> list[Person]:
        found = people_meant(self.author, names)
        doubts = [self._doubt(name, people) for name, people in found.items() if len(people) != 1]
        if doubts:
            raise forms.ValidationError(doubts)
        return [people[0] for people in found.values()]

    @staticmethod
    def _doubt(name: str, people: list[Person]) -> str:
        if people:
            return f"“{name}” may mean {people[0]} or {people[1]}. Write the e-mail address."
        return f"Nobody here is called “{name}”."


class CompleteForm(forms.Form):
    impact = forms.DecimalField(
        label="Measured yearly saving",
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text="In your currency. It may stay empty.",
        error_messages={"invalid": "Write a number such as 1250.50."},
    )

    def __init__(self, *args: Any, item: WorkItem, **kwargs: Any) -> None:
        kwargs["initial"] = {"impact": item.impact}
        super().__init__(*args, **kwargs)
