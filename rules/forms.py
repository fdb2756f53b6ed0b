"""The rule form: conditions in a sentence, how long the badge is kept, for whom, and what a change does."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import QueryDict

from badges.models import Badge
from people.fields import first_control
from people.models import Organization
from people.zones import instant_of
from rules.criteria import Invalid, Named, parse, to_json
from rules.doubts import doubts
from rules.drafts import Part, bind, criterion_of, fresh, read_part
from rules.forms_blame import contradicted, field_of_part, field_of_rule, part_at
from rules.forms_parts import (
    UNITS,
    Offers,
    Said,
    SelectForm,
    SlotForm,
    chosen,
    duration,
    how_many,
    offers,
    several,
    slot,
)
from rules.models import Policy
from rules.oddities import odd_about
from rules.queries import refuse_circle

KEEPS = [
    ("permanent", "for good"),
    ("expires", "for a time, then it ends"),
    ("while", "as long as they go on"),
    ("satisfied", "as long as the condition is met"),
]
POLICIES = [
    (Policy.RECHECK, "Re-check everybody: the whole past is judged by the new rule"),
    (Policy.KEEP, "Keep present holders: from now on the new rule decides, and what was done before counts"),
    (Policy.NEW_ONLY, "Only new activities count: present holders stay, all others start from nothing"),
]
GRACE = ["grace_number", "grace_unit"]
ASKED = {
    "permanent": [],
    "expires": ["ends_number", "ends_unit", *GRACE],
    "while": ["while_at_least", "while_number", "while_unit", "own", *GRACE],
    "satisfied": GRACE,
}


class RuleForm(SlotForm):
    """`root` is the outermost condition, with its own form and those of its parts; `keep` says what keeps it.

    `seen` is the number of the version that stood above the form, none being 0.
    """

    again = forms.BooleanField(label="It can be earned again and again (×n)", required=False)
    retention = forms.ChoiceField(
        label="How long it is kept", choices=KEEPS, widget=slot("How long it is kept")
    )
    ends_number = how_many("Ends after how many", 36_500)
    ends_unit = chosen("Ends after: unit", UNITS)
    while_at_least = how_many("Kept with how many")
    while_number = how_many("Kept within how many", 36_500)
    while_unit = chosen("Kept within: unit", UNITS)
    own = forms.BooleanField(label="Other things keep it than earn it", required=False)
    grace_number = how_many("Grace of how many", 36_500)
    grace_unit = chosen("Grace: unit", UNITS)
    for_locations = several("Only for people in")
    for_titles = forms.CharField(
        label="Only for people with the title", required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}), help_text="One to a line.",
    )  # fmt: skip
    joined_from = forms.DateField(
        label="Only for people who joined on or after", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2026-03-31."},
    )  # fmt: skip
    counts_from = forms.CharField(
        label="Only what is done from", required=False, max_length=40,
        help_text="Local time, such as “2026-05-01 00:00”.",
    )  # fmt: skip
    counts_until = forms.CharField(
        label="and before", required=False, max_length=40, help_text="Local time; this moment itself is not included."
    )  # fmt: skip
    policy = forms.ChoiceField(
        label="What the change does", choices=POLICIES, required=False, widget=forms.RadioSelect
    )
    tell = forms.BooleanField(label="Mail those who get or lose it now", required=False)
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        badge: Badge,
        organization: Organization,
        draft: "tuple[Part, dict[str, Any]] | None" = None,
        named: Named | None = None,
    ) -> None:
        """Bound to `data`, or showing a `draft`: conditions and the other slots, as `forms_shown` makes it."""
        root, initial = draft or (fresh(), {})
        super().__init__(data, initial={"policy": Policy.RECHECK, **initial})
        self.badge, self.zone = badge, organization.time_zone
        self.organization = organization
        self.definition: dict[str, Any] = {}
        self.offers: Offers = offers(organization, badge, named)
        self.offer("for_locations", self.offers.places)
        self.root = read_part(data) if data is not None else root
        bind(self.root, self.offers, data)
        keep: Any = {"data": data} if data is not None else {"initial": initial.get("keep", {})}
        self.keep = SelectForm(**keep, prefix="keep", offers=self.offers)

    @property
    def limits(self) -> bool:
        """Whether anything is said of for whom, and from when."""
        names = ("for_locations", "for_titles", "joined_from", "counts_from", "counts_until")
        return any(self[name].value() or self[name].errors for name in names)

    def clean_policy(self) -> str:
        return self.cleaned_data["policy"] or Policy.RECHECK

    def clean_for_titles(self) -> list[str]:
        lines = map(str.strip, self.cleaned_data["for_titles"].splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    def clean_counts_from(self) -> str | None:
        return self._instant("counts_from")

    def clean_counts_until(self) -> str | None:
        return self._instant("counts_until")

    def _instant(self, name: str) -> str | None:
        text = self.cleaned_data[name].strip()
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else instant_of(at, self.zone)).isoformat()
        except (ValueError, OverflowError):
            raise ValidationError("Write a day and a time, such as 2026-05-01 00:00.") from None

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._forget_unasked()
        if self.cleaned_data.get("retention") == "expires":
            self._need("ends_number", "Say after how long it ends.")
        if self.cleaned_data.get("retention") == "while" and self.root.values["type"] in {"tenure", "holds"}:
            self.blame(Invalid("retention", "“while” is not for a bare “tenure” or “holds”."))
        elif self.cleaned_data.get("retention") == "while":
            self._need("while_at_least", "Say how many keep it.")
            self._need("while_number", "Say within how long they must be.")
        if self._parts_are_valid() and not self.errors:
            self._parse()
        return self.cleaned_data

    def _forget_unasked(self) -> None:
        wanted = ASKED.get(self.cleaned_data.get("retention", ""), [])
        for name in {name for names in ASKED.values() for name in names if name not in wanted}:
            self.errors.pop(name, None)
            self.cleaned_data[name] = None

    def _need(self, name: str, message: str) -> None:
        if name not in self.errors and self.cleaned_data.get(name) is None:
            self.add_error(name, message)

    def _parts_are_valid(self) -> bool:
        parts = list(self.root.everything())
        for part in parts:
            assert part.form is not None
            if part.form.is_valid() and part.is_group and not part.parts:
                part.form.add_error("type", "Add at least one condition.")
        if self.cleaned_data.get("own") and self.keep.is_valid():
            self.keep.need_kinds()
        sound = all(part.form is not None and not part.form.errors for part in parts)
        if not sound or (self.cleaned_data.get("own") and self.keep.errors):
            # Only to make the whole invalid: the messages stand beside the fields, and in the summary.
            self.errors.setdefault("", self.error_class())
            return False
        return True

    def _parse(self) -> None:
        try:
            rule = parse(self._said())
            refuse_circle(rule, self.organization, policy=self.cleaned_data.get("policy") or Policy.RECHECK)
        except Invalid as invalid:
            self.blame(invalid)
            return
        found = doubts(rule)
        for doubt in found:
            if doubt.impossible:
                self.blame(Invalid(doubt.path, doubt.message))
                form, name = self._at(doubt.path)
                form.also[name] = self._controls(doubt.others)
        if not self.errors:
            self.definition = to_json(rule)
            for doubt in [*found, *odd_about(rule, self.organization)]:
                form, name = self._at(doubt.path)
                form.doubt(name, doubt.message, self._controls(doubt.others))

    def _said(self) -> dict[str, Any]:
        said = self.cleaned_data
        audience = {
            "locations": said["for_locations"],
            "titles": said["for_titles"],
            "joined_from": said["joined_from"] and said["joined_from"].isoformat(),
        }
        campaign = {"from": said["counts_from"], "until": said["counts_until"]}
        found = {
            "id": self.badge.slug,
            "name": self.badge.name,
            "repeatable": said["again"],
            "criterion": criterion_of(self.root),
            "retention": self._retention(),
            "for": {name: value for name, value in audience.items() if value},
            "counts": {name: value for name, value in campaign.items() if value},
        }
        return {name: value for name, value in found.items() if value != {}}

    def _retention(self) -> dict[str, Any]:
        said = self.cleaned_data
        keep: dict[str, Any] = {"type": said["retention"]}
        if keep["type"] == "expires":
            keep["after"] = duration(said["ends_number"], said["ends_unit"])
        if keep["type"] == "while":
            keep["at_least"] = said["while_at_least"]
            keep["within"] = duration(said["while_number"], said["while_unit"])
            if said["own"]:
                keep["select"] = self.keep.select
        if said["grace_number"]:
            keep["grace"] = duration(said["grace_number"], said["grace_unit"])
        return keep

    def blame(self, invalid: Invalid) -> None:
        """Put the message beside the part that it is about."""
        if told := contradicted(invalid.message):
            self.add_error(*told)
        elif invalid.path.startswith("criterion"):
            form, name = self._at(invalid.path)
            form.add_error(name, invalid.message)
            self.errors.setdefault("", self.error_class())
        else:
            self.add_error(field_of_rule(invalid.path), invalid.message)

    def _at(self, path: str) -> tuple[SlotForm, str]:
        """The form and the field that write a place in the JSON."""
        if path.startswith("criterion"):
            part, rest = part_at(self.root, path)
            assert part.form is not None
            return part.form, field_of_part(part, rest)
        if path.startswith("retention.select."):
            return self.keep, path.removeprefix("retention.select.")
        return self, field_of_rule(path) or "retention"

    def _controls(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(first_control(form[name]) for form, name in map(self._at, paths))

    @property
    def keeping(self) -> dict[str, list[Said]]:
        """What is said of what keeps it, where that is asked."""
        is_asked = self.is_bound and self.cleaned_data.get("own")
        return {place: said if is_asked else [] for place, said in self.keep.says.items()}

    def _own_fields(self) -> list[BoundField]:
        return super().visible_fields()

    # ---- for the summary of errors, which links to all fields there are
    def visible_fields(self) -> list[Any]:
        of_parts = [
            _of_part(part, bound)
            for part in self.root.everything()
            if part.form is not None
            for bound in part.form.visible_fields()
        ]
        keeping = self.keep.visible_fields() if self.is_bound and self.cleaned_data.get("own") else []
        own = super().visible_fields()
        return [*of_parts, *own, *(_named_after("What keeps it", bound) for bound in keeping)]


def _of_part(part: Part, bound: BoundField) -> BoundField:
    """Under a name that says of which condition."""
    return _named_after(f"Condition {part.place}", bound) if part.place else bound


def _named_after(whole: str, bound: BoundField) -> BoundField:
    bound = copy(bound)
    bound.label = f"{whole}, {bound.label[:1].lower()}{bound.label[1:]}"
    return bound
