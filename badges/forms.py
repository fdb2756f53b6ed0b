"""What people say about badges and awards, as clean values."""

from datetime import date
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from badges.choices import Checkboxes, GroupedChoices
from badges.emblem import HINT
from badges.models import (
    MOST_A_MONTH,
    MOST_HOLDERS,
    Badge,
    BadgeCategory,
    BadgeKind,
    BadgeState,
    Emblem,
    GrantMode,
)
from people.clock import now
from people.editions import EditionForm
from people.models import Organization
from people.text import plain_text
from people.zones import last_instant

PRESETS = settings.BASE_DIR / "badges" / "presets"
UNITS = [("day", "days"), ("week", "weeks"), ("month", "months"), ("year", "years")]
LONGEST_YEARS = 100
LONGEST_NAME = 80


def prose(value: str) -> None:
    """Several lines are fine; what hides or turns text is not."""
    plain_text(value.replace("\r", " ").replace("\n", " ").replace("\t", " "))


def today() -> date:
    return timezone.localtime(now()).date()


class EndsOnField(forms.DateField):
    """A day that something is held through, today at the earliest; its value is that day's last instant."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        errors = {"invalid": "Write the day as 2026-03-31."}
        super().__init__(
            label="Ends on",
            required=False,
            widget=widget,
            help_text="Held through that day. Empty means as each badge says.",
            error_messages=errors,
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is None:
            return None
        if day < today():
            raise forms.ValidationError("The day is over. Choose today or a later day.")
        if day.year > today().year + LONGEST_YEARS:
            raise forms.ValidationError(
                "The day lies more than a hundred years ahead. Choose an earlier day."
            )
        return last_instant(day, timezone.get_current_timezone())


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why, in a sentence that the person may read."},
    )


class WithdrawForm(ReasonForm):
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands on the badge’s page, for administrators, and in the audit log.",
        error_messages={"required": "Say why the badge is withdrawn."},
    )


class OptionalReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=500, required=False, validators=[prose],
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@cache
def presets() -> list[str]:
    """Names of the emblems that come with Lapel; each is a PNG here and an SVG among the static files."""
    return sorted(path.stem for path in PRESETS.glob("*.png"))


def preset_data(name: str) -> bytes:
    data: bytes = (PRESETS / f"{name}.png").read_bytes()
    return data


class BadgeNameForm(forms.Form):
    """A name that no other badge has; `badge` is the one that may keep its own."""

    name = forms.CharField(label="Badge name", max_length=LONGEST_NAME, validators=[plain_text])

    def __init__(
        self, *args: Any, organization: Organization, badge: Badge | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.badge = badge
        self.badges = Badge.objects.filter(organization=organization)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = self.badges.exclude(state=BadgeState.WITHDRAWN).filter(name__iexact=name)
        if self.badge is not None:
            others = others.exclude(pk=self.badge.pk)
        if others.exists():
            raise forms.ValidationError(f"Another badge is already called {name}. Choose a different name.")
        return name


class BadgeForm(BadgeNameForm, EditionForm):
    """A badge as one describes it. `emblem` is the id of a stored one, `preset:<name>`, or nothing."""

    description = forms.CharField(
        label="What it stands for",
        max_length=300,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence in plain words. People read it before they read the rule.",
    )
    criteria = forms.CharField(
        label="What it is given for",
        max_length=1000,
        required=False,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In words. Where a rule gives the badge, the rule says so itself.",
    )
    kind = forms.ChoiceField(
        choices=[
            (BadgeKind.STEP, "Step (circle)"),
            (BadgeKind.HABIT, "Habit (hexagon)"),
            (BadgeKind.TRAINING, "Training (shield)"),
            (BadgeKind.HONOUR, "Honour (rosette)"),
        ],
        help_text="The shape tells people what sort of badge it is.",
    )
    category: forms.ModelChoiceField = forms.ModelChoiceField(
        queryset=None,
        required=False,
        empty_label="No category",
        help_text="Where it stands in the catalogue and in lists to choose from.",
    )
    mode = forms.ChoiceField(label="How it is given", choices=GrantMode.choices)
    supersedes: forms.ModelMultipleChoiceField = GroupedChoices(
        label="Replaces",
        queryset=None,
        required=False,
        to_field_name="slug",
        widget=Checkboxes,
        error_messages={"invalid_choice": "One of these badges is not there any more. Choose anew."},
        help_text="Whoever holds this badge is shown without those it replaces. All stay on record.",
    )
    ends_number = forms.IntegerField(
        label="Given by hand, it ends after",
        min_value=1,
        max_value=999,
        required=False,
        help_text="Empty means that it does not end.",
    )
    ends_unit = forms.ChoiceField(
        label="Unit", choices=UNITS, required=False, help_text="Of the local calendar."
    )
    most_holders = forms.IntegerField(
        label="At most so many people hold it",
        min_value=1,
        max_value=MOST_HOLDERS,
        required=False,
        help_text="Empty means any number. Whoever holds it by rule counts too.",
    )
    most_a_month = forms.IntegerField(
        label="One person gives it at most so often a month",
        min_value=1,
        max_value=MOST_A_MONTH,
        required=False,
        help_text="In a calendar month. Renewing, and what is taken back, does not count.",
    )
    may_give_oneself = forms.BooleanField(label="Administrators may give it to themselves", required=False)
    tells_on_grant = forms.BooleanField(label="Mail to the person when they earn it", required=False)
    tells_on_loss = forms.BooleanField(
        label="Mail to the person when it ends or is taken back", required=False
    )
    reminds = forms.BooleanField(
        label="Remind the person and their manager 60, 30 and 7 days before it ends", required=False
    )
    demands_evidence = forms.BooleanField(
        label="Give it by hand with evidence only",
        required=False,
        help_text="A link, a note or a file that shows what it was given for.",
    )
    takes_nominations = forms.BooleanField(
        label="Let colleagues nominate for it",
        required=False,
        help_text="An administrator decides on each nomination.",
    )
    needs_two = forms.BooleanField(
        label="Two administrators must agree",
        required=False,
        help_text="What one gives by hand waits until another approves it. Not in bulk edits and imports.",
    )
    emblem = forms.CharField(required=False, max_length=80)
    upload = forms.FileField(
        label="Or upload one",
        required=False,
        help_text=HINT,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )

    def __init__(
        self, *args: Any, organization: Organization, badge: Badge | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, organization=organization, badge=badge, **kwargs)
        categories: Any = self.fields["category"]
        categories.queryset = BadgeCategory.objects.filter(organization=organization)
        others: Any = self.fields["supersedes"]
        others.queryset = self.badges.exclude(state=BadgeState.WITHDRAWN).in_order()
        if badge is not None and badge.rule_ends_after:
            said = f"Empty means as its rule says, after {badge.rule_ends_after}."
            self.fields["ends_number"].help_text = said
        if badge is not None:
            others.queryset = others.queryset.exclude(pk=badge.pk)

    def clean_description(self) -> str:
        return " ".join(self.cleaned_data["description"].split())

    def clean_supersedes(self) -> list[Badge]:
        return sorted(self.cleaned_data["supersedes"], key=lambda badge: (badge.name, badge.pk))

    def clean_emblem(self) -> Emblem | str | None:
        chosen: str = self.cleaned_data["emblem"]
        if not chosen:
            return None
        if chosen.startswith("preset:") and chosen.removeprefix("preset:") in presets():
            return chosen.removeprefix("preset:")
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            raise forms.ValidationError("This emblem is not there any more. Choose another one.")
        emblem: Emblem | None = Emblem.objects.filter(pk=int(chosen)).first()
        if emblem is None:
            raise forms.ValidationError("This emblem is not there any more. Choose another one.")
        return emblem

    def clean(self) -> dict[str, Any]:
        """`ends_after` from its two fields."""
        cleaned: dict[str, Any] = self.cleaned_data
        number, unit = cleaned.pop("ends_number", None), cleaned.pop("ends_unit", None) or "year"
        if number and unit == "year" and number > LONGEST_YEARS:
            self.add_error("ends_number", "This is longer than a hundred years.")
        cleaned["ends_after"] = f"{number} {unit}{'s' if number > 1 else ''}" if number else ""
        cleaned.pop("upload", None)
        return cleaned


def initial_of(badge: Badge) -> dict[str, Any]:
    """A badge as `BadgeForm` shows it."""
    names = (
        "name",
        "description",
        "criteria",
        "kind",
        "mode",
        "may_give_oneself",
        "most_holders",
        "most_a_month",
        "tells_on_grant",
        "tells_on_loss",
        "reminds",
        "demands_evidence",
        "takes_nominations",
        "needs_two",
    )
    number, _, unit = badge.ends_after.partition(" ")
    return {
        **{name: getattr(badge, name) for name in names},
        "category": badge.category_id,
        "supersedes": [lower.slug for lower in badge.supersedes],
        "ends_number": number,
        "ends_unit": unit.removesuffix("s") or "year",
        "emblem": badge.emblem_id or "",
    }
