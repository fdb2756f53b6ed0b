"""A criterion while it is being written: a tree of conditions, read from a form, changed, and read as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from rules.criteria import (
    Average,
    Combination,
    Count,
    Criterion,
    Holds,
    Selector,
    Streak,
    Sum,
    Tenure,
    to_json,
)
from rules.criteria.reading import MAX_DEPTH
from rules.forms_parts import GROUPS, Offers, PartForm, attributes_text, duration, halves

SEVERAL = {"kinds", "roles", "badges"}
# How far the buttons go; what comes from elsewhere may go further, and is kept.
DEEPEST = 6
MOST = 20
NEW: dict[str, Any] = {
    "type": "count",
    "at_least": 1,
    "window": "ever",
    "each": 1,
    "per": "month",
    "within_unit": "day",
    "of_unit": "year",
    "together_unit": "day",
    "held": 1,
    "k": 1,
}


@dataclass
class Part:
    """A condition as it was typed; `path` leads to it, as “0-1” to the second part of the first part."""

    values: dict[str, Any]
    parts: list["Part"] = field(default_factory=list)
    path: str = ""
    form: PartForm | None = None

    @property
    def is_group(self) -> bool:
        return self.values.get("type") in GROUPS

    @property
    def depth(self) -> int:
        return len(steps(self.path))

    @property
    def place(self) -> str:
        """What tells it apart in words: “2.1”."""
        return ".".join(str(step + 1) for step in steps(self.path))

    @property
    def next_path(self) -> str:
        """Of the condition that is added to it; beside a single one, in the group that both make."""
        there = len(self.parts) if self.is_group and self.parts else 1
        return f"{self.path}-{there}" if self.path else str(there)

    @property
    def may_come_apart(self) -> bool:
        """Outermost is one condition, or one group."""
        return self.is_group and (bool(self.path) or len(self.parts) == 1)

    @property
    def may_grow(self) -> bool:
        return len(self.parts) < MOST

    @property
    def may_nest(self) -> bool:
        return self.depth < DEEPEST

    def everything(self) -> Iterator["Part"]:
        """It and what is in it, as far as it counts."""
        yield self
        for part in self.parts if self.is_group else []:
            yield from part.everything()


def fresh() -> Part:
    return Part({**NEW, "kinds": ["improvement.submitted"]})


def steps(path: str) -> list[int]:
    return [int(step) for step in path.split("-") if step]


def read_part(post: QueryDict, path: str = "") -> Part:
    """The conditions that a form was sent with, as deep as the JSON of a rule may be."""
    prefix = f"{path}-" if path else ""
    values = {
        name: post.getlist(prefix + name) if name in SEVERAL else post.get(prefix + name)
        for name in PartForm.base_fields
    }
    if not path:
        values["type"] = values["type"] or "count"
    part = Part(values, path=path)
    while len(steps(path)) < MAX_DEPTH // 2:
        below = f"{prefix}{len(part.parts)}"
        if f"{below}-type" not in post:
            break
        part.parts.append(read_part(post, below))
    return part


def bind(root: Part, offers: Offers, post: QueryDict | None = None) -> None:
    """Give every condition its form: bound to what was sent, else filled with what is known."""
    for part in _all(root):
        said: Any = {"data": _with_type(post)} if post is not None else {"initial": part.values}
        part.form = PartForm(**said, prefix=part.path or None, offers=offers)


def _with_type(post: QueryDict) -> QueryDict:
    if "type" in post:
        return post
    post = post.copy()
    post["type"] = "count"
    return post


def _all(part: Part) -> Iterator[Part]:
    yield part
    for below in part.parts:
        yield from _all(below)


# ---- changing its shape
def reshaped(root: Part, wanted: str) -> Part:
    """The tree after a button such as “add 0-1” was pressed."""
    verb, _, path = wanted.partition(" ")
    found = _find(root, path)
    if found is not None:
        part, above = found
        root = SHAPES.get(verb, _leave)(root, part, above)
    return _numbered(root)


def _find(root: Part, path: str) -> tuple[Part, Part | None] | None:
    part, above = root, None
    try:
        for step in steps(path):
            part, above = part.parts[step], part
    except (ValueError, IndexError):
        return None
    return part, above


def _add(root: Part, part: Part, above: Part | None) -> Part:
    if not part.is_group:
        return _group(root, part, above, more=[fresh()])
    if not part.parts:  # what was said of it while it was a single one is not lost
        part.parts.append(Part({**part.values, "type": "count"}))
    if part.may_grow:
        part.parts.append(fresh())
    return root


def _group(root: Part, part: Part, above: Part | None, more: list[Part] | None = None) -> Part:
    if not part.may_nest:
        return root
    group = Part({**NEW, "type": "all_of"}, [part, *(more or [])])
    return _replaced(root, part, above, [group])


def _ungroup(root: Part, part: Part, above: Part | None) -> Part:
    """What is in a group takes its place; of the outermost one only if that is a single condition."""
    if above is None:
        return part.parts[0] if len(part.parts) == 1 else root
    return _replaced(root, part, above, part.parts or [fresh()])


def _remove(root: Part, part: Part, above: Part | None) -> Part:
    if above is None:
        return fresh()
    return _replaced(root, part, above, [] if len(above.parts) > 1 else [fresh()])


def _leave(root: Part, part: Part, above: Part | None) -> Part:
    return root


def _replaced(root: Part, part: Part, above: Part | None, instead: list[Part]) -> Part:
    if above is None:
        return instead[0]
    above.parts = [new for old in above.parts for new in (instead if old is part else [old])]
    return root


SHAPES = {"add": _add, "group": _group, "ungroup": _ungroup, "remove": _remove}


def _numbered(part: Part, path: str = "") -> Part:
    part.path = path
    for i, below in enumerate(part.parts):
        _numbered(below, f"{path}-{i}" if path else str(i))
    return part


# ---- as JSON and back
def criterion_of(part: Part) -> dict[str, Any]:
    """What valid forms say."""
    assert part.form is not None
    said, select = part.form.cleaned_data, part.form
    sort = said["type"]
    found: dict[str, Any] = {"type": sort}
    if sort in GROUPS:
        found |= {"k": said["k"], "parts": [criterion_of(below) for below in part.parts]}
        found["within"] = _within(said, "together")
    elif sort == "tenure":
        found["of"] = _within(said, "of")
    elif sort == "holds":
        found |= {"at_least": said["held"], "badges": said["badges"]}
    elif sort == "streak":
        found |= {"length": said["length"], "per": said["per"], "each": said["each"], "select": select.select}
    else:
        found |= {"at_least": said[{"sum": "total", "average": "average"}.get(sort, "at_least")]}
        found |= {"over": said["over"], "within": _within(said, "within"), "per": said["per"] or None}
        found["select"] = select.select
    return {name: value for name, value in found.items() if value is not None}


def _within(said: dict[str, Any], name: str) -> str | None:
    number = said[f"{name}_number"]
    return duration(number, said[f"{name}_unit"]) if number else None


def part_of(criterion: Criterion) -> Part:
    """A criterion as the form shows it."""
    values: dict[str, Any] = {**NEW, "type": criterion.type}
    if isinstance(criterion, Combination):
        values |= _halved("together", criterion.within) | {"k": criterion.k or 1}
        return _numbered(Part(values, [part_of(below) for below in criterion.parts]))
    if isinstance(criterion, Tenure):
        return Part(values | _halved("of", criterion.of))
    if isinstance(criterion, Holds):
        return Part(values | {"held": criterion.at_least, "badges": list(criterion.badges)})
    values |= select_values(criterion.select)
    if isinstance(criterion, Streak):
        return Part(values | {"length": criterion.length, "per": criterion.per, "each": criterion.each})
    return Part(values | _windowed(criterion))


def _windowed(criterion: Count | Sum | Average) -> dict[str, Any]:
    per = getattr(criterion, "per", None)
    amount = {Count: "at_least", Sum: "total", Average: "average"}[type(criterion)]
    return {
        amount: criterion.at_least,
        "over": getattr(criterion, "over", None),
        "window": "within" if criterion.within else "per" if per else "ever",
        "per": per or "month",
        **_halved("within", criterion.within),
    }


def _halved(name: str, text: str | None) -> dict[str, Any]:
    number, unit = halves(text)
    return {f"{name}_number": number, f"{name}_unit": unit}


def select_values(select: Selector) -> dict[str, Any]:
    plain = to_json(select)
    return {
        "kinds": list(select.kinds or ()),
        "any_kind": select.kinds is None,
        "roles": list(select.roles or ()),
        "location": select.location or "",
        "min_value": select.min_value,
        "per_day": select.per_day,
        "attributes": attributes_text(plain.get("attributes", {})),
    }
