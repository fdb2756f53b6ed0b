"""An organization's own words, as a clean text."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from badges.forms import prose
from badges.models import Award
from notifications.markup import clean, text_of, wrong_in
from notifications.models import NoticeText
from notifications.texts import trouble
from people.editions import EditionForm
from people.text import plain_text

WORDS = ("subject", "body", "html")


class TextForm(EditionForm):
    subject = forms.CharField(label="Subject", max_length=150, validators=[plain_text])
    body = forms.CharField(
        label="Text",
        max_length=4000,
        required=False,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Plain words. An empty line begins a new paragraph. Empty, it is made of the HTML below.",
    )
    html = forms.CharField(
        label="HTML",
        max_length=8000,
        required=False,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="Paragraphs, headings, lists, bold and links: <p>, <h2>, <ul>, <b>, <a href>. "
        "Empty, the mail looks like its text.",
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

    def clean_html(self) -> str:
        """What cannot stand in a mail is named, not taken out behind anybody's back."""
        html = self.cleaned_data["html"].replace("\r\n", "\n")
        if wrong := wrong_in(html):
            raise ValidationError(wrong)
        return self._known(clean(html))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not self.errors and not said["body"] and not text_of(said["html"]):
            self.add_error("body", "Write what the mail says, here or as HTML.")
        return said

    def _known(self, text: str) -> str:
        if wrong := trouble(text, self.kind):
            raise ValidationError(wrong)
        return text

    def chosen_award(self) -> Award | None:
        """The one chosen, or the first there is."""
        chosen = self.cleaned_data.get("award") if self.is_bound else None
        return self.awards.get(chosen) if chosen else next(iter(self.awards.values()), None)

    def is_late(self) -> bool:
        """Whether saving or removing it would undo what somebody else wrote meanwhile; the form tells it then."""
        said = {name: self.cleaned_data.get(name) for name in WORDS}
        return self.is_overtaken(NoticeText(**self.initial), said)

    def draft(self) -> dict[str, str]:
        """What was typed, as it is given to such a form again."""
        return {name: str(self.data.get(name, "")) for name in (*WORDS, "award")}

    def as_text(self) -> NoticeText:
        """As typed, and not saved."""
        said = self.cleaned_data if self.is_bound else self.initial
        return NoticeText(kind=self.kind, subject=said["subject"], body=said["body"], html=said["html"])
