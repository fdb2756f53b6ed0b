"""Who may move work where: Lapel's own moves, and the steps that an organization gives its work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from activity.models import ItemKind, ItemState, MoveName, MoveRight, Movers, Step, WorkItem
from people.models import Person
from people.roles import Capability

OPEN = frozenset({ItemState.SUBMITTED.value, ItemState.STARTED.value})
NEW = frozenset({ItemState.SUBMITTED.value})
CLOSED = frozenset({ItemState.COMPLETED.value, ItemState.DECLINED.value})


@dataclass(frozen=True)
class Move:
    """A button of an item's page: from which states to which, and who may press it unless an organization says so.

    What differs by kind stands under it, and under "" for the others; a kind with an empty label has no such button.
    """

    name: str
    icon: str
    states: frozenset[str]
    to: str
    movers: dict[str, Movers]
    labels: dict[str, str]
    verbs: dict[str, str]


MOVES = {
    move.name: move
    for move in (
        Move(
            MoveName.START.value,
            "player-play",
            NEW,
            "started",
            {"": Movers.OWN},
            {"": "Start", "event": ""},
            {"": "starts it"},
        ),
        Move(
            MoveName.COMPLETE.value,
            "check",
            OPEN,
            "completed",
            {"": Movers.SECOND, "task": Movers.OWN},
            {"": "Complete", "task": "Mark as done", "event": "Mark as held"},
            {"": "completes it", "task": "marks it as done", "event": "marks it as held"},
        ),
        Move(
            MoveName.DECLINE.value,
            "circle-minus",
            OPEN,
            "declined",
            {"": Movers.MANAGERS, "task": Movers.OWN, "event": Movers.OWN},
            {"": "Do not take on", "task": "Drop", "event": "Call off"},
            {"": "sets it aside", "task": "drops it", "event": "calls it off"},
        ),
        Move(
            MoveName.REOPEN.value,
            "rotate",
            CLOSED | {ItemState.VOIDED.value},
            "started",
            {"": Movers.MANAGERS},
            {"": "Open again"},
            {"": "opens it again"},
        ),
    )
}


def moves_of(kind: str) -> list[tuple[Move, str]]:
    """Lapel's own moves of work of a kind, with what they are called there."""
    named = [(move, _of(move.labels, kind)) for move in MOVES.values()]
    return [(move, label) for move, label in named if label]


def movers_of() -> dict[tuple[str, str], Movers]:
    """By kind and move, who may make it in the organization."""
    said = {(right.kind, right.move): Movers(right.movers) for right in MoveRight.objects.all()}
    usual = {(kind, move.name): _of(move.movers, kind) for kind in ItemKind.values for move in MOVES.values()}
    return usual | said


def is_seconded(item: WorkItem) -> bool:
    """Whether a second person completes it, and its author does not."""
    return movers_of()[item.kind, MoveName.COMPLETE.value] == Movers.SECOND


def _of[T](by_kind: dict[str, T], kind: str) -> T:
    return by_kind.get(kind, by_kind[""])


@dataclass(frozen=True)
class Button:
    """`to` is the state that it leads to."""

    name: str
    label: str
    icon: str
    to: str


class Hint(NamedTuple):
    """Why one does not go to a state or a step oneself: who does so, or what comes first, and then nobody."""

    to: str
    who: str
    does: str

    @property
    def text(self) -> str:
        return f"{self.who} {self.does}." if self.who else self.does


MOVES_IT = "moves it to "


def in_sentences(hints: Iterable[Hint]) -> list[str]:
    """One for each who makes moves, whatever these are."""
    does: dict[str, list[str]] = {}
    for hint in hints:
        does.setdefault(hint.who or hint.text, []).append(hint.does)
    return [
        f"{who} {_together(all_of_it)}." if all_of_it != [who] else who for who, all_of_it in does.items()
    ]


def _together(does: list[str]) -> str:
    steps = [one.removeprefix(MOVES_IT) for one in does if one.startswith(MOVES_IT)]
    others = [one for one in does if not one.startswith(MOVES_IT)]
    return listed([*([MOVES_IT + listed(steps, "or")] if steps else []), *others], "and")


def listed(words: list[str], last: str) -> str:
    """A, B and C."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


class Moving:
    """What one person may do with work. Two queries, however much work there is; items come with their team."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.movers = movers_of()
        self.own_steps = list(Step.objects.all())

    def may(self, item: WorkItem, name: str) -> bool:
        """Whether the person may make the move at all, whatever state the item is in."""
        is_void = name == MoveName.REOPEN and item.state == ItemState.VOIDED
        return self._is_among(Movers.MANAGERS if is_void else self.movers[item.kind, name], item)

    def may_enter(self, item: WorkItem, step: Step) -> bool:
        return self._is_among(Movers(step.movers), item)

    def may_edit(self, item: WorkItem) -> bool:
        """Its author and leader while it is open, then whoever may complete it: the team is credited at once."""
        return self.person.can(Capability.MOVE_WORK) or self._is_among(self._editors(item), item)

    def may_report_anew(self, item: WorkItem) -> bool:
        """Its author and leader, to whom it is sent back, and whoever may change it."""
        return self.person.pk in (item.author_id, item.leader_id) or self.may_edit(item)

    def who_edits(self, item: WorkItem) -> str:
        """In words, to somebody who may not."""
        return self._who(self._editors(item), item)

    def _editors(self, item: WorkItem) -> Movers:
        return Movers.OWN if item.state in OPEN else self.movers[item.kind, MoveName.COMPLETE]

    def moves(self, item: WorkItem) -> list[Button]:
        """The moves that the person may make now."""
        return [
            Button(move.name, label, move.icon, _end_of(move, item))
            for move, label in self._possible(item)
            if self.may(item, move.name) and not self._missing(item, move)
        ]

    def steps(self, item: WorkItem) -> list[Step]:
        """The organization's own steps that the person may move an item to now."""
        return [step for step in self._ahead(item) if self.may_enter(item, step)]

    def hints(self, item: WorkItem, manager: str = "") -> list[Hint]:
        """To those concerned: who else makes the other moves, and where an item goes first.

        `manager` names who that is where it takes one.
        """
        if not (self.person.can(Capability.MOVE_WORK) or self._is_among(Movers.CONCERNED, item)):
            return []
        return [*self._hints(item, manager)]

    def _hints(self, item: WorkItem, manager: str) -> Iterator[Hint]:
        for step in self._ahead(item):
            if not self.may_enter(item, step):
                who = self._who(step.movers, item, manager)
                yield Hint(f"step-{step.pk}", who, f"{MOVES_IT}{step.name}")
        for move, _ in self._possible(item):
            if missing := self._missing(item, move):
                steps = listed([*map(str, missing)], "and")
                yield Hint(move.to, "", f"Before it is completed it goes to {steps}.")
            if not self.may(item, move.name):
                who = self._who(self.movers[item.kind, move.name], item, manager)
                yield Hint(_end_of(move, item), who, _of(move.verbs, item.kind))

    def _possible(self, item: WorkItem) -> list[tuple[Move, str]]:
        """From a step of the organization's own, starting leads back to what is simply in progress."""
        now = [(move, label) for move, label in moves_of(item.kind) if item.state in move.states]
        return [(MOVES[MoveName.START], "Back in progress"), *now] if item.step_id else now

    def _ahead(self, item: WorkItem) -> list[Step]:
        if item.state not in OPEN:
            return []
        return [step for step in self.own_steps if step.kind == item.kind and step.pk != item.step_id]

    def _missing(self, item: WorkItem, move: Move) -> list[Step]:
        """Where an item has to have been before the move."""
        return self._unpassed(item) if move.name == MoveName.COMPLETE else []

    def _unpassed(self, item: WorkItem) -> list[Step]:
        return [step for step in self.required(item.kind) if step.pk not in item.passed]

    def required(self, kind: str) -> list[Step]:
        """The steps that work of a kind must pass, in their order."""
        return [step for step in self.own_steps if step.kind == kind and step.required]

    def next_gate(self, item: WorkItem) -> Step | None:
        """Where an open item must go next; None where all that is left is to complete it."""
        return next(iter(self._unpassed(item)), None)

    def who_passes(self, kind: str, gate: Step | None) -> Movers:
        """Who may move work of a kind to such a step, or complete it."""
        return Movers(gate.movers) if gate else self.movers[kind, MoveName.COMPLETE]

    def _is_among(self, movers: Movers, item: WorkItem) -> bool:
        me, is_manager = self.person.pk, self.person.can(Capability.MOVE_WORK)
        if movers == Movers.SECOND:
            return me != item.author_id and (is_manager or me == item.leader_id)
        if is_manager:
            return True
        if movers == Movers.MANAGERS:
            return False
        if me in (item.author_id, item.leader_id):
            return True
        return movers == Movers.CONCERNED and any(member.person_id == me for member in item.team.all())

    def _who(self, movers: str, item: WorkItem, manager: str = "") -> str:
        anybody = "another manager" if self.person.can(Capability.MOVE_WORK) else "a manager"
        if movers == Movers.SECOND and item.leader and item.leader_id != item.author_id:
            return f"{item.leader.name} or {anybody}"
        return "Its author or leader" if movers == Movers.OWN else manager or anybody.capitalize()


def _end_of(move: Move, item: WorkItem) -> str:
    """An event is never under way: opened again it is ahead."""
    is_ahead = item.kind == ItemKind.EVENT and move.name == MoveName.REOPEN
    return ItemState.SUBMITTED.value if is_ahead else move.to
