"""What presets are made of, and short ways to write the JSON of rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EMBLEMS = Path(__file__).resolve().parents[2] / "badges" / "presets"

type Json = Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    """A badge to take over. `emblem` is a file of badges/presets; `definition` None: by hand alone.

    `supersedes` is the slug of the preset that this one hides on display.
    """

    slug: str
    name: str
    description: str
    criteria: str
    kind: str
    emblem: str
    mode: str = "rule"
    ends_after: str = ""
    definition: Json | None = None
    supersedes: str = ""

    @property
    def needs(self) -> list[str]:
        """Slugs of the presets whose badges its rule looks at."""
        return sorted(_badges_in(self.definition["criterion"])) if self.definition else []


@dataclass(frozen=True)
class Theme:
    slug: str
    heading: str
    note: str
    presets: Sequence[Preset]


def _badges_in(criterion: Json) -> set[str]:
    return set(criterion.get("badges", ())).union(*map(_badges_in, criterion.get("parts", ())))


def emblem_data(preset: Preset) -> bytes:
    return (EMBLEMS / f"{preset.emblem}.png").read_bytes()


# ---- rules
def rule(criterion: Json, retention: Json | None = None, **more: Any) -> Json:
    """Kept for good unless a retention is said; `more` are `repeatable`, `for` and `counts`."""
    return {"criterion": criterion, "retention": retention or {"type": "permanent"}, **more}


def expires(after: str) -> Json:
    return {"type": "expires", "after": after}


def kept_up(at_least: int, within: str, select: Json | None = None) -> Json:
    own = {"select": select} if select else {}
    return {"type": "while", "at_least": at_least, "within": within, **own}


SATISFIED = {"type": "satisfied"}


# ---- criteria
def of(*kinds: str, **narrower: Any) -> Json:
    return {"kinds": list(kinds), **narrower}


def count(at_least: int, select: Json, **window: str) -> Json:
    return {"type": "count", "at_least": at_least, **window, "select": select}


def total(at_least: int, select: Json, **window: str) -> Json:
    return {"type": "sum", "at_least": at_least, **window, "select": select}


def average(at_least: float, over: int, within: str, select: Json) -> Json:
    return {"type": "average", "at_least": at_least, "over": over, "within": within, "select": select}


def streak(length: int, per: str, select: Json, each: int = 1) -> Json:
    return {"type": "streak", "length": length, "per": per, "each": each, "select": select}


def holds(at_least: int, *badges: str) -> Json:
    return {"type": "holds", "at_least": at_least, "badges": list(badges)}


def all_of(*parts: Json, **window: str) -> Json:
    return {"type": "all_of", "parts": list(parts), **window}


def enough_of(k: int, *parts: Json, **window: str) -> Json:
    return {"type": "at_least", "k": k, "parts": list(parts), **window}


# ---- what is counted
SUBMITTED = of("improvement.submitted")
IMPLEMENTED = of("improvement.implemented")
PROJECTS = of("project.completed")
LED = of("project.completed", roles=["leader"])
TRAININGS = of("training.completed")
EVENTS = of("event.attended")


def course(name: str) -> Json:
    return of("training.completed", attributes={"course": [name]})
