"""What an organization calls its kinds of activity and of impact, as clean values."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from activity.models import ImpactKind, Measure
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


class ImpactKindForm(EditionForm):
    """Of a kind that is there it is settled how it is measured; a new one is in use."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        validators=[plain_text],
        error_messages={"required": "Give it a name, such as Time saved."},
    )
    measure = forms.TypedChoiceField(
        label="Measured in", choices=Measure.choices, coerce=Measure, help_text="This stays for good."
    )
    unit = forms.CharField(
        label="A number of what",
        max_length=20,
        validators=[plain_text],
        required=False,
        help_text="Such as hours. Figures that are there already are not converted.",
    )
    yearly = forms.BooleanField(label="Each year; otherwise once", required=False)
    asks_expected = forms.BooleanField(
        label="Ask what is expected when work is submitted",
        required=False,
        help_text="What came of it is asked in any case.",
    )
    is_active = forms.BooleanField(
        label="In use",
        required=False,
        help_text="Otherwise no further work is asked for it. What is there stays.",
    )

    def __init__(self, *args: Any, kind: ImpactKind | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind is None:
            del self.fields["is_active"]
            return
        del self.fields["measure"]
        if kind.measure != Measure.NUMBER:
            del self.fields["unit"]
        if not kind.has_figure:
            del self.fields["yearly"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        said.setdefault("unit", "")
        said.setdefault("yearly", False)
        measure = self.kind.measure if self.kind else said.get("measure")
        if measure == Measure.NUMBER and not said["unit"] and "unit" not in self.errors:
            self.add_error("unit", "Say what is counted, such as hours.")
        if measure in (Measure.MONEY, Measure.WORDS) and said["unit"]:
            self.add_error("unit", "Choose A number above, or leave this empty.")
        if measure == Measure.WORDS and said["yearly"]:
            self.add_error("yearly", "Words are not counted by the year. Untick it.")
        return said
