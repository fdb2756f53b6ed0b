"""What administrators say about people, locations and the organization, as clean values."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import password_validation
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q, QuerySet

from people.access import administered_location_ids
from people.actions import today_in
from people.currencies import CURRENCIES
from people.editions import EditionForm
from people.leaving import AHEAD
from people.logo import HINT as LOGO_HINT
from people.logo import MOST_BYTES
from people.models import LANGUAGES, Location, Organization, Person, User
from people.places import Place, tree
from people.roles import BINDABLE, Role
from people.suggesting import NAMES_ONE
from people.taken import TAKEN
from people.text import plain_text

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
NOT_ZONES = {"localtime", "Factory"}
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("error_messages", {"invalid": "Write the day as 2026-03-31."})
        super().__init__(**kwargs)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Choose a day between 1900 and 2199.")
        return day


class PlaceField(forms.TypedChoiceField):
    """A location of the tree, as a list indented by depth; its value is the location or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            empty_value=None,
            required=kwargs.pop("required", False),
            error_messages={"invalid_choice": "This location cannot be chosen. Choose another one."},
            **kwargs,
        )

    def offer(self, places: Iterable[Place], *, none: str | None) -> None:
        places = list(places)
        locations = {str(place.location.pk): place.location for place in places}
        self.coerce = locations.__getitem__  # here, because Django copies a form's fields
        nowhere = [("", none)] if none is not None else []
        self.choices = [*nowhere, *((str(place.location.pk), place.label) for place in places)]


class PersonForm(EditionForm):
    """A person as one describes them. The manager is named by address, staff number or whole name."""

    name = forms.CharField(max_length=150, validators=[plain_text])
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        required=False,
        help_text="Mail about badges goes there, and the invitation to sign in.",
    )
    title = forms.CharField(label="Job title", max_length=100, required=False, validators=[plain_text])
    location = PlaceField()
    manager = forms.CharField(
        max_length=254,
        required=False,
        validators=[plain_text],
        widget=forms.TextInput(attrs=NAMES_ONE),
        help_text="Their e-mail address, staff number or full name.",
    )
    joined_on = DayField(
        label="Joined on",
        required=False,
        help_text="Badges for years of service count from it. Another day dates them anew, without mail.",
    )
    external_id = forms.CharField(
        label="Staff number",
        max_length=100,
        required=False,
        validators=[plain_text],
        help_text="Imports know the person by it. Empty, Lapel makes one.",
    )

    def __init__(
        self,
        *args: Any,
        editor: Person,
        person: Person | None = None,
        may_change_email: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organization: Organization = editor.organization
        self.person = person
        self.others = Person.objects.filter(organization=self.organization)
        if person is not None:
            self.others = self.others.exclude(pk=person.pk)
            self.fields["external_id"].required = True
            self.fields["external_id"].help_text = "Imports know the person by it."
        if not may_change_email:
            self.fields["email"].disabled = True
            self.fields[
                "email"
            ].help_text = "Only an owner may change the e-mail address of somebody with this role."
        self._offer_places(editor)

    def _offer_places(self, editor: Person) -> None:
        """Open ones that the editor administers, and where the person is already."""
        ids = administered_location_ids(editor)
        now_at = self.person.location_id if self.person else None
        field: Any = self.fields["location"]
        field.offer(
            (
                place
                for place in tree(self.organization)
                if place.location.pk == now_at
                or (place.location.closed_on is None and (ids is None or place.location.pk in ids))
            ),
            none="Nowhere in particular" if ids is None or (self.person and now_at is None) else "Choose one",
        )
        field.required = ids is not None
        field.error_messages["required"] = "Choose one of the locations that you administer."

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        others = self.others.exclude(merged_into=self.person) if self.person else self.others
        if email and others.filter(email__iexact=email).exists():
            raise forms.ValidationError(TAKEN["person_email_once"][1])
        return email

    def clean_external_id(self) -> str:
        external_id: str = self.cleaned_data["external_id"]
        if external_id and self.others.filter(external_id=external_id).exists():
            raise forms.ValidationError(TAKEN["person_external_id_once"][1])
        return external_id

    def clean_manager(self) -> Person | None:
        told: str = self.cleaned_data["manager"]
        if not told:
            return None
        if self.person is not None and self.person.manager and told == manager_label(self.person.manager):
            return self.person.manager
        return person_named(told, self.others)


def person_named(told: str, among: QuerySet[Person]) -> Person:
    """Who is here by that address, staff number or whole name. Raises ValidationError where it is not one."""
    named = Q(email__iexact=told) | Q(external_id=told) | Q(name__iexact=told)
    found = list(among.filter(named, left_on=None)[:2])
    if not found:
        raise forms.ValidationError("Nobody else here is known by that. Try their e-mail address.")
    if len(found) > 1:
        raise forms.ValidationError(
            "Several people are known by that. Write their e-mail address or staff number."
        )
    return found[0]


def manager_label(manager: Person) -> str:
    return manager.email or manager.external_id


def initial_of(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "location": person.location_id,
        "manager": manager_label(person.manager) if person.manager else "",
        "joined_on": person.joined_on,
        "external_id": person.external_id,
    }


class ReturnForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        required=False,
        validators=[plain_text],
        help_text="May stay empty. Only the audit log has it.",
    )


class LeaveForm(ReturnForm):
    left_on = DayField(label="Last day")
    field_order = ("left_on", "reason")

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today_in(organization)
        self.initial.setdefault("left_on", self.today)

    def clean_left_on(self) -> date:
        left_on: date = self.cleaned_data["left_on"]
        if left_on > self.today:
            raise forms.ValidationError(AHEAD)
        return left_on


class PlacementForm(forms.Form):
    from_on = DayField(label="From this day on")


class LocationForm(EditionForm):
    name = forms.CharField(max_length=100, validators=[plain_text])
    parent = PlaceField(label="Below")
    external_id = forms.CharField(
        label="Short name for imports and rules",
        max_length=100,
        required=False,
        validators=[plain_text],
        help_text="It stays when the location is renamed. Empty, Lapel makes one.",
    )

    def __init__(
        self, *args: Any, organization: Organization, location: Location | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organization, self.location = organization, location
        below = set(location.subtree_ids()) if location else set()
        parent: Any = self.fields["parent"]
        now_below = location.parent_id if location else None
        parent.offer(
            (
                place
                for place in tree(organization)
                if place.location.pk not in below
                and (place.location.closed_on is None or place.location.pk == now_below)
            ),
            none="Nothing: it is at the top",
        )
        if location is not None:
            del self.fields["external_id"]

    def clean_external_id(self) -> str:
        external_id: str = self.cleaned_data["external_id"]
        known = Location.objects.filter(organization=self.organization, external_id=external_id)
        if external_id and known.exists():
            raise forms.ValidationError(TAKEN["location_external_id_once"][1])
        return external_id

    def clean(self) -> dict[str, Any]:
        """Nobody could tell two of one name apart that stand side by side."""
        name, parent = self.cleaned_data.get("name", ""), self.cleaned_data.get("parent")
        beside = Location.objects.filter(organization=self.organization, parent=parent, name__iexact=name)
        namesake = (beside.exclude(pk=self.location.pk) if self.location else beside).first()
        if namesake and "parent" in self.cleaned_data:
            where = f"below {parent}" if parent else "at the top"
            closed = ", which is closed. Open it again instead" if namesake.closed_on else ""
            self.add_error("name", f"There is a {namesake} {where} already{closed}.")
        return dict(self.cleaned_data)


def zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones() - NOT_ZONES)]


class OrganizationForm(EditionForm):
    name = forms.CharField(max_length=100, validators=[plain_text])
    zone = forms.ChoiceField(
        label="Time zone",
        choices=zones,
        help_text="Days, weeks and months begin and end by its clocks.",
        error_messages={"invalid_choice": "Choose a time zone from the list, such as Europe/Berlin."},
    )
    first_weekday = forms.TypedChoiceField(
        label="First day of the week", coerce=int, choices=list(enumerate(WEEKDAYS, 1))
    )
    language = forms.ChoiceField(
        label="Language of mails",
        choices=LANGUAGES,
        required=False,
        help_text="People may choose another for themselves. Pages are in English.",
    )

    currency = forms.ChoiceField(
        label="Currency",
        choices=[("", "Not said"), *CURRENCIES.items()],
        required=False,
        help_text="What savings are counted in. Figures that are there already are not converted.",
        error_messages={"invalid_choice": "Choose a currency from the list, such as EUR, Euro."},
    )

    def clean_language(self) -> str:
        """Whoever says nothing of it leaves it as it is."""
        language: str = self.cleaned_data["language"] or self.initial["language"]
        return language

    def clean_currency(self) -> str:
        """The same, though one may also take back what was said."""
        currency: str = self.cleaned_data["currency"] if "currency" in self.data else self.initial["currency"]
        return currency


class LogoForm(forms.Form):
    file = forms.FileField(
        label="Picture",
        help_text=LOGO_HINT,
        error_messages={
            "required": "Choose a picture first.",
            "empty": "The file is empty. Choose another one.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 5 MB. Save the picture smaller and choose it again."
            )
        return file


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(
        coerce=Role,
        error_messages={"invalid_choice": "You may not give this role. Choose another one."},
    )
    location = PlaceField(
        label="Where",
        help_text="Administrators can be bound to a location and everything below it. They look after its people "
        "then, and change no badges, rules or locations. Other roles are for everywhere.",
    )

    def __init__(self, *args: Any, giver: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = [(role.value, role.label) for role in Role if role in giver.may_give_roles]
        ids = administered_location_ids(giver)
        location: Any = self.fields["location"]
        location.offer(
            (
                place
                for place in tree(giver.organization, closed=False)
                if ids is None or place.location.pk in ids
            ),
            none="Everywhere",
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        role, location = cleaned.get("role"), cleaned.get("location")
        if role and location and role not in BINDABLE:
            self.add_error("location", f"{role.label} is a role for everywhere. Choose Everywhere.")
        return cleaned


class FindForm(forms.Form):
    """What one looks for in a list. Nonsense finds nothing rather than failing."""

    q = forms.CharField(required=False, max_length=100, validators=[ProhibitNullCharactersValidator()])
    show = forms.CharField(required=False, max_length=20, validators=[ProhibitNullCharactersValidator()])
    who = forms.CharField(required=False, max_length=100, validators=[ProhibitNullCharactersValidator()])


class AcceptForm(forms.Form):
    password = forms.CharField(
        label="New password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters, and no password that many people use.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, User(email=self.email))
        return password
