"""The ledger: the first delivery is the record, nothing is doubled, whose record changed is queued."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from activity.actions import (
    Delivery,
    Recorded,
    UnknownPeople,
    correct_activity,
    record_activities,
    void_activities,
)
from activity.models import Activity, Kind, PendingEvaluation
from people.models import Organization
from people.tenancy import tenant
from tests.factories import LocationFactory, PersonFactory, PlacementFactory

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
IDEA = Delivery(
    "ann", "improvement.submitted", AT, "1/submitted/ann", value=Decimal("12.5"), subject="Red lids"
)


def record(organization: Organization, *deliveries: Delivery) -> Recorded:
    return record_activities(organization=organization, source="test", deliveries=deliveries)


@pytest.fixture
def ann(inside: Organization) -> Organization:
    PersonFactory(organization=inside, external_id="ann")
    return inside


def test_a_new_activity_is_recorded_and_its_person_queued(ann: Organization) -> None:
    assert record(ann, IDEA) == Recorded(new=1, same=0, differing=[])
    activity = Activity.objects.select_related("person", "kind", "source").get()
    assert (activity.person.external_id, activity.kind.name, activity.source.name) == (
        "ann",
        "improvement.submitted",
        "test",
    )
    assert (activity.occurred_at, activity.value, activity.subject) == (AT, Decimal("12.5"), "Red lids")
    pending = PendingEvaluation.objects.get()
    assert (pending.person_id, pending.kinds) == (activity.person_id, [activity.kind_id])


def test_a_second_delivery_changes_nothing_and_a_differing_one_is_named(ann: Organization) -> None:
    record(ann, IDEA)
    assert record(ann, IDEA) == Recorded(0, 1, [])
    assert record(ann, replace(IDEA, value=Decimal(99))) == Recorded(0, 1, ["1/submitted/ann"])
    assert [a.value for a in Activity.objects.all()] == [Decimal("12.5")]
    assert PendingEvaluation.objects.count() == 1


def test_the_same_id_twice_in_one_delivery_is_one_row_the_first(ann: Organization) -> None:
    assert record(ann, IDEA, replace(IDEA, subject="Second")).new == 1
    assert Activity.objects.get().subject == "Red lids"


def test_strangers_are_named_and_nothing_is_stored(ann: Organization) -> None:
    with pytest.raises(UnknownPeople, match="zoe") as refusal, transaction.atomic():
        record(ann, IDEA, replace(IDEA, person_external_id="zoe", external_id="2"))
    assert refusal.value.external_ids == ["zoe"]
    assert Activity.objects.count() == 0


def test_voiding_counts_once_and_a_later_delivery_does_not_bring_it_back(ann: Organization) -> None:
    record(ann, IDEA)
    ids = [IDEA.external_id, "unknown"]
    assert void_activities(organization=ann, source="test", external_ids=ids, at=AT) == 1
    assert void_activities(organization=ann, source="test", external_ids=ids, at=AT + timedelta(1)) == 0
    assert record(ann, IDEA) == Recorded(0, 1, [])
    assert Activity.objects.get().voided_at == AT
    assert PendingEvaluation.objects.count() == 2


def test_voiding_the_last_of_a_kind_says_of_it_when_it_last_happened_before(ann: Organization) -> None:
    older = replace(IDEA, external_id="0", occurred_at=IDEA.occurred_at - timedelta(9))
    record(ann, older)
    record(ann, IDEA)
    for external_id, last in ((IDEA.external_id, older.occurred_at), ("0", None)):
        void_activities(organization=ann, source="test", external_ids=[external_id], at=AT)
        assert Kind.objects.get(name=IDEA.kind).last_at == last


def test_a_correction_voids_the_old_activity_and_names_it(ann: Organization) -> None:
    record(ann, IDEA)
    mistaken = Activity.objects.get()
    right = replace(IDEA, external_id="1/corrected", value=Decimal(99))
    assert [correct_activity(activity=mistaken, delivery=right).new for _ in range(2)] == [1, 0]
    found = [
        (a.external_id, a.value, a.voided_at is None, a.corrects_id) for a in Activity.objects.order_by("pk")
    ]
    assert found == [
        ("1/submitted/ann", Decimal("12.5"), False, None),
        ("1/corrected", Decimal(99), True, mistaken.pk),
    ]
    with pytest.raises(ValueError, match="an external id of its own"):
        correct_activity(activity=mistaken, delivery=IDEA)


def test_batches_that_overlap_crosswise_are_each_row_once(
    committed_db: None, organization: Organization
) -> None:
    """Two imports that write the same rows in opposite order neither double them nor deadlock."""
    for name in ("ann", "ben"):
        PersonFactory(organization=organization, external_id=name)
    deeds = [
        replace(IDEA, person_external_id=name, external_id=f"{n}/{name}", kind=f"kind.n{n}")
        for n in range(50)
        for name in ("ann", "ben")
    ]

    def deliver(number: int) -> int:
        try:
            with tenant(organization):
                return record(organization, *(deeds if number % 2 else reversed(deeds))).new
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(8))) == 100
    with tenant(organization):
        assert (Activity.objects.count(), Kind.objects.count()) == (100, 50)


def test_the_ledger_refuses_to_be_rewritten(ann: Organization) -> None:
    record(ann, IDEA)
    for statement in ("UPDATE activity_activity SET value = 1", "DELETE FROM activity_activity"):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_location_is_kept_only_where_the_source_says_it(inside: Organization) -> None:
    person = PersonFactory(organization=inside, external_id="ann")
    own, named = (LocationFactory(organization=inside, external_id=name) for name in ("own", "named"))
    PlacementFactory(organization=inside, person=person, from_on=date.min, location=own)
    said = replace(IDEA, external_id="said", location_external_id="named")
    record(inside, replace(IDEA, external_id="unsaid"), said)
    found = dict(Activity.objects.values_list("external_id", "location_id"))
    assert found == {"unsaid": None, "said": named.pk}


def test_thirty_two_deliveries_at_once_are_one_row(committed_db: None, organization: Organization) -> None:
    PersonFactory(organization=organization, external_id="ann")

    def deliver(_: int) -> int:
        try:
            with tenant(organization):
                return record(organization, IDEA).new
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(deliver, range(32))) == 1
    with tenant(organization):
        assert Activity.objects.count() == 1
