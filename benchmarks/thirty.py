"""Thirty rules as an organization might have them in force, over all the kinds of the data."""

from typing import Any

type Json = dict[str, Any]


def of(*kinds: str) -> Json:
    return {"kinds": list(kinds)}


def count(n: int, *kinds: str, **window: str) -> Json:
    return {"type": "count", "at_least": n, **window, "select": of(*kinds)}


def total(x: int, kind: str, **window: str) -> Json:
    return {"type": "sum", "at_least": x, **window, "select": of(kind)}


def streak(length: int, per: str, kind: str) -> Json:
    return {"type": "streak", "length": length, "per": per, "select": of(kind)}


IDEA, DONE, TASK, PROJECT = (
    "improvement.submitted", "improvement.implemented", "task.completed", "project.completed"
)  # fmt: skip
EVENT, COURSE, VOICE, SAFETY = "event.attended", "training.completed", "feedback.received", "safety.observed"
AUDIT, WALK, COACH, SAVING = "audit.done", "waste.walked", "coaching.given", "savings.verified"
FOR_GOOD: Json = {"type": "permanent"}
FOR_A_YEAR: Json = {"type": "expires", "after": "1 year"}


def going_on(n: int, within: str, kind: str) -> Json:
    return {"type": "while", "at_least": n, "within": within, "select": of(kind)}


def rules() -> dict[str, Json]:
    made = [*_ladders(), *_rhythm(), *_worth(), *_sets()]
    return {
        f"badge-{i}": {"criterion": criterion, "retention": kept, "repeatable": again}
        for i, (criterion, kept, again) in enumerate(made, 1)
    }


type Parts = list[tuple[Json, Json, bool]]


def _ladders() -> Parts:
    ideas = [(count(n, IDEA), FOR_GOOD, False) for n in (1, 5, 10, 25, 50)]
    results = [(count(n, DONE), FOR_GOOD, False) for n in (1, 10)]
    others = [(count(n, kind), FOR_GOOD, False) for n, kind in ((10, TASK), (3, PROJECT), (5, EVENT))]
    return [*ideas, *results, *others]


def _rhythm() -> Parts:
    return [
        (count(3, IDEA, within="7 days"), FOR_GOOD, False),
        (count(5, TASK, within="1 month"), FOR_GOOD, False),
        (count(1, IDEA), going_on(1, "1 month", IDEA), False),
        (count(1, SAFETY), going_on(2, "3 months", SAFETY), False),
        (streak(4, "week", IDEA), FOR_GOOD, False),
        (streak(6, "month", WALK), {"type": "satisfied"}, False),
        (count(5, TASK, per="month"), FOR_GOOD, True),
        (count(10, COACH), FOR_GOOD, True),
    ]


def _worth() -> Parts:
    return [
        (total(1_000, SAVING), FOR_GOOD, False),
        (total(10_000, SAVING), FOR_GOOD, False),
        (total(3_000, DONE, per="quarter"), FOR_A_YEAR, False),
        (
            {"type": "average", "at_least": 550, "over": 5, "within": "3 months", "select": of(VOICE)},
            FOR_A_YEAR,
            False,
        ),
        (count(1, COURSE), FOR_A_YEAR, False),
        (count(1, AUDIT), FOR_A_YEAR, False),
    ]


def _sets() -> Parts:
    return [
        ({"type": "all_of", "parts": [count(1, IDEA), count(1, EVENT), count(1, WALK)]}, FOR_GOOD, False),
        (
            {"type": "all_of", "parts": [count(5, SAFETY), {"type": "tenure", "of": "1 year"}]},
            FOR_GOOD,
            False,
        ),
        ({"type": "any_of", "parts": [count(20, AUDIT), total(5_000, SAVING)]}, FOR_GOOD, False),
        ({"type": "tenure", "of": "5 years"}, FOR_GOOD, False),
        ({"type": "holds", "at_least": 2, "badges": ["badge-1", "badge-6", "badge-9"]}, FOR_GOOD, False),
        ({"type": "holds", "at_least": 1, "badges": ["badge-23"]}, {"type": "satisfied"}, False),
    ]
