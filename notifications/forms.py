"""What people say about their mail, as clean values."""

from typing import Any

from django import forms

from notifications.models import MailHours, NoticeKind, Preference, Rhythm, usual_rhythm
from people.forms import zones
from people.languages import name_of
from people.models import LANGUAGES, Person
from people.roles import Capability

HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]
LABELS = {
    NoticeKind.EARNED: ("You earned a badge", ""),
    NoticeKind.LOST: ("A badge of yours ended or was taken back", ""),
    NoticeKind.ENDS_SOON: (
        "A badge of yours, or of somebody in your team, is about to end",
        "With “Never”, trainings about to end are mailed all the same.",
    ),
    NoticeKind.PRAISED: (
        "A colleague says “well done” to a badge of yours",
        "One mail for each badge, however many say it.",
    ),
    NoticeKind.TO_DECIDE: ("A nomination that you may decide on", ""),
    NoticeKind.DECIDED: ("A nomination of yours was decided", ""),
    NoticeKind.TO_VERIFY: ("What somebody's work saves is for you to verify", ""),
    NoticeKind.VERIFIED: ("Somebody verified what your work saves, or could not confirm it", ""),
    NoticeKind.NAMED: ("Somebody put you in charge of work, or on its team", ""),
    NoticeKind.OUTCOME: (
        "Work of yours was completed, not taken on, removed or opened again, or a figure of it sent back",
        "",
    ),
    NoticeKind.COMMENTED: ("Somebody commented on your work, or where you commented", ""),
    NoticeKind.HELD_BACK: ("A rule is paused, because it was about to give far more than usual", ""),
}


def kinds_for(person: Person) -> list[NoticeKind]:
    """Without those that their roles never let reach them."""
    decides, verifies = person.gives_by_hand, person.can(Capability.VERIFY_IMPACT)
    looks = person.can(Capability.MANAGE_BADGES)
    never = {
        NoticeKind.TO_DECIDE: not decides,
        NoticeKind.TO_VERIFY: not verifies,
        NoticeKind.HELD_BACK: not looks,
    }
    return [kind for kind in LABELS if not never.get(kind)]


def hour(label: str, *, empty: str = "", **kwargs: Any) -> forms.TypedChoiceField:
    choices = [("", empty), *HOURS] if empty else HOURS
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=int, empty_value=None, required=not empty, **kwargs
    )


class PreferencesForm(forms.Form):
    """One field a kind of notice, then the hours."""

    language = forms.ChoiceField(label="Language of your mail and notices", required=False)
    zone = forms.ChoiceField(
        label="Your time zone",
        required=False,
        error_messages={"invalid_choice": "Choose a time zone from the list, such as Europe/Berlin."},
    )
    digest_hour = hour("Mail that is sent once a day goes out at")
    quiet_from = hour("No mail from", empty="No quiet hours")
    quiet_until = hour("Until", empty="No quiet hours")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organization = person.organization
        language: Any = self.fields["language"]
        usual = f"As everybody in {organization.name}: {name_of(organization.language)}"
        language.choices = [("", usual), *LANGUAGES]
        zone: Any = self.fields["zone"]
        zone.choices = [("", f"As {organization.name}: {organization.zone.replace('_', ' ')}"), *zones()]
        self.kinds = kinds_for(person)
        for kind in self.kinds:
            label, hint = LABELS[kind]
            self.fields[kind.value] = forms.ChoiceField(label=label, choices=Rhythm.choices, help_text=hint)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if self.errors:
            return cleaned
        if (start is None) != (end is None):
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, "Choose both hours, or neither.")
        elif start is not None and start == end:
            self.add_error("quiet_until", "Choose another hour than the one it begins with.")
        return cleaned

    def rhythms(self) -> dict[str, str]:
        return {kind.value: self.cleaned_data[kind.value] for kind in self.kinds}

    def rhythm_fields(self) -> list[forms.BoundField]:
        return [self[kind.value] for kind in self.kinds]


def initial_of(person: Person) -> dict[str, Any]:
    """A person's choices as `PreferencesForm` shows them."""
    chosen = dict(Preference.objects.filter(person=person).values_list("kind", "rhythm"))
    hours = MailHours.objects.filter(person=person).first() or MailHours()
    return {
        **{kind: chosen.get(kind, usual_rhythm(kind)) for kind in NoticeKind.values},
        "language": person.language,
        "zone": hours.zone,
        "digest_hour": hours.digest_hour,
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
    }
