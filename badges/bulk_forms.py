"""What a bulk edit is asked to do, as clean values."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from badges.actions import NEEDS_TWO
from badges.batches import MOST_BADGES
from badges.choices import Checkboxes, GroupedChoices
from badges.evidence_forms import safe_link
from badges.forms import EndsOnField, prose, today
from badges.models import (
    IN_USE,
    LONGEST_LINK,
    LONGEST_NOTE,
    PUBLISHED,
    Badge,
    BadgeState,
    Batch,
    GrantMode,
    Verb,
)
from badges.planning import GIVING

NEEDED_IN_BULK = "{} must be given with evidence. Add a link or a note."


class Badges(GroupedChoices):
    """Says of badges out of use that they can only be taken back, of closed ones that they can only be renewed,
    and which need evidence."""

    def label_from_instance(self, obj: Any) -> str:
        notes = {
            BadgeState.CLOSED: " (closed: only for holders)",
            BadgeState.RETIRED: " (not in use any more)",
        }
        if obj.needs_two and obj.state in IN_USE:
            return f"{obj} (needs two administrators: can only be removed here)"
        evidence = " (needs evidence)" if obj.demands_evidence and obj.state in IN_USE else ""
        return f"{obj}{notes.get(obj.state, '')}{evidence}"


class BatchForm(forms.Form):
    verb = forms.ChoiceField(
        label="What to do", choices=Verb.choices, widget=forms.RadioSelect, error_messages={
            "required": "Choose what to do.", "invalid_choice": "Choose what to do.",
        },
    )  # fmt: skip
    badges = Badges(
        queryset=None,
        to_field_name="slug",
        required=False,
        widget=Checkboxes,
        error_messages={
            "invalid_choice": "One of the badges is not there any more. Choose again.",
            "invalid_pk_value": "One of the badges is not there any more. Choose again.",
            "invalid_list": "One of the badges is not there any more. Choose again.",
        },
    )
    given_on = forms.DateField(
        label="Given on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Badges that end are reckoned from this day on.",
        error_messages={"invalid": "Write the day as 2026-03-31."},
    )
    ends_on = EndsOnField()
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="People read it on the badge and in their mail.",
        error_messages={"required": "Say why, in a sentence that the people may read."},
    )
    link = forms.CharField(
        label="Link to evidence",
        required=False,
        max_length=LONGEST_LINK,
        help_text="The same for everybody, such as the list of a course.",
    )
    note = forms.CharField(
        label="Note as evidence",
        required=False,
        max_length=LONGEST_NOTE,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What was seen or checked, the same for everybody.",
    )
    tells = forms.BooleanField(
        label="Send mails and notices",
        required=False,
        help_text="Fifteen minutes after the change, as each badge wants it. Undone before that, none is sent.",
    )

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        badges: Any = self.fields["badges"]
        by_hand = Badge.objects.filter(organization=batch.organization_id, state__in=PUBLISHED)
        badges.queryset = by_hand.exclude(mode=GrantMode.RULE)

    def clean_given_on(self) -> date:
        given_on: date = self.cleaned_data["given_on"] or today()
        if given_on > today():
            raise forms.ValidationError("The day lies ahead. Choose today or an earlier day.")
        if given_on.year < 1900:
            raise forms.ValidationError("The day lies too far back. Choose a later day.")
        return given_on

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        return safe_link(link) if link else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        self._pass_over(cleaned.get("verb"))
        verb, badges = cleaned.get("verb"), cleaned.get("badges")
        if verb and verb != Verb.CLEAR and badges is not None and not badges:
            self.add_error("badges", "Choose at least one badge.")
        if badges is not None and len(badges) > MOST_BADGES:
            self.add_error("badges", f"Choose at most {MOST_BADGES} badges at once.")
        if verb in GIVING and badges and any(badge.state not in IN_USE for badge in badges):
            self.add_error("badges", "Badges that are not in use any more can only be removed.")
        for badge in badges or []:
            if verb in GIVING and badge.needs_two:
                self.add_error("badges", f"{NEEDS_TWO.format(badge)} Give it on each profile instead.")
        self._demand_evidence(verb, badges or [])
        return cleaned

    def _pass_over(self, verb: str | None) -> None:
        """What does not apply to the verb is neither heeded nor wrong: the page does not show it."""
        if verb not in {Verb.REMOVE, Verb.CLEAR}:
            return
        nothing: dict[str, Any] = {"given_on": today(), "ends_on": None, "link": "", "note": ""}
        if verb == Verb.CLEAR:
            nothing["badges"] = Badge.objects.none()
        for name in nothing:
            self.errors.pop(name, None)
        self.cleaned_data.update(nothing)

    def _demand_evidence(self, verb: str | None, badges: Iterable[Badge]) -> None:
        demanding = [badge for badge in badges if badge.demands_evidence]
        there = any(self.cleaned_data.get(name) or self.errors.get(name) for name in ("link", "note"))
        if verb in GIVING and demanding and not there:
            self.add_error("link", NEEDED_IN_BULK.format(" and ".join(str(badge) for badge in demanding)))

    def wishes(self) -> dict[str, Any]:
        """As `plan_batch` takes them. Today means the moment of the start, an earlier day its beginning."""
        given_on = self.cleaned_data["given_on"]
        starts_at = None
        if given_on != today():
            starts_at = datetime.combine(given_on, time.min, timezone.get_current_timezone())
        wishes = {name: self.cleaned_data[name] for name in ("verb", "reason", "tells", "link", "note")}
        ends_at = self.cleaned_data["ends_on"]
        badges = list(self.cleaned_data["badges"])
        return {**wishes, "badges": badges, "starts_at": starts_at, "ends_at": ends_at}


def initial_of(batch: Batch, badge_slug: str = "") -> dict[str, Any]:
    """A draft as `BatchForm` shows it; `badge_slug` is ticked in one that says nothing yet."""
    planned = batch.planned_at is not None
    starts_on = timezone.localtime(batch.starts_at).date() if batch.starts_at else today()
    return {
        "verb": batch.verb,
        "badges": [badge.slug for badge in batch.badges.all()] if planned else [badge_slug],
        "given_on": starts_on,
        "ends_on": timezone.localtime(batch.ends_at).date() if batch.ends_at else None,
        "reason": batch.reason,
        "link": batch.link,
        "note": batch.note,
        "tells": batch.tells,
    }


def ticked(values: Iterable[str]) -> list[int]:
    """The ids among what was posted; anything else is nobody."""
    return [int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 19]


def verb_of(value: str) -> str:
    return value if value in Verb.values else Verb.ADD
