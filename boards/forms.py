"""What managers say about boards, as clean values."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import QueryDict

from activity.forms import Colleagues
from activity.listing import step_at, steps_by_kind
from activity.models import ItemKind, ItemState
from boards.asked import LONGEST_TEXT, asked
from boards.columns import DEFINITIONS, USUAL, Choice, choices, known, moved
from boards.filters import Filters
from boards.models import (
    Board,
    Card,
    CardKind,
    CardLogin,
    CardStatus,
    CardWhose,
    CardWidth,
    Order,
    SavedList,
)
from boards.narrowing import contradictions
from boards.queries import badges_shown, places
from people.editions import EditionForm
from people.models import Location, Person
from people.roles import Role
from people.text import plain_text

MOST_ROWS = 100
MOST_SHARES = 200


def plain_lines(value: str) -> None:
    for line in value.splitlines():
        plain_text(line.replace("\t", " ").strip())


def _title(label: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=80, validators=[plain_text], error_messages={"required": missing}
    )


class BoardForm(forms.Form):
    title = _title("Title", "Say what the board is for, such as Ward 4B huddle.")


class ShareForm(EditionForm):
    """With whom a board is shared; with nothing said, everybody."""

    locations = forms.MultipleChoiceField(
        label="People of",
        required=False,
        help_text="Each with everything below it.",
        error_messages={"invalid_choice": "This place is not there. Choose another one."},
    )
    people = Colleagues(
        most=MOST_SHARES,
        label="And these people",
        max_length=20_000,
        widget=forms.Textarea,
        validators=[plain_lines],
        help_text="Names or e-mail addresses, with commas between them or one a line.",
    )

    def __init__(self, data: Any = None, *, viewer: Person, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.places = {str(place.location.pk): place for place in places(viewer)}
        fields: Any = self.fields
        fields["locations"].choices = [(key, place.label) for key, place in self.places.items()]
        fields["people"].reader = viewer
        self.initial["people"] = fields["people"].show(self.initial.get("people", []))

    def clean_locations(self) -> list[Location]:
        return [self.places[key].location for key in self.cleaned_data["locations"]]

    def is_late(self, board: Board) -> bool:
        """Whether somebody shared it otherwise meanwhile; the form tells it then."""
        shares = list(board.shares.all())
        stored = SimpleNamespace(
            locations={share.location_id for share in shares if share.location_id},
            people={share.person_id for share in shares if share.person_id},
        )
        return self.is_overtaken(
            stored, {name: {one.pk for one in self.cleaned_data[name]} for name in vars(stored)}
        )


def shared_with(board: Board) -> dict[str, Any]:
    """As the form takes it."""
    shares = list(board.shares.select_related("person").order_by("pk"))
    return {
        "locations": [share.location_id for share in shares if share.location_id],
        "people": [share.person for share in shares if share.person],
    }


class ListForm(forms.Form):
    """A list of people under a name."""

    name = forms.CharField(
        max_length=80,
        validators=[plain_text],
        error_messages={"required": "Name the list, such as HIPAA renewals due."},
    )
    shared = forms.BooleanField(
        label="Share it with everybody here",
        required=False,
        help_text="They find it under Saved lists. Only you can change or remove it.",
    )


FILTERS = ("find", "location", "badge", "without", "role", "login", "status", "ends_soon")

# What a card of each kind lets one set, besides its title.
SETTINGS = {
    CardKind.PEOPLE: ("col", "order", "rows", "width", "saved", *FILTERS),
    CardKind.AWARDS: ("location", "badge", "rows", "width"),
    CardKind.WORK: ("location", "work_kind", "work_state", "work_of", "rows", "width"),
    CardKind.TEXT: ("text", "width"),
}
TITLES = {
    CardKind.PEOPLE: "Our team",
    CardKind.AWARDS: "Recent awards",
    CardKind.WORK: "Open work",
    CardKind.TEXT: "",
}


NAMELESS = {
    CardKind.PEOPLE: "Say who is on the card, such as Our team.",
    CardKind.AWARDS: "Say whose awards they are, such as Recent awards.",
    CardKind.WORK: "Say which work it is, such as Open work.",
    CardKind.TEXT: "Say what the text is about, such as This week.",
}


class CardForm(EditionForm):
    """The view settings of a card. `col` are the columns, in the order in which they are sent."""

    title = _title("Card title", "")
    col = forms.MultipleChoiceField(
        label="Columns", required=False, error_messages={"invalid_choice": "There is no such column."}
    )
    location = forms.ChoiceField(
        label="People of",
        required=False,
        error_messages={"invalid_choice": "This place is not there. Choose another one."},
    )
    badge = forms.ChoiceField(
        label="Who hold",
        required=False,
        error_messages={"invalid_choice": "This badge is not there. Choose another one."},
    )
    without = forms.ChoiceField(
        label="Who do not hold",
        required=False,
        error_messages={"invalid_choice": "This badge is not there. Choose another one."},
    )
    saved = forms.ChoiceField(
        label="Saved list",
        required=False,
        help_text="The filters below narrow it further; Who are here leaves that to the list.",
        error_messages={"invalid_choice": "This list is not there. Choose another one."},
    )
    role = forms.ChoiceField(
        label="Role in Lapel",
        required=False,
        choices=[("", "Any role"), *Role.choices],
        error_messages={"invalid_choice": "Choose one of the roles."},
    )
    status = forms.ChoiceField(
        label="People",
        choices=CardStatus.choices,
        required=False,
        error_messages={"invalid_choice": "Choose one of these."},
    )
    find = forms.CharField(
        label="Whose name, title or e-mail address has",
        required=False,
        max_length=LONGEST_TEXT,
        validators=[plain_text],
        help_text="Words that begin so, such as nurse.",
    )
    login = forms.ChoiceField(
        choices=CardLogin.choices,
        required=False,
        error_messages={"invalid_choice": "Choose one of these."},
    )
    work_kind = forms.ChoiceField(
        label="Kind",
        required=False,
        choices=[("", "Any kind"), *((kind.value, f"{kind.label}s") for kind in ItemKind)],
        error_messages={"invalid_choice": "Choose one of the kinds."},
    )
    work_state = forms.ChoiceField(
        label="State or step",
        required=False,
        error_messages={"invalid_choice": "This step is not there. Choose another one."},
    )
    work_of = forms.ChoiceField(
        label="Whose",
        required=False,
        choices=CardWhose.choices,
        help_text="As author, as leader or in the team.",
        error_messages={"invalid_choice": "Choose one of these."},
    )
    ends_soon = forms.BooleanField(label="Only who hold a badge that ends soon", required=False)
    width = forms.ChoiceField(
        label="Width",
        choices=CardWidth.choices,
        required=False,
        error_messages={"invalid_choice": "Choose one of the widths."},
    )
    text = forms.CharField(
        label="Text",
        max_length=2000,
        widget=forms.Textarea,
        validators=[plain_lines],
        error_messages={"required": "Write what the card should say."},
        help_text="Shown as it is written, line by line.",
    )
    order = forms.ChoiceField(
        label="Order people by",
        choices=Order.choices,
        error_messages={"invalid_choice": "Choose one of the orders."},
    )
    rows = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=MOST_ROWS,
        error_messages={"invalid": "Write a number such as 12.", "required": "Write a number such as 12."},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        viewer: Person,
        card: Card | None = None,
        kind: CardKind = CardKind.PEOPLE,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.kind = CardKind(card.kind) if card else kind
        super().__init__(data, initial=initial or _initial(card, self.kind))
        self.fields["title"].error_messages["required"] = NAMELESS[self.kind]
        self.viewer = viewer
        self.places = {str(place.location.pk): place for place in places(viewer)}
        self.badges = {str(badge.pk): badge for badge in badges_shown(viewer)}
        for badge in (card.badge, card.without) if card else ():
            if badge:
                self.badges.setdefault(str(badge.pk), badge)
        self.lists = {str(saved.pk): saved for saved in SavedList.objects.visible_to(viewer)}
        if card and card.saved:
            self.lists.setdefault(str(card.saved.pk), card.saved)
        self._offer("saved", "None", {key: one.name for key, one in self.lists.items()})
        self._offer("location", "All places", {key: place.label for key, place in self.places.items()})
        names = {key: badge.name for key, badge in self.badges.items()}
        self._offer("badge", "Any badge or none", names)
        self._offer("without", "No matter which", names)
        self._choices_of("work_state", _open_states() if self.kind == CardKind.WORK else [])
        if self.kind == CardKind.WORK:
            self.fields["location"].label = "Where"
        if self.kind != CardKind.PEOPLE:
            self._choices_of("width", CardWidth.choices[1:])
        self._choices_of("col", [(name, one.label) for name, one in DEFINITIONS.items()])
        for name in set(self.fields) - {"title", *SETTINGS[self.kind]}:
            del self.fields[name]

    def _offer(self, name: str, none: str, labels: dict[str, str]) -> None:
        self._choices_of(name, [("", none), *labels.items()])

    def _choices_of(self, name: str, options: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = options

    def clean_location(self) -> Any:
        place = self.places.get(self.cleaned_data["location"])
        return place.location if place else None

    def clean_badge(self) -> Any:
        return self.badges.get(self.cleaned_data["badge"])

    def clean_without(self) -> Any:
        return self.badges.get(self.cleaned_data["without"])

    def clean_saved(self) -> Any:
        return self.lists.get(self.cleaned_data["saved"])

    def clean_status(self) -> str:
        return self.cleaned_data["status"] or CardStatus.ACTIVE

    def clean(self) -> dict[str, Any]:
        """Nobody could be on a card whose filters contradict its list, and nothing on one of another kind's step."""
        said = self.cleaned_data
        if wrong := self._step_of_another_kind():
            self.add_error("work_state", wrong)
        if said.get("saved") and not self.errors:
            listed = asked(QueryDict(said["saved"].query), self.viewer).filters
            for name, why in contradictions(listed, _filters(said)).items():
                self.add_error(name, why)
        return dict(self.cleaned_data)

    def _step_of_another_kind(self) -> str:
        kind, step = self.cleaned_data.get("work_kind"), step_at(self.cleaned_data.get("work_state", ""))
        if not kind or step is None or step.kind == kind:
            return ""
        return (
            f"{step.name} is a step of {ItemKind(step.kind).label.lower()}s. Choose that kind, or any kind."
        )

    @property
    def chosen(self) -> list[str]:
        return known(self["col"].value() or [])

    @property
    def column_choices(self) -> list[Choice]:
        return choices(self.chosen)

    def card_fields(self) -> dict[str, Any]:
        """The clean values, by the card's own names."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "col"}
        if self.kind != CardKind.PEOPLE:
            return said
        return {**said, "columns": known(self.cleaned_data["col"])}


def _filters(said: dict[str, Any]) -> Filters:
    return Filters(
        location=said["location"],
        badges=(said["badge"],) if said["badge"] else (),
        without=(said["without"],) if said["without"] else (),
        role=Role(said["role"]) if said["role"] else None,
        text=said["find"],
        login=said["login"],
        status=said["status"],
    )


def _open_states() -> list[Any]:
    """Where open work can stand; an organization's own steps by their kinds."""
    states = [(state.value, state.label) for state in (ItemState.SUBMITTED, ItemState.STARTED)]
    steps = [
        (f"{label}s", [(f"step-{step.pk}", step.name) for step in steps]) for label, steps in steps_by_kind()
    ]
    return [("", "Anywhere open"), *states, *steps]


def arranged(data: QueryDict) -> dict[str, Any]:
    """What a form was filled with, after a press on one of its arrows: to show it again, nothing saved."""
    columns = moved(known(data.getlist("col")), data.get("move", ""))
    return {**data.dict(), "col": columns}


def _initial(card: Card | None, kind: CardKind) -> dict[str, Any]:
    if card is None:
        width = CardWidth.FITTING if kind == CardKind.PEOPLE else CardWidth.HALF
        return {"title": TITLES[kind], "col": list(USUAL), "order": Order.NAME, "rows": 12, "width": width}
    return {
        "title": card.title,
        "col": card.columns,
        "location": card.location_id,
        "badge": card.badge_id,
        "without": card.without_id,
        "saved": card.saved_id,
        "role": card.role,
        "find": card.find,
        "login": card.login,
        "work_kind": card.work_kind,
        "work_state": card.work_state,
        "work_of": card.work_of,
        "status": card.status,
        "ends_soon": card.ends_soon,
        "width": card.width or (CardWidth.FITTING if kind == CardKind.PEOPLE else CardWidth.HALF),
        "order": card.order,
        "rows": card.rows,
        "text": card.text,
    }
