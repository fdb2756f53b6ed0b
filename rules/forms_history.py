"""Asking about the past."""

from datetime import date
from typing import Any

from django import forms

from people.clock import now
from people.models import Organization

EARLIEST = date(1900, 1, 1)


class DayForm(forms.Form):
    """A day until today, as the organization reckons it; today if none is said."""

    on = forms.DateField(
        label="On the day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say which day.", "invalid": "Write the day as 2026-03-31."},
    )

    def __init__(self, data: Any, *, organization: Organization) -> None:
        self.today = now().astimezone(organization.time_zone).date()
        super().__init__(data if "on" in data else {"on": self.today.isoformat()})
        self.fields["on"].widget.attrs |= {"max": self.today.isoformat()}

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise forms.ValidationError("Choose today or a day before it: nobody knows yet.")
        if day < EARLIEST:
            raise forms.ValidationError("Choose a day from 1900 on.")
        return day

    @property
    def day(self) -> date:
        """The day that is asked about; today where what was said is none."""
        return self.cleaned_data["on"] if self.is_valid() else self.today

    @property
    def is_today(self) -> bool:
        return self.day == self.today
