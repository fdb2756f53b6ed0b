"""An organization's own words, as a clean text."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from badges.forms import prose
from badges.models import Award
from notifications.models import NoticeText
from notifications.texts import trouble
from people.text import plain_text


class TextForm(forms.Form):
    subject = forms.CharField(label="Subject", max_length=150, validators=[plain_text])
    body = forms.CharField(
        label="Text",
        max_length=4000,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Plain words. An empty line begins a new paragraph.",
    )
    award = forms.TypedChoiceField(
        label="Shown as it would reach", required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, kind: str, awards: Sequence[Award], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.awards = {award.pk: award for award in awards}
        choice: Any = self.fields["award"]
        choice.choices = [(str(pk), f"{award.person}, {award.badge}") for pk, award in self.awards.items()]

    def clean_subject(self) -> str:
        return self._known(self.cleaned_data["subject"])

    def clean_body(self) -> str:
        return self._known(self.cleaned_data["body"].replace("\r\n", "\n"))

    def _known(self, text: str) -> str:
        if wrong := trouble(text, self.kind):
            raise ValidationError(wrong)
        return text

    def chosen_award(self) -> Award | None:
        """The one chosen, or the first there is."""
        chosen = self.cleaned_data.get("award") if self.is_bound else None
        return self.awards.get(chosen) if chosen else next(iter(self.awards.values()), None)

    def as_text(self) -> NoticeText:
        """As typed, and not saved."""
        said = self.cleaned_data if self.is_bound else self.initial
        return NoticeText(kind=self.kind, subject=said["subject"], body=said["body"])
