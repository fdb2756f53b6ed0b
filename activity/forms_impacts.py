"""What work brings besides its yearly saving, and what was found of it, as clean values."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from activity.fields import Figure, Prose
from activity.impact_kinds import kinds_expected_of, kinds_for
from activity.models import MEASURED, SAVING, ImpactKind, Said, SentBack, WorkItem


class AsksImpacts(forms.Form):
    """A form of an item with a field for each kind of impact, and for what is expected of some."""

    impact_kinds: dict[str, ImpactKind]
    expected_kinds: dict[str, ImpactKind]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.impact_kinds, self.expected_kinds = {}, {}
        super().__init__(*args, **kwargs)

    def ask_expectations(self, item: WorkItem | None) -> None:
        self.expected_kinds = {f"expected_{kind.pk}": kind for kind in kinds_expected_of(item)}
        said = {one.kind_id: one.said for one in item.expectations.all()} if item else {}
        for name, kind in self.expected_kinds.items():
            self.fields[name] = _asked(kind, f"{kind}, expected", ", as far as you can tell")
            self.fields[name].initial = said.get(kind.pk)

    def expectations(self) -> list[BoundField]:
        return [self[name] for name in self.expected_kinds]

    def ask_impacts(self, item: WorkItem) -> None:
        found = kinds_for(item) if item.kind in MEASURED else []
        self.impact_kinds = {f"impact_{kind.pk}": kind for kind in found}
        said = {impact.kind_id: impact.said for impact in item.impacts.all()} if found else {}
        for name, kind in self.impact_kinds.items():
            self.fields[name] = _asked(kind)
            self.fields[name].initial = said.get(kind.pk)

    def impacts(self) -> list[BoundField]:
        return [self[name] for name in self.impact_kinds]

    def says_impacts(self) -> bool:
        """Whether something stands there already, or is wrong."""
        return any(bound.errors or bound.value() not in (None, "") for bound in self.impacts())

    def said_impacts(self) -> dict[ImpactKind, Said | None]:
        return self._said(self.impact_kinds)

    def said_expectations(self) -> dict[ImpactKind, Said | None]:
        return self._said(self.expected_kinds)

    def _said(self, kinds: dict[str, ImpactKind]) -> dict[ImpactKind, Said | None]:
        said = {kind: self.cleaned_data[name] for name, kind in kinds.items()}
        return {kind: None if value == "" else value for kind, value in said.items()}

    def rest(self) -> dict[str, Any]:
        """What else was said."""
        asked = self.impact_kinds.keys() | self.expected_kinds.keys()
        return {name: said for name, said in self.cleaned_data.items() if name not in asked}


def _asked(kind: ImpactKind, label: str = "", more: str = "") -> forms.Field:
    label = label or kind.name
    if kind.has_figure:
        return Figure(label=label, required=False, hint=_counted(kind, more))
    return Prose(label=label, required=False, max_length=1000, rows=2, help_text=f"In words{more}.")


def _counted(kind: ImpactKind, more: str = "") -> str:
    return f"In {kind.measured_in('{unit}')}{'' if kind.yearly else ', once'}{more}."


class FindingForm(forms.Form):
    """What a second person found of one impact: how much it is, or whether it is so."""

    def __init__(self, *args: Any, kind: ImpactKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = (
            Figure(
                label="It brings",
                hint=f"{_counted(kind)} If it brings nothing, write 0 and say why.",
                error_messages={"required": "Say how much it brings; 0 where it brings nothing."},
            )
            if kind.has_figure
            else forms.TypedChoiceField(
                label="What you found",
                choices=[("so", "It is so"), ("not", "It is not so")],
                coerce=lambda said: None if said == "so" else 0,
                widget=forms.RadioSelect,
                error_messages={"required": "Say whether it is so."},
            )
        )
        self.fields["reason"] = Prose(
            label="How it was looked at", required=False, max_length=1000, rows=2,
            help_text="If it is not so, say why." if not kind.has_figure else "",
        )  # fmt: skip

    def clean(self) -> None:
        if self.cleaned_data.get("value", 1) == 0 and not self.cleaned_data.get("reason"):
            self.add_error("reason", "Say why, so that those who did it can follow.")


class SendBackForm(forms.Form):
    """Why a figure goes back to its people, instead of a verification."""

    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)
    reason = Prose(
        label="What is to be looked at again",
        max_length=1000,
        rows=3,
        help_text="Its author and leader are told, and everybody who sees the item reads it.",
        error_messages={"required": "Say why, so that those who did it can look at it again."},
    )

    def renewed(self, seen: str, why: str) -> "SendBackForm":
        """The same words, over what stands there now."""
        form = SendBackForm({"reason": self.data.get("reason", ""), "seen": seen})
        form.add_error(None, why)
        return form


class ReportAnewForm(forms.Form):
    """What is said in place of what was sent back."""

    def __init__(self, *args: Any, sent: SentBack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = sent.kind
        self.fields["said"] = (
            _asked(kind) if kind else Figure(label=SAVING, required=False, hint="In {unit}.")
        )
        self.fields["said"].initial = sent.said
        self.fields["reason"] = Prose(
            label="What you changed, or why it is right as it is", required=False, max_length=1000, rows=2
        )

    def clean_said(self) -> Said | None:
        said: Said | None = self.cleaned_data["said"]
        return None if said == "" else said
