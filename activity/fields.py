"""Fields of what people say about their work."""

import re
from typing import Any

from django import forms

from people.text import plain_text


def prose(value: str) -> None:
    """Several lines are fine; what hides or turns text is not."""
    plain_text(re.sub(r"[\r\n\t]", " ", value))


class Prose(forms.CharField):
    """Several lines of plain text. A line's end counts as one character, as it does in the browser."""

    def __init__(self, *, rows: int = 3, max_length: int = 4000, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows})
        super().__init__(max_length=max_length, validators=[prose], widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class Figure(forms.DecimalField):
    """What something saves or brings; `hint` says of the {unit} in which an organization counts savings."""

    def __init__(self, *, hint: str, error_messages: dict[str, str] | None = None, **kwargs: Any) -> None:
        self.hint = hint
        messages = {"invalid": "Write a number such as 1250.50.", **(error_messages or {})}
        super().__init__(
            min_value=0,
            max_digits=14,
            decimal_places=2,
            help_text=self.said("your currency"),
            error_messages=messages,
            **kwargs,
        )

    def said(self, unit: str) -> str:
        return self.hint.replace("{unit}", unit)


def say_unit(form: forms.BaseForm, unit: str) -> None:
    """Figures are asked for in what the organization counts savings in."""
    for bound in form if unit else ():
        if isinstance(bound.field, Figure):
            bound.help_text = bound.field.said(unit)
