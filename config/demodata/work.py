"""Riverside's work besides its improvements: steps of its own, tasks, events, and what people say and verify."""

import io
import random
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal

from PIL import Image, ImageDraw

from activity.attaching import attach_file, remove_file
from activity.commenting import add_comment
from activity.editing import edit_item, edition
from activity.impact_kinds import impact_kinds
from activity.kinds import edit_kind
from activity.models import MEASURED, ItemKind, ItemState, Step, WorkItem
from activity.queries import concerned_ids
from activity.steps import add_task, complete_item, decline_item, move_to_step, plan_event, start_item
from activity.verifying import verify_impact
from activity.workflow import add_step
from config.demodata.work_texts import BROUGHT, CHECKLIST, COUNT, EVENTS, MEASURED_HOW, REMARKS, TASKS
from people.clock import telling
from people.models import Location, Organization, Person

STEPS = [
    (ItemKind.IMPROVEMENT, "Being tried out", "improvement.tried_out"),
    (ItemKind.IMPROVEMENT, "Waiting for a decision", ""),
    (ItemKind.PROJECT, "Measuring", ""),
    (ItemKind.TASK, "Waiting for parts", ""),
]
Deed = tuple[datetime, Callable[[], object]]


class Work:
    """Its dice are its own, so that it can grow without changing what the improvements look like."""

    def __init__(self, organization: Organization, people: dict[str, Person], now: datetime) -> None:
        self.organization, self.people, self.now = organization, people, now
        self.dice = random.Random(21)
        self.managers = [
            people[name] for name in ("Marcus Bell", "Mei-Ling Tan", "Helen Brandt", "Priya Raman")
        ]
        self.places = {place.name: place for place in Location.objects.all()}

    def steps(self, by: Person) -> dict[str, Step]:
        found = {name: add_step(kind=kind, name=name, writes=writes, by=by) for kind, name, writes in STEPS}
        edit_kind(
            name="improvement.tried_out", label="Improvement tried out", expects_value=False, unit="", by=by
        )
        edit_kind(name="improvement.verified", label="Saving verified", expects_value=True, unit="", by=by)
        return found

    # --- tasks and events

    def deeds(self) -> Iterator[Deed]:
        for number, (title, problem, department) in enumerate(TASKS):
            at = self._at(-3 - 9 * number)
            yield at, self._task(number, title, problem, department, at)
        for title, problem, department, days in EVENTS:
            yield self._at(min(days, 0) - 15), self._event(title, problem, department, days)

    def _task(
        self, number: int, title: str, problem: str, department: str, at: datetime
    ) -> Callable[[], object]:
        author, leader = self.managers[number % 4], self.dice.choice(self._near(department))
        done, fate = at + timedelta(days=self.dice.randrange(1, 12)), self.dice.random()

        def deed() -> None:
            place = self.places[department]
            item = add_task(author=author, leader=leader, title=title, problem=problem, location=place)
            with telling(min(done, self.now)):
                if number == 5:
                    decline_item(item=item, by=author)
                elif done < self.now and fate < 0.75:
                    complete_item(item=item, by=leader)
                elif fate < 0.9:
                    start_item(item=item, by=leader)

        return deed

    def _event(self, title: str, problem: str, department: str, days: int) -> Callable[[], object]:
        leader = self._near(department)[0]
        colleagues = [person for person in self.people.values() if person != leader]
        team = self.dice.sample(colleagues, self.dice.randrange(6, 13))
        came = team[: len(team) - self.dice.randrange(0, 3)]

        def deed() -> None:
            day = self._at(days).date()
            item = plan_event(
                author=self.people["Priya Raman"], leader=leader, title=title, happens_on=day,
                problem=problem, location=self.places[department], team=team,
            )  # fmt: skip
            if days < 0:
                with telling(self._at(days, hour=15)):
                    complete_item(item=item, by=leader, came=came)

        return deed

    # --- what is said about it all, once it is there

    def follow_up(self, steps: dict[str, Step]) -> None:
        items = list(WorkItem.objects.select_related("author", "leader", "organization").order_by("-number"))
        self._move(items, steps)
        self._talk([item for item in items if item.kind != ItemKind.EVENT][:45])
        self._bring(
            [item for item in items if item.state == ItemState.COMPLETED and item.kind in MEASURED][:30]
        )
        self._verify([item for item in items if item.state == ItemState.COMPLETED and item.impact][:60])
        self._correct(next(item for item in items if item.state == ItemState.COMPLETED and item.impact))

    def _move(self, items: list[WorkItem], steps: dict[str, Step]) -> None:
        for item in [item for item in items if item.state == ItemState.STARTED][:40]:
            own = [step for step in steps.values() if step.kind == item.kind]
            if own and self.dice.random() < 0.55:
                with telling(self._after(item.submitted_at, 5)):
                    move_to_step(item=item, step=self.dice.choice(own), by=item.leader or item.author)

    def _talk(self, items: list[WorkItem]) -> None:
        for number, item in enumerate(items):
            for days, text in enumerate(self.dice.sample(REMARKS, self.dice.choice([0, 0, 1, 1, 2, 3])), 1):
                with telling(self._after(item.submitted_at, days)):
                    add_comment(item=item, author=self.dice.choice(list(self.people.values())), text=text)
            if number % 9 == 0:
                with telling(self._after(item.submitted_at, 1)):
                    self._attach(item)

    def _attach(self, item: WorkItem) -> None:
        attach_file(item=item, by=item.author, name="walks-counted.csv", data=COUNT.encode())
        attach_file(item=item, by=item.author, name="where-it-goes.png", data=_plan())
        old = attach_file(item=item, by=item.author, name="checklist-draft.txt", data=CHECKLIST.encode())
        remove_file(attachment=old, by=item.author, reason="The final one is on the wall")

    def _bring(self, items: list[WorkItem]) -> None:
        """What some of them bring besides money; most of it was looked at."""
        kinds = {kind.name: kind for kind in impact_kinds()}
        for number, item in enumerate(items):
            said = {kinds[name]: value for name, value in BROUGHT[number % len(BROUGHT)].items()}
            day = item.completed_at or self.now
            with telling(self._after(day, 1)):
                edit_item(
                    item=item, by=item.completed_by or item.author, seen=edition(item), said={"impacts": said}
                )
            strangers = [person for person in self.managers if person.pk not in concerned_ids(item)]
            for kind, value in said.items() if number % 4 and strangers else ():
                found = value if isinstance(value, Decimal) else None
                with telling(self._after(day, 7)):
                    verify_impact(
                        item=item,
                        kind=kind,
                        by=strangers[0],
                        value=found,
                        reason=MEASURED_HOW[number % len(MEASURED_HOW)],
                    )

    def _verify(self, items: list[WorkItem]) -> None:
        """Most of what is said to be saved was looked at; some still waits."""
        for item in items[4:]:
            strangers = [person for person in self.managers if person.pk not in concerned_ids(item)]
            if not strangers or item.impact is None or self.dice.random() < 0.25:
                continue
            value = item.impact * self.dice.choice([Decimal(1), Decimal(1), Decimal("0.8"), Decimal("0.5")])
            with telling(self._after(item.completed_at or self.now, 6)):
                verify_impact(
                    item=item,
                    by=strangers[0],
                    value=value.quantize(Decimal("0.01")),
                    reason=self.dice.choice(MEASURED_HOW),
                )

    def _correct(self, item: WorkItem) -> None:
        """Somebody who helped had been forgotten."""
        forgotten = next(one for one in self._near("Ward 5A") if one.pk not in concerned_ids(item))
        team = [member.person for member in item.team.select_related("person")]
        edit_item(
            item=item, by=self.people["Marcus Bell"], seen=edition(item), said={"team": [*team, forgotten]}
        )

    def _near(self, department: str) -> list[Person]:
        place = self.places[department]
        return [person for person in self.people.values() if person.location_id == place.pk]

    def _at(self, days: int, hour: int = 10) -> datetime:
        local = self.now.astimezone(self.organization.time_zone).date() + timedelta(days=days)
        return datetime.combine(local, time(hour, 20), self.organization.time_zone)

    def _after(self, at: datetime, days: int) -> datetime:
        return min(at + timedelta(days=days, minutes=self.dice.randrange(300)), self.now)


def _plan() -> bytes:
    """A sketch of a cupboard with one shelf marked."""
    image = Image.new("RGB", (640, 420), "#f7f9f9")
    draw = ImageDraw.Draw(image)
    for row in range(3):
        for column in range(4):
            box = (40 + 145 * column, 40 + 120 * row, 165 + 145 * column, 140 + 120 * row)
            draw.rectangle(
                box, fill="#a72f27" if (row, column) == (1, 2) else "#e9eeee", outline="#43545e", width=3
            )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
