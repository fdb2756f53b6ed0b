"""The steps that work goes through, and who may move it, as clean values."""

from typing import Any

from django import forms

from activity.kinds import kinds_of_steps
from activity.models import ItemKind, Movers
from activity.moving import moves_of
from people.editions import EditionForm
from people.models import Organization
from people.text import plain_text

NEW = "new"  # no kind has a name without a dot


class StepForm(EditionForm):
    name = forms.CharField(
        label="Name of the step",
        max_length=60,
        validators=[plain_text],
        error_messages={"required": "Give the step a name, such as Being tested."},
    )
    movers = forms.TypedChoiceField(
        label="Who may move work there",
        choices=Movers.choices,
        coerce=Movers,
        initial=Movers.OWN,
        empty_value=Movers.OWN,
        required=False,
    )
    required = forms.BooleanField(label="Work must have been there before it is completed", required=False)
    writes = forms.ChoiceField(
        label="Counts as",
        required=False,
        help_text="What rules can count. It counts for everybody who works on it.",
    )
    new_kind = forms.CharField(
        label="What the new kind is called",
        max_length=100,
        validators=[plain_text],
        required=False,
        help_text="Such as Improvement tested. Only for a new kind.",
    )

    def __init__(self, *args: Any, organization: Organization, binds: bool, **kwargs: Any) -> None:
        """Whoever `binds` says who moves work there, and whether it must have been there."""
        super().__init__(*args, **kwargs)
        if not binds:
            del self.fields["movers"], self.fields["required"]
        self.kinds = kinds_of_steps(organization)
        by_label = sorted(self.kinds.items(), key=lambda kind: kind[1].casefold())
        writes: Any = self.fields["writes"]
        writes.choices = [("", "Nothing"), *by_label, (NEW, "A new kind")]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        writes, label = said.get("writes"), said.get("new_kind")
        if writes == NEW:
            said["writes"] = ""
            if label == "":
                self.add_error("new_kind", "Say what the new kind is called, such as Improvement tested.")
        elif label and writes is not None:
            self.add_error("new_kind", "Choose A new kind above to use this name, or leave it empty.")
        if label and label.casefold() in {known.casefold() for known in self.kinds.values()}:
            self.add_error("new_kind", "There is a kind called that already. Choose it in the list.")
        return said


class MoversForm(EditionForm):
    """Who may make each of Lapel's own moves with work of a kind."""

    def __init__(self, data: Any = None, *, kind: ItemKind, movers: dict[tuple[str, str], Movers]) -> None:
        named = moves_of(kind)
        stand = {move.name: movers[kind.value, move.name] for move, _ in named}
        super().__init__(data, auto_id=f"id_{kind.value}_%s", initial=stand)
        for move, label in named:
            self.fields[move.name] = forms.TypedChoiceField(
                label=label, choices=Movers.choices, coerce=Movers
            )
