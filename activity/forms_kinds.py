"""What an organization calls its kinds of activity, as clean values."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from people.editions import EditionForm
from people.text import plain_text

DOTTED = RegexValidator(
    r"^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+\Z", "Write small letters and a dot, such as safety.walk_held."
)


class KindForm(EditionForm):
    label = forms.CharField(
        label="What people read",
        max_length=100,
        validators=[plain_text],
        required=False,
        help_text="Such as Safety walk held. Left empty, its name is read aloud.",
    )
    expects_value = forms.BooleanField(
        label="Each one has a value", required=False, help_text="Hours, points, money: what rules may add up."
    )
    unit = forms.CharField(
        label="Unit of the value",
        max_length=20,
        validators=[plain_text],
        required=False,
        help_text="Such as hours. It is shown behind the value.",
    )


class OwnKindForm(KindForm):
    """Of a kind that Lapel writes it is settled whether it has a value."""

    def __init__(self, *args: Any, has_value: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_value = has_value
        del self.fields["expects_value"]
        if not has_value:
            del self.fields["unit"]

    def clean(self) -> dict[str, Any]:
        return {"unit": "", **(super().clean() or {}), "expects_value": self.has_value}


class NewKindForm(KindForm):
    name = forms.CharField(
        label="Name",
        max_length=60,
        validators=[DOTTED],
        help_text="As it stands in files and rules, such as safety.walk_held. It stays for good.",
        error_messages={"required": "Give it a name, such as safety.walk_held."},
    )
    field_order = ["name", "label", "expects_value", "unit"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if cleaned.get("unit") and cleaned.get("expects_value") is False:
            self.add_error("unit", "Tick that each one has a value, or leave the unit empty.")
        return cleaned
