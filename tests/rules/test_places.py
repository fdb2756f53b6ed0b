"""Where something was done: what the source says, else where the person was on that day, whatever came first."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from django.db.models import F

from activity.actions import Delivery, record_activities
from activity.models import Activity
from badges.models import Award, Badge
from boards.merging import merge_people, part_people
from people.actions import edit_person, redate_placement
from people.clock import telling
from people.models import Location, Organization, Person
from rules.actions import evaluate_pending, reconcile_everything, save_rule
from rules.recheck import recheck_changed
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, PlacementFactory

MORNING = datetime(2026, 6, 10, 14, tzinfo=UTC)
NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)


@pytest.fixture
def west(inside: Organization) -> Location:
    return LocationFactory(organization=inside, external_id="west")


@pytest.fixture
def east(inside: Organization) -> Location:
    return LocationFactory(organization=inside, external_id="east")


@pytest.fixture
def ann(inside: Organization, west: Location) -> Person:
    person = PersonFactory(organization=inside, external_id="ann", location=west)
    PlacementFactory(organization=inside, person=person, from_on=date(2020, 1, 1), location=west)
    return person


@pytest.fixture
def badge(inside: Organization, east: Location) -> Badge:
    """For one improvement in the east."""
    badge = BadgeFactory(organization=inside, slug="east", mode="rule")
    select = {"kinds": ["improvement.submitted"], "location": "east"}
    earned = {"type": "count", "at_least": 1, "select": select}
    save_rule(badge=badge, definition={"criterion": earned, "retention": {"type": "permanent"}}, by=None)
    return badge


def did(person: Person, number: int, at: datetime = MORNING, location: str | None = None) -> None:
    delivery = Delivery(
        person.external_id, "improvement.submitted", at, f"{number}", location_external_id=location
    )
    record_activities(organization=person.organization, source="test", deliveries=[delivery])


def holders(badge: Badge) -> list[tuple[str, list[str]]]:
    """Whose award stands, and what it rests on, as the workers leave it; everything anew makes no difference."""
    evaluate_pending(organization=badge.organization)
    recheck_changed(organization=badge.organization)
    found = _stored(badge)
    reconcile_everything(organization=badge.organization)
    assert _stored(badge) == found
    return found


def _stored(badge: Badge) -> list[tuple[str, list[str]]]:
    names = dict(Activity.objects.values_list("pk", "external_id"))
    awards = Award.objects.standing().filter(badge=badge).order_by("pk")
    found = awards.values_list(F("person__external_id"), "evidence")
    return [(person, [names[activity] for activity in evidence]) for person, evidence in found]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_it_does_not_matter_whether_the_move_or_what_was_done_came_first(
    badge: Badge, ann: Person, east: Location, alice: Person, order: tuple[int, ...]
) -> None:
    came: list[Callable[[], object]] = [
        lambda: did(ann, 1),
        lambda: edit_person(person=ann, by=alice, location=east),
        lambda: did(ann, 2, location="west"),
    ]
    with telling(NOON):
        for one in order:
            came[one]()
            holders(badge)
        assert holders(badge) == [("ann", ["1"])]


def test_a_day_is_the_local_one(badge: Badge, ann: Person, east: Location) -> None:
    PlacementFactory(organization=ann.organization, person=ann, from_on=date(2026, 3, 2), location=east)
    eve = datetime(2026, 3, 2, 4, 59, tzinfo=UTC)  # 1 March, 23:59 in New York
    did(ann, 1, eve)
    assert holders(badge) == []
    did(ann, 2, eve + timedelta(minutes=1))
    assert holders(badge) == [("ann", ["2"])]


def test_a_move_that_is_dated_otherwise_takes_along_what_was_done(
    badge: Badge, ann: Person, east: Location, alice: Person
) -> None:
    move = PlacementFactory(
        organization=ann.organization, person=ann, from_on=date(2026, 6, 15), location=east
    )
    with telling(datetime(2026, 6, 20, 12, tzinfo=UTC)):
        did(ann, 1)
        assert holders(badge) == []
        move = redate_placement(placement=move, from_on=date(2026, 6, 10), by=alice)
        assert holders(badge) == [("ann", ["1"])]
        redate_placement(placement=move, from_on=date(2026, 6, 11), by=alice)
        assert holders(badge) == []


def test_what_two_records_did_was_done_where_the_one_person_was(
    badge: Badge, ann: Person, east: Location, alice: Person
) -> None:
    again = PersonFactory(organization=ann.organization, external_id="ann-2", location=east)
    PlacementFactory(organization=ann.organization, person=again, from_on=date(2020, 1, 1), location=east)
    with telling(NOON):
        did(again, 1)
        did(ann, 2)
        assert holders(badge) == [("ann-2", ["1"])]
        merge = merge_people(kept=ann, merged=again, by=alice)
        assert holders(badge) == []
        did(again, 3)
        assert holders(badge) == []
        part_people(merge=merge, by=alice)
        assert holders(badge) == [("ann-2", ["1"])]


def test_a_source_that_says_it_later_where_it_was_anyway_says_nothing_new(badge: Badge, ann: Person) -> None:
    did(ann, 1)
    same = Delivery("ann", "improvement.submitted", MORNING, "1", location_external_id="west")
    other = Delivery("ann", "improvement.submitted", MORNING, "1", location_external_id="east")
    found = [
        record_activities(organization=ann.organization, source="test", deliveries=[one]).differing
        for one in (same, other)
    ]
    assert found == [[], ["1"]]
