"""A rule as JSON, pasted or uploaded."""

import json
from typing import Any

from django import forms

from badges.models import Badge
from rules.criteria import Invalid, Rule, read
from rules.mistakes import mistake

LARGEST = 200_000


class ImportForm(forms.Form):
    text = forms.CharField(
        label="The rule as JSON", required=False, max_length=LARGEST, strip=True,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="As it is downloaded from a rule’s page here or elsewhere. Nothing is saved yet.",
    )  # fmt: skip
    file = forms.FileField(
        label="Or a file", required=False, widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )

    def __init__(self, *args: Any, badge: Badge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.badge = badge
        self.rule: Rule | None = None
        self.wrong: list[Invalid] = []

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > LARGEST:
            raise forms.ValidationError("This file is too large for a rule.")
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError("This is no text file.") from None
        return text

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        name = "file" if said.get("file") else "text"
        text = said.get(name)
        if not text and not self.errors:
            self.add_error("text", "Paste a rule, or choose a file.")
        elif text:
            self._read(name, text)
        return said

    def _read(self, name: str, text: str) -> None:
        try:
            definition = json.loads(text)
        except (ValueError, RecursionError) as error:
            where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            self.add_error(name, f"This is no JSON{where}.")
            return
        if isinstance(definition, list) and len(definition) == 1:
            [definition] = definition
        own = {"id": self.badge.slug, "name": self.badge.name}
        self.rule, self.wrong = read({**definition, **own} if isinstance(definition, dict) else definition)
        if self.wrong:
            self.add_error(name, self._told(len(self.wrong)))

    def _told(self, count: int) -> str:
        if count == 1:
            return mistake(self.wrong[0])
        return f"This is no rule yet: {count} things are wrong. They are listed above."

    def mistakes(self) -> list[str]:
        """All of them, where there are several."""
        return [mistake(one) for one in self.wrong] if len(self.wrong) > 1 else []
