"""What managers say about boards, as clean values."""

from typing import Any

from django import forms
from django.http import QueryDict

from boards.columns import DEFINITIONS, USUAL, Choice, choices, known, moved
from boards.models import Card, Order
from boards.queries import badges_shown, places
from people.models import Person
from people.text import plain_text

MOST_ROWS = 100


def _title(label: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=80, validators=[plain_text], error_messages={"required": missing}
    )


class BoardForm(forms.Form):
    title = _title("Title", "Say what the board is for, such as Ward 4B huddle.")


class ListForm(forms.Form):
    """A list of people under a name."""

    name = forms.CharField(
        max_length=80,
        validators=[plain_text],
        error_messages={"required": "Name the list, such as HIPAA renewals due."},
    )
    shared = forms.BooleanField(
        label="Share it with everybody here",
        required=False,
        help_text="They find it under Saved lists. Only you can change or remove it.",
    )


class CardForm(forms.Form):
    """The view settings of a People List card. `col` are the columns, in the order in which they are sent."""

    title = _title("Card title", "Say who is on the card, such as Our team.")
    col = forms.MultipleChoiceField(
        label="Columns", required=False, error_messages={"invalid_choice": "There is no such column."}
    )
    location = forms.ChoiceField(
        label="People of",
        required=False,
        error_messages={"invalid_choice": "This place is not there. Choose another one."},
    )
    badge = forms.ChoiceField(
        label="Who hold",
        required=False,
        error_messages={"invalid_choice": "This badge is not there. Choose another one."},
    )
    order = forms.ChoiceField(
        label="Order people by",
        choices=Order.choices,
        error_messages={"invalid_choice": "Choose one of the orders."},
    )
    rows = forms.IntegerField(
        label="People shown",
        min_value=1,
        max_value=MOST_ROWS,
        error_messages={"invalid": "Write a number such as 12.", "required": "Write a number such as 12."},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        viewer: Person,
        card: Card | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial or _initial(card))
        self.places = {str(place.location.pk): place for place in places(viewer)}
        self.badges = {str(badge.pk): badge for badge in badges_shown(viewer)}
        if card and card.badge:
            self.badges.setdefault(str(card.badge.pk), card.badge)
        self._offer("location", "All places", {key: place.label for key, place in self.places.items()})
        self._offer("badge", "Any badge or none", {key: badge.name for key, badge in self.badges.items()})
        self._choices_of("col", [(name, one.label) for name, one in DEFINITIONS.items()])

    def _offer(self, name: str, none: str, labels: dict[str, str]) -> None:
        self._choices_of(name, [("", none), *labels.items()])

    def _choices_of(self, name: str, options: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = options

    def clean_location(self) -> Any:
        place = self.places.get(self.cleaned_data["location"])
        return place.location if place else None

    def clean_badge(self) -> Any:
        return self.badges.get(self.cleaned_data["badge"])

    @property
    def chosen(self) -> list[str]:
        return known(self["col"].value() or [])

    @property
    def column_choices(self) -> list[Choice]:
        return choices(self.chosen)

    def card_fields(self) -> dict[str, Any]:
        """The clean values, by the card's own names."""
        said = {name: self.cleaned_data[name] for name in ("title", "location", "badge", "order", "rows")}
        return {**said, "columns": known(self.cleaned_data["col"])}


def arranged(data: QueryDict) -> dict[str, Any]:
    """What a form was filled with, after a press on one of its arrows: to show it again, nothing saved."""
    columns = moved(known(data.getlist("col")), data.get("move", ""))
    return {**data.dict(), "col": columns}


def _initial(card: Card | None) -> dict[str, Any]:
    if card is None:
        return {"title": "Our team", "col": list(USUAL), "order": Order.NAME, "rows": 12}
    return {
        "title": card.title,
        "col": card.columns,
        "location": card.location_id,
        "badge": card.badge_id,
        "order": card.order,
        "rows": card.rows,
    }
