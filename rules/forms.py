"""The rule form: one count in a sentence. What it cannot say, it does not show."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from activity.models import Kind
from badges.models import Badge
from people.models import Location, Organization
from rules.criteria import Count, Expires, Invalid, Permanent, Rule, While, parse, to_json

COMMON_KINDS = [
    "improvement.submitted",
    "improvement.implemented",
    "project.started",
    "project.completed",
    "task.completed",
    "event.attended",
    "training.completed",
    "feedback.received",
]
ROLES = [("author", "author"), ("leader", "leader"), ("team_member", "team member")]
UNITS = [("day", "days"), ("week", "weeks"), ("month", "months"), ("year", "years")]
PERIODS = [(period, period) for period in ("day", "week", "month", "quarter", "year")]
# What is asked only where another slot says so; the stylesheet hides it elsewhere, so it cannot be in the way.
ASKED = {
    ("window", "within"): ["within_number", "within_unit"],
    ("window", "per"): ["per"],
    ("retention", "expires"): ["ends_number", "ends_unit"],
    ("retention", "while"): ["while_at_least", "while_number", "while_unit"],
}
# Where in the JSON something is wrong → the field that says so.
FIELDS = {
    "criterion.within": "within_number",
    "criterion.per": "per",
    "criterion.at_least": "at_least",
    "criterion.select.kinds": "kinds",
    "criterion.select.min_value": "min_value",
    "criterion.select.per_day": "per_day",
    "retention.after": "ends_number",
    "retention.within": "while_number",
    "retention.at_least": "while_at_least",
    "retention": "retention",
}


def duration(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' if number > 1 else ''}"


def label_of(kind: str) -> str:
    return kind.replace(".", " ").replace("_", " ").capitalize()


class Slot(forms.NumberInput):
    def __init__(self, label: str, size: int = 3) -> None:
        super().__init__(attrs={"class": "slot", "aria-label": label, "size": size, "inputmode": "numeric"})
        self.input_type = "text"


def slot(label: str) -> forms.Select:
    return forms.Select(attrs={"class": "slot", "aria-label": label})


def how_many(label: str, most: int, *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, required=required, widget=Slot(label),
        error_messages={
            "required": "Say how many.", "invalid": "Write a whole number.",
            "min_value": "Write 1 or more.", "max_value": f"Write {most:,} or less.",
        },
    )  # fmt: skip


class RuleForm(forms.Form):
    at_least = how_many("How many", 1_000_000, required=True)
    kinds = forms.MultipleChoiceField(
        label="What counts",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that counts."},
    )
    window = forms.ChoiceField(
        label="In what time",
        choices=[("ever", "in all"), ("within", "within"), ("per", "in one calendar")],
        widget=slot("In what time"),
    )
    within_number = how_many("Within how many", 36_500)
    within_unit = forms.ChoiceField(
        choices=UNITS, required=False, widget=slot("Days, weeks, months or years")
    )
    per = forms.ChoiceField(label="In one", choices=PERIODS, required=False, widget=slot("Calendar period"))
    role = forms.ChoiceField(label="In the role of", required=False, widget=slot("Role"))
    location = forms.ChoiceField(label="Where", required=False, widget=slot("Location"))
    min_value = forms.DecimalField(
        label="Worth at least", required=False, max_digits=16, decimal_places=4,
        widget=Slot("Worth at least", 8), error_messages={"invalid": "Write a number."},
    )  # fmt: skip
    per_day = how_many("At most so many a day", 1_000)
    again = forms.BooleanField(label="It can be earned again and again (×n)", required=False)
    retention = forms.ChoiceField(
        label="How long it is kept",
        choices=[
            ("permanent", "for good"),
            ("expires", "for a time, then it ends"),
            ("while", "as long as they go on"),
        ],
        widget=slot("How long it is kept"),
    )
    ends_number = how_many("Ends after how many", 36_500)
    ends_unit = forms.ChoiceField(choices=UNITS, required=False, widget=slot("Ends after: unit"))
    while_at_least = how_many("Kept with how many", 1_000_000)
    while_number = how_many("Kept within how many", 36_500)
    while_unit = forms.ChoiceField(choices=UNITS, required=False, widget=slot("Kept within: unit"))
    tell = forms.BooleanField(label="Mail those who get or lose it now", required=False)

    def __init__(self, *args: Any, badge: Badge, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.badge = badge
        self.definition: dict[str, Any] = {}
        self._choose("kinds", kind_choices(organization))
        self._choose("role", [("", "any role"), *ROLES])
        places = Location.objects.filter(organization=organization).values_list("external_id", "name")
        self._choose("location", [("", f"anywhere at {organization.name}"), *places])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        self._forget_unasked()
        if cleaned.get("window") == "within":
            self._need("within_number", "Say within how long.")
        if cleaned.get("retention") == "expires":
            self._need("ends_number", "Say after how long it ends.")
        if cleaned.get("retention") == "while":
            self._need("while_at_least", "Say how many keep it.")
            self._need("while_number", "Say within how long they must be.")
        if not self.errors:
            self._parse(cleaned)
        return cleaned

    def _forget_unasked(self) -> None:
        for (slot_name, value), names in ASKED.items():
            if self.cleaned_data.get(slot_name) != value:
                for name in names:
                    self.errors.pop(name, None)
                    self.cleaned_data[name] = None

    def _need(self, name: str, message: str) -> None:
        if name not in self.errors and self.cleaned_data.get(name) is None:
            self.add_error(name, message)

    def _parse(self, cleaned: dict[str, Any]) -> None:
        try:
            self.definition = to_json(parse(definition_of(self.badge, cleaned)))
        except Invalid as invalid:
            field = next((field for path, field in FIELDS.items() if invalid.path.startswith(path)), None)
            self.add_error(field, ValidationError(invalid.message))

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields and "slot" in (attrs := self.fields[name].widget.attrs).get("class", ""):
                attrs["class"] = "slot has-error"


def kind_choices(organization: Organization) -> list[tuple[str, str]]:
    known = dict(Kind.objects.filter(organization=organization).values_list("name", "label"))
    names = sorted({*known, *COMMON_KINDS})
    return [(name, known.get(name) or label_of(name)) for name in names]


def definition_of(badge: Badge, said: dict[str, Any]) -> dict[str, Any]:
    criterion: dict[str, Any] = {"type": "count", "at_least": said["at_least"], "select": _select(said)}
    if said["window"] == "within":
        criterion["within"] = duration(said["within_number"], said["within_unit"] or "day")
    elif said["window"] == "per":
        criterion["per"] = said["per"] or "month"
    return {
        "id": badge.slug,
        "name": badge.name,
        "repeatable": said["again"],
        "criterion": criterion,
        "retention": _retention(said),
    }


def _select(said: dict[str, Any]) -> dict[str, Any]:
    select: dict[str, Any] = {
        "kinds": said["kinds"],
        "roles": [said["role"]] if said["role"] else None,
        "location": said["location"] or None,
        "min_value": said["min_value"],
        "per_day": said["per_day"],
    }
    return {name: value for name, value in select.items() if value is not None}


def _retention(said: dict[str, Any]) -> dict[str, Any]:
    if said["retention"] == "expires":
        return {"type": "expires", "after": duration(said["ends_number"], said["ends_unit"] or "day")}
    if said["retention"] == "while":
        within = duration(said["while_number"], said["while_unit"] or "day")
        return {"type": "while", "at_least": said["while_at_least"], "within": within}
    return {"type": "permanent"}


def initial_of(badge: Badge, definition: dict[str, Any], organization: Organization) -> dict[str, Any] | None:
    """A rule as the form shows it, or None where the form cannot say all that the rule says."""
    try:
        rule = parse(definition)
    except Invalid:
        return None
    if not isinstance(rule.criterion, Count) or not isinstance(rule.retention, Permanent | Expires | While):
        return None
    if not rule.criterion.select.kinds:
        return None
    said = _said(rule, rule.criterion)
    same = to_json(parse(definition_of(badge, said))) == to_json(
        rule.model_copy(update={"name": badge.name, "version": None, "id": badge.slug})
    )
    form = RuleForm(badge=badge, organization=organization)
    choosable = all(_among(form, name, said[name]) for name in ("kinds", "role", "location"))
    return said if same and choosable else None


def _among(form: RuleForm, name: str, value: Any) -> bool:
    field: Any = form.fields[name]
    values = value if isinstance(value, list) else [value]
    return bool(values) and {choice for choice, _ in field.choices} >= set(values)


def _said(rule: Rule, count: Count) -> dict[str, Any]:
    select, keep = count.select, rule.retention
    within, ends = _halves(count.within), _halves(getattr(keep, "after", None))
    cover = _halves(getattr(keep, "within", None))
    minimum: Decimal | None = select.min_value
    return {
        "at_least": count.at_least,
        "kinds": list(select.kinds or ()),
        "window": "within" if count.within else "per" if count.per else "ever",
        "within_number": within[0],
        "within_unit": within[1],
        "per": count.per or "month",
        "role": select.roles[0] if select.roles else "",
        "location": select.location or "",
        "min_value": minimum,
        "per_day": select.per_day,
        "again": rule.repeatable,
        "retention": keep.type,
        "ends_number": ends[0],
        "ends_unit": ends[1],
        "while_at_least": getattr(keep, "at_least", None),
        "while_number": cover[0],
        "while_unit": cover[1],
    }


def _halves(text: str | None) -> tuple[int | None, str]:
    if not text:
        return None, "day"
    number, _, unit = text.partition(" ")
    return int(number), unit.removesuffix("s")
