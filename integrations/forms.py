from typing import Any

from django import forms

from integrations.imports import MOST_BYTES
from integrations.kinds import KINDS, likely
from integrations.models import DAY_ORDERS, Import, ImportKind
from people.access import administered_location_ids
from people.forms import person_named
from people.models import Person
from people.places import tree
from people.suggesting import NAMES_ONE
from people.text import plain_text

NOT_THERE = "Not in the file"
DAY_ORDER = "day_order"


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label="What it lists", error_messages={"invalid_choice": "Choose what it lists."}
    )
    file = forms.FileField(
        label="CSV file",
        help_text="As a spreadsheet saves it: commas, semicolons or tabs; the first line names the columns. "
        "Up to 50 MB, 100,000 rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.gz,text/csv"}),
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty. Choose another one.",
            "invalid": "Choose a file.",
        },
    )

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["kind"]
        choice.choices = [(value, label) for value, label in ImportKind.choices if value in kinds]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 50 MB. Please split it.")
        return file


class MappingForm(forms.Form):
    """One choice for each of our columns, among the file's; by number, so that no name is sent around."""

    def __init__(self, *args: Any, found: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found, self.kind = found, KINDS[found.kind]
        numbered = [(str(number), name) for number, name in enumerate(found.header)]
        numbers = {name: number for number, name in numbered}
        could_be = likely(self.kind, found.header, found.mapping)
        for column in self.kind.columns:
            perhaps = " or ".join(could_be.get(column.name, [])[:3])
            needed = column.name in self.kind.required
            self.fields[column.name] = forms.ChoiceField(
                label=column.label,
                help_text=f"{column.hint} Perhaps {perhaps}?".strip() if perhaps else column.hint,
                required=needed,
                choices=[("", "Choose a column" if needed else NOT_THERE), *numbered],
                initial=numbers.get(found.mapping.get(column.name, ""), ""),
                error_messages={
                    "required": f"Choose the column for “{column.label}”.",
                    "invalid_choice": "Choose one of the file's columns.",
                },
            )
        if self.kind.days:
            self.fields[DAY_ORDER] = forms.ChoiceField(
                label="What comes first in days with slashes",
                help_text="Such as 3/2/2026. Others are understood as they are.",
                required=False,
                choices=[("", "There are none"), *DAY_ORDERS],
                initial=found.day_order,
            )

    def clean(self) -> dict[str, Any]:
        first: dict[str, str] = {}
        for name, number in self._numbers():
            if number in first:
                other = self.fields[first[number]].label
                self.add_error(name, f"This column is chosen for “{other}” already. Choose another one.")
            first.setdefault(number, name)
        return dict(self.cleaned_data)

    def _numbers(self) -> list[tuple[str, str]]:
        chosen = self.cleaned_data.items()
        return [(name, number) for name, number in chosen if number and name != DAY_ORDER]

    def mapping(self) -> dict[str, str]:
        return {name: self.found.header[int(number)] for name, number in self._numbers()}

    @property
    def day_order(self) -> str:
        return str(self.cleaned_data.get(DAY_ORDER, ""))


class StartForm(forms.Form):
    tells = forms.BooleanField(
        label="Send mails and notices",
        required=False,
        help_text="Fifteen minutes after the import, as each badge wants it. Leave it off for what happened long ago.",
    )


AS_IT_IS, NOWHERE = "", "none"


class ChangeForm(forms.Form):
    """What is to be the same for many people; what is left empty stays as it is with everybody."""

    location = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": "This location cannot be chosen. Choose another one."},
    )
    title = forms.CharField(label="Job title", max_length=100, required=False, validators=[plain_text])
    manager = forms.CharField(
        max_length=254,
        required=False,
        validators=[plain_text],
        widget=forms.TextInput(attrs=NAMES_ONE),
        help_text="Their e-mail address, staff number or full name.",
    )

    def __init__(self, *args: Any, editor: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = Person.objects.filter(organization=editor.organization)
        ids = administered_location_ids(editor)
        open_ones = [
            place
            for place in tree(editor.organization)
            if place.location.closed_on is None and (ids is None or place.location.pk in ids)
        ]
        location: Any = self.fields["location"]
        location.choices = [
            (AS_IT_IS, "As it is"),
            *([(NOWHERE, "Nowhere in particular")] if ids is None else []),
            *((place.location.external_id, place.label) for place in open_ones),
        ]

    def clean_manager(self) -> Person | None:
        told: str = self.cleaned_data["manager"]
        return person_named(told, self.people) if told else None

    def clean(self) -> dict[str, Any]:
        if not self.errors and not any(self.cleaned_data.values()):
            raise forms.ValidationError("Choose what to change.")
        return dict(self.cleaned_data)

    def cells(self) -> dict[str, str]:
        """By column of an import, what its cells are to be."""
        location, manager = self.cleaned_data["location"], self.cleaned_data["manager"]
        told = {
            "location": "" if location == NOWHERE else location,
            "title": self.cleaned_data["title"],
            "manager": manager.external_id if manager else "",
        }
        return {name: cell for name, cell in told.items() if self.cleaned_data[name]}
