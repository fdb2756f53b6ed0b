"""What one looks for among the mails."""

from typing import Any

from django import forms

from badges.models import Badge
from people.forms import DayField
from people.models import Person
from people.templatetags.lapel import full_day
from people.text import plain_text


class FindMailForm(forms.Form):
    q = forms.CharField(
        label="Person or address",
        required=False,
        max_length=100,
        validators=[plain_text],
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    badge = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "This badge is not there. Choose another one."}
    )
    on = DayField(label="Day of the mail", required=False)

    def __init__(self, *args: Any, by: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.badges = {badge.slug: badge for badge in Badge.objects.visible_to(by).order_by("name", "pk")}
        choice: Any = self.fields["badge"]
        choice.choices = [("", "Any badge"), *((slug, badge.name) for slug, badge in self.badges.items())]

    def asked(self) -> dict[str, Any]:
        """As `find_mails` wants it; empty where nothing is looked for."""
        said = self.cleaned_data
        asked = {"text": said.get("q"), "badge": self.badges.get(said.get("badge", "")), "on": said.get("on")}
        return {name: value for name, value in asked.items() if value}

    def in_words(self) -> str:
        asked = self.asked()
        parts = [
            f"to “{asked['text']}”" if "text" in asked else "",
            f"about “{asked['badge']}”" if "badge" in asked else "",
            f"on {full_day(asked['on'])}" if "on" in asked else "",
        ]
        return " ".join(filter(None, parts))
