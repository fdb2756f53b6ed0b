"""A badge given by hand, as clean values."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from badges.choices import GroupedChoice
from badges.evidence import NEEDED
from badges.evidence_forms import EvidenceForm
from badges.forms import EndsOnField, ReasonForm, today
from badges.models import Award, Badge, Origin
from badges.surveys import may_give_to
from people.forms import person_named
from people.models import Person
from people.suggesting import NAMES_ONE
from people.text import plain_text


def held_until(award: Award) -> str:
    ends = award.expires_at
    return f"held, ends {timezone.localtime(ends):%-d %b %Y}" if ends else "held, does not end"


def outcome(before: Award | None, award: Award) -> str:
    """What giving came to, in words; `before` is the award by hand as it stood, if any did."""
    person, badge = award.person.name, award.badge.name
    until = f"until {_day(award.expires_at)}" if award.expires_at else ""
    if before is None or before.pk != award.pk:
        return f"{person} holds {badge} {until}".rstrip() + "."
    changes = []
    if award.starts_at != before.starts_at:
        changes.append(f"dated back to {_day(award.starts_at)}")
    if award.expires_at != before.expires_at:
        changes.append(f"renewed {until or 'for good'}")
    if changes:
        return f"{badge} of {person} is {' and '.join(changes)}."
    return f"{person} holds {badge} {until or 'for good'} already, so its dates stay."


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %B %Y}"


class BadgeChoice(GroupedChoice):
    """Says of badges that stand already, by hand, that giving them again renews them."""

    standing: dict[int, Award] = {}

    def label_from_instance(self, obj: Any) -> str:
        award = self.standing.get(obj.pk)
        if award is None:
            return f"{obj} (another administrator has to agree)" if obj.needs_two else str(obj)
        return f"{obj} ({held_until(award)})"


class Giving(EvidenceForm, ReasonForm):
    """A badge given by hand, whichever of badge and person the page is about: both are in its values.

    `standing` is what the person holds by hand before, by badge.
    """

    given_on = forms.DateField(
        label="Given on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="A badge that ends is reckoned from this day on.",
        error_messages={"invalid": "Write the day as 2026-03-31."},
    )
    ends_on = EndsOnField()
    field_order = ["person", "badge", "reason", "given_on", "ends_on", "links", "note", "documents"]
    standing: dict[int, Award] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("given_on", today())

    def clean_given_on(self) -> date:
        given_on: date = self.cleaned_data["given_on"]
        if given_on > today():
            raise forms.ValidationError("The day lies ahead. Choose today or an earlier day.")
        if given_on.year < 1900:
            raise forms.ValidationError("The day lies too far back. Choose a later day.")
        return given_on

    def clean(self) -> dict[str, Any]:
        badge = self.cleaned_data.get("badge")
        if badge is not None and badge.demands_evidence and self.says_nothing:
            self.add_error("links", NEEDED.format(badge))
        return self.cleaned_data

    def wishes(self) -> dict[str, Any]:
        """As `grant_by_hand` takes them."""
        return {
            "badge": self.cleaned_data["badge"],
            "person": self.cleaned_data["person"],
            "reason": self.cleaned_data["reason"],
            "starts_at": self.starts_at(),
            "ends_at": self.cleaned_data["ends_on"],
            "evidence": self.pieces(),
        }

    def starts_at(self) -> datetime | None:
        """None for today, which means this very moment; the beginning of an earlier day."""
        given_on = self.cleaned_data["given_on"]
        if given_on == today():
            return None
        return datetime.combine(given_on, time.min, timezone.get_current_timezone())


class GiveForm(Giving):
    """To a person whom the page is about: which badge?"""

    badge = BadgeChoice(
        queryset=None,
        to_field_name="slug",
        empty_label="Choose a badge",
        error_messages={
            "required": "Choose a badge.",
            "invalid_choice": "This badge cannot be given by hand any more. Choose another one.",
        },
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.standing = person, held_by_hand(person)
        badge: Any = self.fields["badge"]
        badge.standing = self.standing
        badge.queryset = Badge.objects.hand_grantable_to(person).filter(organization=person.organization_id)

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["person"] = self.person
        return super().clean()


class GiveBadgeForm(Giving):
    """A badge that the page is about: to whom, of those whom `by` may give badges?"""

    person = forms.CharField(
        label="To whom",
        max_length=254,
        validators=[plain_text],
        widget=forms.TextInput(attrs=NAMES_ONE),
        help_text="A name, an e-mail address or a staff number. Whoever holds the badge already has it renewed.",
        error_messages={"required": "Say who gets it."},
    )

    def __init__(self, *args: Any, badge: Badge, by: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.badge, self.by = badge, by

    def clean_person(self) -> Person:
        person = person_named(self.cleaned_data["person"], Person.objects.visible_to(self.by))
        if not may_give_to(self.by, person):
            raise forms.ValidationError(f"{person} works outside the locations that you administer.")
        if not Badge.objects.hand_grantable_to(person).filter(pk=self.badge.pk).exists():
            raise forms.ValidationError(f"{self.badge} cannot be given to {person} by hand any more.")
        self.standing = held_by_hand(person)
        return person

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["badge"] = self.badge
        return super().clean()


def held_by_hand(person: Person) -> dict[int, Award]:
    by_hand = Award.objects.standing().filter(person=person, origin=Origin.HAND)
    return {award.badge_id: award for award in by_hand}
