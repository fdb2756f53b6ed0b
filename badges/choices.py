"""Badges to choose from: in the organization's order, under the names of its categories."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator

NO_CATEGORY = "Other badges"


class GroupedBadges(ModelChoiceIterator):
    """Choices in groups; without any category, one plain list."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        found: Any = self.queryset
        badges = found.in_order().select_related("category")
        for category, its in groupby(badges, key=lambda badge: badge.category):
            choices = [self.choice(badge) for badge in its]
            if category is None and len(choices) == len(badges):
                yield from choices
            else:
                yield category.name if category else NO_CATEGORY, choices


class GroupedChoice(forms.ModelChoiceField):
    iterator = GroupedBadges


class Checkboxes(forms.CheckboxSelectMultiple):
    """Each option knows the heading that it stands under."""

    def options(self, name: str, value: Any, attrs: Any = None) -> Iterator[Any]:
        for heading, options, _ in self.optgroups(name, value, attrs):
            for option in options:
                yield {**option, "heading": heading or ""}


class GroupedChoices(forms.ModelMultipleChoiceField):
    iterator = GroupedBadges
