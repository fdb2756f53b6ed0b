"""A badge given by hand, as clean values."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from badges.choices import GroupedChoice
from badges.evidence import NEEDED
from badges.evidence_forms import EvidenceForm
from badges.forms import EndsOnField, ReasonForm, today
from badges.models import Award, Badge
from people.models import Person


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


class GiveForm(EvidenceForm, ReasonForm):
    badge = BadgeChoice(
        queryset=None,
        to_field_name="slug",
        empty_label="Choose a badge",
        error_messages={
            "required": "Choose a badge.",
            "invalid_choice": "This badge cannot be given by hand any more. Choose another one.",
        },
    )
    given_on = forms.DateField(
        label="Given on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="A badge that ends is reckoned from this day on.",
        error_messages={"invalid": "Write the day as 2026-03-31."},
    )
    ends_on = EndsOnField()
    field_order = ["badge", "reason", "given_on", "ends_on", "links", "note", "documents"]

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_hand = Award.objects.standing().filter(person=person, origin="hand")
        self.standing = {award.badge_id: award for award in by_hand}
        badge: Any = self.fields["badge"]
        badge.standing = self.standing
        badge.queryset = Badge.objects.hand_grantable_to(person).filter(organization=person.organization_id)
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
