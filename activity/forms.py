"""What people say about their work, as clean values."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from activity.fields import Figure, Prose, say_unit
from activity.forms_impacts import AsksImpacts
from activity.kinds import saving_unit_of
from activity.models import MEASURED, ItemKind, WorkItem
from activity.queries import people_meant
from people.files import HINT, MOST_BYTES, TOO_LARGE
from people.models import Location, Person
from people.suggesting import NAMES_ONE, NAMES_SEVERAL
from people.text import plain_text

MOST_COLLEAGUES = 20
MOST_ATTENDEES = 100


class Colleagues(forms.CharField):
    """People named in words, which works for any number of them: names or e-mail addresses, with commas."""

    def __init__(self, *, most: int = 1, widget: type[forms.Widget] = forms.TextInput, **kwargs: Any) -> None:
        attrs = NAMES_ONE if most == 1 else NAMES_SEVERAL
        super().__init__(required=False, widget=widget(attrs=attrs), **kwargs)
        self.most = most
        self.reader: Person | None = None
        self.kept: list[Person] = []  # who stood there already, and may stay whatever has become of them

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        names = [" ".join(name.split()) for name in re.split(r"[,;\n]", text)]
        names = list(dict.fromkeys(name for name in names if name))
        if len(names) > self.most:
            raise forms.ValidationError(
                _TOO_MANY.get(self.most, f"At most {self.most} colleagues can be named here.")
            )
        return self._meant(names)

    def _meant(self, names: list[str]) -> list[Person]:
        assert self.reader is not None
        kept = {self.written(person): person for person in self.kept}
        found = {name: [kept[name]] for name in names if name in kept}
        found |= people_meant(self.reader, [name for name in names if name not in kept])
        found = {name: found[name] for name in names}
        doubts = [_doubt(name, people) for name, people in found.items() if len(people) != 1]
        if doubts:
            raise forms.ValidationError(doubts)
        return list({people[0].pk: people[0] for people in found.values()}.values())

    def show(self, people: list[Person]) -> str:
        """The text for those who stand there."""
        self.kept = people
        return ", ".join(map(self.written, people))

    def written(self, person: Person) -> str:
        """By name, unless a comma or a namesake beside them would mislead."""
        namesakes = [other for other in self.kept if other.name == person.name]
        plain = len(namesakes) == 1 and not re.search("[,;]", person.name)
        return " ".join(person.name.split()) if plain else person.email


_TOO_MANY = {1: "Name one person here."}


def _doubt(name: str, people: list[Person]) -> str:
    if people:
        return f"“{name}” may mean {people[0]} or {people[1]}. Write the e-mail address."
    return f"Nobody here is called “{name}”."


@dataclass(frozen=True)
class Wording:
    """How a kind of work is asked for: fields that it has besides the title, with their labels, and words around."""

    heading: str
    sub: str
    submit: str
    example: str
    fields: dict[str, str]


WORDINGS = {
    ItemKind.IMPROVEMENT: Wording(
        "Submit an improvement",
        "Two minutes. Small ideas are welcome.",
        "Submit",
        "Red lids for the sharps bins",
        {"problem": "What gets in the way today?", "idea": "What could we try?", "team": "With"},
    ),
    ItemKind.PROJECT: Wording(
        "Start a project",
        "For what takes more than one person or one day.",
        "Start",
        "A new stock room for Ward 4B",
        {
            "problem": "What gets in the way today?",
            "idea": "What could we try?",
            "team": "With",
            "leader": "Who leads it",
        },
    ),
    ItemKind.TASK: Wording(
        "Add a task",
        "Something to be done, by you or by a colleague.",
        "Add",
        "Order twenty red lids",
        {"problem": "What is there to do?", "leader": "Who does it", "team": "With"},
    ),
    ItemKind.EVENT: Wording(
        "Plan an event",
        "A training, a workshop, a walk. Say who came once it was held.",
        "Plan",
        "Hand hygiene refresher",
        {
            "happens_on": "On which day",
            "problem": "What is it about?",
            "leader": "Who leads it",
            "team": "Who attends",
        },
    ),
}


class WorkForm(AsksImpacts):
    """A new item of one kind: the one that was sent along, else the one that the page is for."""

    field_order = ["kind", "title", "happens_on", "problem", "idea", "leader", "expected", "location", "team"]
    kind = forms.ChoiceField(choices=ItemKind.choices, required=False, widget=forms.HiddenInput)
    title = forms.CharField(
        label="In a few words",
        max_length=150,
        validators=[plain_text],
        error_messages={"required": "Say in a few words what it is about."},
    )
    problem = Prose(required=False)
    idea = Prose(required=False)
    location: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Where", queryset=None, required=False, empty_label="No place in particular"
    )
    happens_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say on which day.", "invalid": "Write a day such as 2026-11-24."},
        validators=[
            MinValueValidator(date(2000, 1, 1), "Choose a day from 2000 on."),
            MaxValueValidator(date(2099, 12, 31), "Choose a day before 2100."),
        ],
    )
    expected = Figure(
        label="Expected yearly saving", required=False, hint="In {unit}, as far as you can tell."
    )
    team = Colleagues(
        most=MOST_COLLEAGUES,
        max_length=2000,
        help_text="Names or e-mail addresses, with commas.",
    )
    leader = Colleagues(max_length=254, help_text="A name or an e-mail address. Left empty, it is you.")

    def __init__(self, *args: Any, author: Person, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asker = author
        self.item_kind = self.kind_of(kind)
        self.initial = {"location": author.location_id, **self.initial, "kind": self.item_kind}
        self.wording = WORDINGS[self.item_kind]
        self.only(self.wording.fields)
        if "expected" in self.fields:
            say_unit(self, saving_unit_of(author.organization))
        places: Any = self.fields["location"]
        places.queryset = Location.objects.visible_to(author)

    def kind_of(self, kind: str) -> ItemKind:
        asked = self.data.get("kind", "") or kind
        return ItemKind(asked) if asked in ItemKind.values else ItemKind.IMPROVEMENT

    def there_already(self) -> WorkItem | None:
        return None

    def only(self, labels: dict[str, str]) -> None:
        for name in ("happens_on", "problem", "idea", "team", "leader"):
            if name in labels:
                self.fields[name].label = labels[name]
            else:
                del self.fields[name]
        if self.item_kind in MEASURED:
            self.ask_expectations(self.there_already())
        else:
            del self.fields["expected"]
        for field in self.fields.values():
            if isinstance(field, Colleagues):
                field.reader = self.asker
        if self.item_kind == ItemKind.EVENT:
            cast(Colleagues, self.fields["team"]).most = MOST_ATTENDEES

    def values(self) -> dict[str, Any]:
        """What the item is to say."""
        if not self.expected_kinds:
            return self.rest()
        return {**self.rest(), "expectations": self.said_expectations()}

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or self.item_kind

    def clean_leader(self) -> Person:
        named: list[Person] = self.cleaned_data["leader"]
        return named[0] if named else self.asker


class CompleteForm(AsksImpacts):
    """What came of an item: what it saves and else brings where that is asked, who came where it was an event."""

    impact = Figure(label="Measured yearly saving", required=False, hint="In {unit}. It may stay empty.")
    came: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        label="Who came", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    also = Colleagues(
        most=MOST_ATTENDEES,
        max_length=10_000,
        label="Who else came",
        help_text="Names or e-mail addresses, with commas between them.",
    )

    def __init__(self, *args: Any, item: WorkItem, by: Person, **kwargs: Any) -> None:
        kwargs["initial"] = {"impact": item.impact}
        super().__init__(*args, **kwargs)
        self.ask_impacts(item)
        if item.kind not in MEASURED:
            del self.fields["impact"]
        if item.kind != ItemKind.EVENT:
            del self.fields["came"], self.fields["also"]
            return
        fields: Any = self.fields
        fields["also"].reader = by
        fields["came"].queryset = Person.objects.filter(pk__in=item.team.values("person"))
        self.initial["came"] = [member.person_id for member in item.team.all()]

    def outcome(self) -> dict[str, Any]:
        """What the completion of the item takes."""
        if "came" in self.fields:
            return {"came": [*self.cleaned_data["came"], *self.cleaned_data["also"]]}
        impacts = {kind: said for kind, said in self.said_impacts().items() if said is not None}
        return {**self.rest(), "impacts": impacts}


NOTHING_SAVED = "Say why it saves nothing, so that those who did it can follow."


class VerifyForm(forms.Form):
    value = Figure(
        label="It saves, in a year",
        hint="In {unit}. Others had a hand in it; you look at the figure. "
        "If it saves nothing, write 0 and say why.",
        error_messages={"required": "Say how much it saves; 0 where it saves nothing."},
    )
    reason = Prose(label="How it was measured", required=False, max_length=1000, rows=2)

    def clean(self) -> None:
        if self.cleaned_data.get("value") == 0 and not self.cleaned_data.get("reason"):
            self.add_error("reason", NOTHING_SAVED)


class CommentForm(forms.Form):
    text = Prose(label="Your comment", error_messages={"required": "Write something first."})
    text.widget.attrs["data-kept"] = ""


class FileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text=HINT,
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty. Choose another one.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return file


class DeclineForm(forms.Form):
    """Why it is not taken on, for those who had the idea; a refusal without a word is possible."""

    reason = Prose(
        label="Why, for those who worked on it",
        required=False,
        max_length=500,
        rows=2,
        help_text="They are told, and everybody who sees the item reads it.",
    )

    def outcome(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class VoidForm(forms.Form):
    reason = forms.CharField(
        label="Why it does not count",
        max_length=200,
        validators=[plain_text],
        help_text="Everybody who sees the item reads it.",
        error_messages={"required": "Say why it does not count."},
    )


class RemoveFileForm(forms.Form):
    reason = forms.CharField(
        label="Why it is removed",
        max_length=200,
        validators=[plain_text],
        error_messages={"required": "Say why it is removed."},
    )
