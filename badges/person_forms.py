"""The badges by hand on the form of a person, as clean values."""

from typing import Any

from django import forms
from django.db.models import Q

from badges.bulk_forms import ticked
from badges.choices import Checkboxes, GroupedChoices
from badges.forms import EndsOnField, prose
from badges.give_forms import held_until
from badges.models import Award, Badge, BadgeState, Origin
from people.models import Person


class Held(GroupedChoices):
    standing: dict[int, Award] = {}

    def label_from_instance(self, obj: Any) -> str:
        award = self.standing.get(obj.pk)
        return f"{obj} ({held_until(award)})" if award else str(obj)


class PersonBadgesForm(forms.Form):
    """Ticked is what is held by hand. What was ticked when the page was shown comes back as `shown`.

    Only what somebody ticked or unticked since changes: a badge that another administrator gave or took
    meanwhile stays as they left it.
    """

    badges = Held(
        queryset=None,
        to_field_name="slug",
        required=False,
        widget=Checkboxes,
        help_text="Ticking gives a badge by hand, from now on; unticking takes it back.",
        error_messages={
            "invalid_choice": "One of the badges cannot be given any more. Look at the list again.",
            "invalid_pk_value": "One of the badges cannot be given any more. Look at the list again.",
            "invalid_list": "One of the badges cannot be given any more. Look at the list again.",
        },
    )
    ends_on = EndsOnField()
    why = forms.CharField(
        label="Reason for the change of badges",
        max_length=500,
        required=False,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed where a badge is ticked or unticked. The person reads it.",
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        held = Award.objects.standing().filter(person=person).exclude(badge__state=BadgeState.WITHDRAWN)
        awards = list(held.select_related("badge").order_by("badge__name", "pk"))
        self.standing = {award.badge_id: award for award in awards if award.origin == Origin.HAND}
        self.by_rule = [award.badge for award in awards if award.origin == Origin.RULE and not award.key]
        givable = Badge.objects.hand_grantable_to(person).filter(organization=person.organization_id)
        if person.left_on is not None:
            givable = givable.none()
        asks_more = Q(demands_evidence=True) | Q(needs_two=True)
        self.elsewhere = list(givable.filter(asks_more).exclude(pk__in=self.standing))
        here = givable.exclude(asks_more).values("pk")
        field: Any = self.fields["badges"]
        field.standing = self.standing
        field.queryset = Badge.objects.filter(Q(pk__in=here) | Q(pk__in=list(self.standing)))
        self.initial["badges"] = [award.badge.slug for award in self.standing.values()]

    @property
    def shown(self) -> list[int]:
        """The awards that were ticked when the page was first shown, also where it is shown again."""
        if self.is_bound:
            return ticked(self.data.getlist("shown"))  # type: ignore[attr-defined]
        return [award.pk for award in self.standing.values()]

    def clean(self) -> dict[str, Any]:
        changes = self.changes()
        if changes and not self.cleaned_data.get("why") and "why" not in self.errors:
            self.add_error("why", "Say why, in a sentence that the person may read.")
        if self.cleaned_data.get("ends_on") and "badges" not in self.errors and not changes.get("give"):
            self.add_error("ends_on", "No badge is ticked anew, so nothing would end on that day.")
        return self.cleaned_data

    def changes(self) -> dict[str, Any]:
        """As `edit_person_and_badges` takes them; nothing where nothing was ticked or unticked."""
        chosen = {badge.pk: badge for badge in self.cleaned_data.get("badges") or []}
        if "badges" in self.errors:
            return {}
        awards = Award.objects.filter(person=self.person, origin=Origin.HAND, pk__in=self.shown)
        shown = {award.badge_id: award for award in awards}
        give = [badge for pk, badge in chosen.items() if pk not in shown and pk not in self.standing]
        take = [award for pk, award in shown.items() if pk not in chosen and award.ended_at is None]
        if not give and not take:
            return {}
        said = self.cleaned_data
        return {
            "give": give, "take_back": take, "reason": said.get("why", ""), "ends_at": said.get("ends_on"),
        }  # fmt: skip
