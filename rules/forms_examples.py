"""Somebody whom a rule is tried on, or who is an example of who should hold a badge or should not."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q

from people.models import Organization, Person
from people.suggesting import NAMES_ONE

SHOULD = [("yes", "should hold it"), ("no", "should not hold it")]


class PersonForm(forms.Form):
    person = forms.CharField(
        label="Person", max_length=254, validators=[ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs=NAMES_ONE),
        help_text="A name, an e-mail address or a staff number.",
        error_messages={"required": "Say who."},
    )  # fmt: skip

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_person(self) -> Person:
        told = self.cleaned_data["person"]
        named = Q(email__iexact=told) | Q(external_id=told) | Q(name__iexact=told)
        found = list(Person.objects.filter(named, organization=self.organization, merged_into=None)[:2])
        if not found:
            raise forms.ValidationError("Nobody here is known by that. Try their e-mail address.")
        if len(found) > 1:
            raise forms.ValidationError(
                "Several people are known by that. Write their e-mail address or staff number."
            )
        return found[0]


class ExampleForm(PersonForm):
    should = forms.ChoiceField(label="What should be so", choices=SHOULD)
