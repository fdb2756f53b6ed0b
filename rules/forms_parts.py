"""One condition of a rule as a form: which slots each sort asks, and the JSON that they say."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from activity.kinds import kinds_to_choose
from badges.models import Badge
from people.fields import first_control, joined
from people.models import Organization
from people.places import places_by_path
from rules.criteria import Named
from rules.sentences import both, quoted

ROLES = [
    ("author", "author"),
    ("leader", "leader"),
    ("team_member", "team member"),
    ("attendee", "attendee"),
    ("facilitator", "facilitator"),
]
UNITS = [("day", "days"), ("week", "weeks"), ("month", "months"), ("year", "years")]
PERIODS = [(period, period) for period in ("day", "week", "month", "quarter", "year")]
GROUPS = ("all_of", "any_of", "at_least")
SORTS = [
    ("count", "has done so many things"),
    ("sum", "has reached a total"),
    ("average", "has reached an average"),
    ("streak", "has kept it up, period after period"),
    ("tenure", "has been here for a time"),
    ("holds", "holds other badges"),
    ("all_of", "meets all of several conditions"),
    ("any_of", "meets any one of several conditions"),
    ("at_least", "meets some of several conditions"),
]
WINDOWS = [("ever", "in all"), ("within", "within"), ("per", "in one calendar")]
SELECT = ["kinds", "any_kind", "roles", "location", "min_value", "attributes", "per_day"]
# What each sort of condition asks. What is asked only where another slot says so is added by `asked`.
ASKED = {
    "count": ["at_least", "window", *SELECT],
    "sum": ["total", "window", *SELECT],
    "average": ["average", "over", "window", *SELECT],
    "streak": ["each", "length", "per", *SELECT],
    "tenure": ["of_number", "of_unit"],
    "holds": ["held", "badges"],
    "all_of": ["together_number", "together_unit"],
    "any_of": [],
    "at_least": ["k", "together_number", "together_unit"],
}
NEEDED = {
    "at_least": "Say how many.",
    "total": "Say how much it must be in all.",
    "average": "Say what the average must be.",
    "over": "Say of how many it must be.",
    "each": "Say how many in each.",
    "length": "Say how many in a row.",
    "of_number": "Say how long.",
    "held": "Say how many of them.",
    "badges": "Choose at least one badge.",
    "k": "Say how many of the conditions.",
    "within_number": "Say within how long.",
}


class Slot(forms.NumberInput):
    def __init__(self, label: str, size: int = 3, mode: str = "numeric") -> None:
        super().__init__(attrs={"class": "slot", "aria-label": label, "size": size, "inputmode": mode})
        self.input_type = "text"


def slot(label: str) -> forms.Select:
    return forms.Select(attrs={"class": "slot", "aria-label": label})


GROUPED = re.compile(r"\s*-?\d{1,3}(,\d{3})+(\.\d*)?\s*")


def ungrouped(value: Any) -> Any:
    """“12,500”, as pages write it, is that number."""
    return value.replace(",", "") if isinstance(value, str) and GROUPED.fullmatch(value) else value


class WholeNumber(forms.IntegerField):
    def to_python(self, value: Any) -> Any:
        return super().to_python(ungrouped(value))


class Amount(forms.DecimalField):
    def to_python(self, value: Any) -> Any:
        return super().to_python(ungrouped(value))


def how_many(label: str, most: int = 1_000_000) -> forms.IntegerField:
    return WholeNumber(
        label=label, min_value=1, max_value=most, required=False, widget=Slot(label),
        error_messages={
            "invalid": "Write a whole number.", "min_value": "Write 1 or more.",
            "max_value": f"Write {most:,} or less.",
        },
    )  # fmt: skip


def how_much(label: str) -> forms.DecimalField:
    return Amount(
        label=label, required=False, max_digits=20, decimal_places=6,
        widget=Slot(label, 8, "decimal"), error_messages={"invalid": "Write a number, such as 12500 or 4.5."},
    )  # fmt: skip


def chosen(label: str, choices: list[tuple[str, str]] | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices or [], required=False, widget=slot(label))


def several(label: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple)


@dataclass(frozen=True)
class Offers:
    """What can be chosen in an organization, with what the rule in force names already."""

    kinds: list[tuple[str, str]]
    places: list[tuple[str, str]]
    badges: list[tuple[str, str]]
    anywhere: str


def offers(organization: Organization, but: Badge, named: Named | None = None) -> Offers:
    """`named` is what the rule in force names; of that, what is known no more can stay."""
    named = named or Named()
    own = {"organization": organization}
    kinds = kinds_to_choose(organization)
    places = {location.external_id: path for location, path in places_by_path(organization)}
    badges = dict(Badge.objects.filter(**own).exclude(pk=but.pk).values_list("slug", "name"))
    in_order = sorted(badges.items(), key=lambda one: one[1].casefold())
    return Offers(
        kinds=[*kinds.items(), *_gone(named.kinds - kinds.keys())],
        places=[*places.items(), *_gone(named.places - places.keys())],
        badges=in_order + _gone(named.badges - badges.keys()),
        anywhere=f"anywhere at {organization.name}",
    )


def _gone(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, f"{name} (not known here)") for name in sorted(names)]


@dataclass(frozen=True)
class Said:
    """What is wrong, or only odd, and of which controls: it stands beside the first. `id` is its own."""

    id: str
    words: str
    controls: tuple[str, ...] = ()
    is_wrong: bool = True


BESIDE = {  # where the form shows what is said of a field: of most, under the sentence that its slot is in
    "kinds": "kinds", "any_kind": "kinds", "badges": "badges",
    **dict.fromkeys(["location", "min_value", "per_day"], "narrowing"),
    **dict.fromkeys(["roles", "attributes"], "marks"),
    **dict.fromkeys(["for_locations", "for_titles", "joined_from", "counts_from", "counts_until"], "limits"),
    "again": "again", "policy": "saving", "tell": "saving",
}  # fmt: skip
SENTENCE = "sentence"


class SlotForm(forms.Form):
    """A form whose controls stand in a sentence. `also` are further controls that an error is about, by field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.also: dict[str, tuple[str, ...]] = {}
        self.odd: list[tuple[str, Said]] = []
        self.unknown: dict[str, list[str]] = {}

    def doubt(self, name: str, words: str, others: tuple[str, ...] = ()) -> None:
        """Say that something is odd about a field."""
        id_, controls = f"{self[name].auto_id}_odd{len(self.odd)}", (first_control(self[name]), *others)
        self.odd.append((name, Said(id_, words, controls, is_wrong=False)))

    @property
    def says(self) -> dict[str, list[Said]]:
        """What is wrong and what is odd, by where it is shown; of all its places."""
        own = self._own_fields()
        found: dict[str, list[Said]] = {BESIDE.get(one.name, SENTENCE): [] for one in own}
        for one in own:
            if one.errors:
                controls = (first_control(one), *self.also.get(one.name, ()))
                said = Said(f"{one.auto_id}_error", joined(one), controls)
                found[BESIDE.get(one.name, SENTENCE)].append(said)
        for name, said in self.odd:
            found[BESIDE.get(name, SENTENCE)].append(said)
        return found

    def _own_fields(self) -> list[forms.BoundField]:
        return list(self)

    def offer(self, name: str, offered: list[tuple[str, str]]) -> None:
        """What else is said already, as in a rule from elsewhere, shows as well, until another is chosen."""
        self.unknown[name] = self._beyond(name, offered)
        field: Any = self.fields[name]
        field.choices = [*offered, *_gone(self.unknown[name])]

    def _beyond(self, name: str, offered: Iterable[tuple[str, str]]) -> list[str]:
        value = self[name].value() or []
        return sorted(({value} if isinstance(value, str) else set(value)) - dict(offered).keys())

    def clean(self) -> dict[str, Any]:
        for name, unknown in self.unknown.items():
            if unknown and name not in self.errors:
                are = f"{both([quoted(one) for one in unknown])} {'is' if len(unknown) == 1 else 'are'}"
                self.add_error(name, f"{are} not known here. Choose something else instead.")
        return self.cleaned_data

    @property
    def slots(self) -> list[forms.BoundField]:
        """Those in sentences, whose errors are told below."""
        return [bound for bound in self if "slot" in bound.field.widget.attrs.get("class", "")]


class SelectForm(SlotForm):
    """Which activities count."""

    kinds = several("What counts")
    any_kind = forms.BooleanField(label="Everything that anybody does counts", required=False)
    roles = several("In the role of")
    location = chosen("Where")
    min_value = how_much("Worth at least")
    per_day = how_many("At most so many a day", 1_000)
    attributes = forms.CharField(
        label="With these marks", required=False, max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "area = docs, floor"}),
        help_text="One to a line, such as “area = docs, floor”: the area is docs or floor.",
    )  # fmt: skip

    def __init__(self, *args: Any, offers: Offers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = self.fields["roles"]
        roles.choices = [*ROLES, *((one, one.replace("_", " ")) for one in self._beyond("roles", ROLES))]
        self.offer("kinds", offers.kinds)
        self.offer("location", [("", offers.anywhere), *offers.places])

    def clean_attributes(self) -> dict[str, Any]:
        return read_attributes(self.cleaned_data["attributes"])

    def need_kinds(self) -> None:
        said = self.cleaned_data
        if "kinds" not in self.errors and not said.get("kinds") and not said.get("any_kind"):
            self.add_error("kinds", "Choose at least one thing that counts.")
        if said.get("kinds") and said.get("any_kind"):
            self.doubt("any_kind", "Everything counts, so what is chosen above changes nothing.")

    @property
    def chosen(self) -> str:
        """What counts, in a few words."""
        if self["any_kind"].value():
            return "everything"
        kinds: Any = self.fields["kinds"]
        return ", ".join(label for kind, label in kinds.choices if kind in (self["kinds"].value() or []))

    @property
    def narrows(self) -> bool:
        """Whether anything but the kinds is said."""
        return any(self[name].value() for name in ("roles", "location", "min_value", "per_day", "attributes"))

    @property
    def select(self) -> dict[str, Any]:
        said = self.cleaned_data
        found = {
            "kinds": None if said["any_kind"] else said["kinds"],
            "roles": said["roles"] or None,
            "attributes": said["attributes"] or None,
            "location": said["location"] or None,
            "min_value": said["min_value"],
            "per_day": said["per_day"],
        }
        return {name: value for name, value in found.items() if value is not None}


class PartForm(SelectForm):
    """A condition; of the slots of other sorts nothing is asked."""

    type = forms.ChoiceField(label="Which sort of condition", choices=SORTS, widget=slot("Sort of condition"))
    at_least = how_many("How many")
    total = how_much("In all at least")
    average = how_much("On average at least")
    over = how_many("Of at least how many")
    each = how_many("How many in each")
    length = how_many("How many in a row", 1_000)
    window = forms.ChoiceField(label="In what time", choices=WINDOWS, widget=slot("In what time"))
    within_number = how_many("Within how many", 36_500)
    within_unit = chosen("Days, weeks, months or years", UNITS)
    per = chosen("Calendar period", PERIODS)
    of_number = how_many("For how many", 36_500)
    of_unit = chosen("For: unit", UNITS)
    held = how_many("How many of the badges", 100)
    badges = several("Which badges")
    k = how_many("How many of the conditions", 50)
    together_number = how_many("All within how many", 36_500)
    together_unit = chosen("All within: unit", UNITS)

    def __init__(self, *args: Any, offers: Offers, **kwargs: Any) -> None:
        super().__init__(*args, offers=offers, **kwargs)
        self.offer("badges", offers.badges)

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        wanted = asked(said.get("type", "count"), said)
        for name in [name for name in self.fields if name not in {"type", *wanted}]:
            self.errors.pop(name, None)
            said[name] = None
        for name in wanted:
            if name in NEEDED and name not in self.errors and said.get(name) in (None, []):
                self.add_error(name, NEEDED[name])
        if "kinds" in wanted:
            self.need_kinds()
        if said.get("type") == "average" and said.get("window") == "per":
            self.add_error("window", "An average is of all, or within a time: it starts anew in no period.")
        return said


def asked(sort: str, said: Mapping[str, Any]) -> list[str]:
    names = list(ASKED.get(sort, []))
    if "window" in names and said.get("window") == "within":
        names += ["within_number", "within_unit"]
    if "window" in names and said.get("window") == "per":
        names += ["per"]
    return names


def duration(number: int, unit: str | None) -> str:
    return f"{number} {unit or 'day'}{'s' if number > 1 else ''}"


def halves(text: str | None) -> tuple[int | None, str]:
    if not text:
        return None, "day"
    number, _, unit = text.partition(" ")
    return int(number), unit.removesuffix("s")


# ---- attributes as lines of text: “area = docs, floor”
WORD = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)')


def read_attributes(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, values = line.partition("=")
        if not equals or not name.strip() or not values.strip():
            raise ValidationError(f"“{line[:60]}” is not of the form “name = value”.")
        found.setdefault(name.strip(), []).extend(_values(values.strip()))
    return found


def _values(text: str) -> list[Any]:
    try:
        if text.startswith("["):
            listed: list[Any] = json.loads(text)
            return listed
    except (ValueError, RecursionError):
        raise ValidationError(f"“{text[:60]}” is no list in JSON.") from None
    words = [word.strip() for word in WORD.findall(text)]
    return [_value(word) for word in words if word]


def _value(word: str) -> Any:
    """Numbers, true, false and null are those; to say them as text, put them in quotation marks."""
    try:
        value = json.loads(word, parse_constant=str)
    except ValueError:
        return word
    is_plain = value is None or isinstance(value, str | int | bool)
    return value if is_plain or (isinstance(value, float) and isfinite(value)) else word


def attributes_text(attributes: Mapping[str, Iterable[Any]]) -> str:
    return "\n".join(f"{name} = {_values_text(list(values))}" for name, values in attributes.items())


def _values_text(values: list[Any]) -> str:
    if any(isinstance(value, list | dict) for value in values):
        return json.dumps(values, ensure_ascii=False)
    return ", ".join(
        value if isinstance(value, str) and _is_plain(value) else json.dumps(value, ensure_ascii=False)
        for value in values
    )


def _is_plain(text: str) -> bool:
    return text == text.strip() and bool(text) and not re.search(r'[,"\[\r\n]', text) and _value(text) == text
