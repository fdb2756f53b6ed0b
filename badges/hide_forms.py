"""What somebody keeps from colleagues, as clean values."""

from typing import Any

from django import forms

from badges.hiding import hidden_by, hideable
from badges.models import Badge
from people.models import Person

MY_BADGES = [
    ("shown", "Colleagues see my badges, but for those that I tick below"),
    ("hidden", "Colleagues see none of my badges, and none that are still to come"),
]


class HideForm(forms.Form):
    choice = forms.ChoiceField(
        label="My badges",
        choices=MY_BADGES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two."},
    )
    badges: "forms.ModelMultipleChoiceField[Badge]" = forms.ModelMultipleChoiceField(
        queryset=Badge.objects.none(),
        label="Badges that I hide",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these badges is not yours. Choose anew."},
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        hidden = hidden_by(person)
        choice = "hidden" if hidden.everything else "shown"
        super().__init__(data, initial={"choice": choice, "badges": hidden.badges})
        badges: Any = self.fields["badges"]
        badges.queryset = hideable(person).in_order()

    @property
    def hides_all(self) -> bool:
        return bool(self.cleaned_data["choice"] == "hidden")
