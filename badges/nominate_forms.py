"""A badge proposed for a colleague, as clean values."""

from typing import Any

from django import forms

from badges.evidence import NEEDED
from badges.evidence_forms import EvidenceForm
from badges.forms import ReasonForm, prose
from badges.models import Badge
from people.forms import person_named
from people.models import Person
from people.suggesting import NAMES_ONE
from people.text import plain_text


class NominatedBadge(forms.ModelChoiceField):
    """Says which badges need evidence."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} (with evidence)" if obj.demands_evidence else str(obj)


class NominateForm(EvidenceForm, ReasonForm):
    """For a colleague who is named, unless the page is about one already."""

    colleague = forms.CharField(
        max_length=254,
        validators=[plain_text],
        widget=forms.TextInput(attrs=NAMES_ONE),
        help_text="A name, an e-mail address or a staff number.",
        error_messages={"required": "Say whom you nominate."},
    )
    badge = NominatedBadge(
        queryset=None,
        to_field_name="slug",
        empty_label="Choose a badge",
        error_messages={
            "required": "Choose a badge.",
            "invalid_choice": "This badge does not take nominations any more. Choose another one.",
        },
    )
    field_order = ["colleague", "badge", "reason", "links", "note", "documents"]

    def __init__(self, *args: Any, by: Person, nominee: Person | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.others = by, Person.objects.visible_to(by).exclude(pk=by.pk)
        if nominee is not None:
            del self.fields["colleague"]
        badge: Any = self.fields["badge"]
        badge.queryset = Badge.objects.visible_to(by).open_to_nominations()

    def clean_colleague(self) -> Person:
        told = self.cleaned_data["colleague"]
        try:
            return person_named(told, self.others)
        except forms.ValidationError:
            if told.casefold() in (self.by.name.casefold(), self.by.email.casefold()):
                raise forms.ValidationError("That is you. Name a colleague.") from None
            raise

    def clean(self) -> dict[str, Any]:
        badge = self.cleaned_data.get("badge")
        if badge is not None and badge.demands_evidence and self.says_nothing:
            self.add_error(None, NEEDED.format(badge))
        return self.cleaned_data


class DecisionForm(forms.Form):
    """Approving needs no words; declining does."""

    decision = forms.ChoiceField(
        choices=[("approve", "Approve"), ("decline", "Decline")],
        error_messages={"required": "Choose Approve or Decline."},
    )
    reason = forms.CharField(
        label="Reason, if you decline",
        max_length=500,
        required=False,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Whoever proposed it reads it. The person proposed is not told.",
    )

    def clean(self) -> dict[str, Any]:
        declines = self.cleaned_data.get("decision") == "decline"
        if declines and self.cleaned_data.get("reason") == "":
            self.add_error("reason", "Say why it is declined.")
        return self.cleaned_data
