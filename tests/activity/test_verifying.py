"""What an item saves, verified by a second person."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, Verification, WorkItem
from activity.steps import NotPossible, complete_item, reopen_item, start_project, submit_improvement
from activity.verifying import verify_impact
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import KindFactory, PersonFactory, somebody_else

LIST = "/riverside/improvements/"
ITEM = f"{LIST}1/"
VERIFY = f"{ITEM}verify/"


@pytest.fixture
def people(inside: Organization) -> dict[str, Person]:
    return {
        name: PersonFactory(organization=inside, external_id=name) for name in ("ann", "ben", "cat", "dan")
    }


@pytest.fixture
def item(people: dict[str, Person]) -> WorkItem:
    item = submit_improvement(author=people["ann"], title="Red lids", team=[people["ben"]])
    return complete_item(item=item, by=people["cat"], impact=Decimal(500))


def verified() -> list[tuple[str, str, Decimal | None]]:
    counting = Activity.objects.filter(kind__name__endswith=".verified", voided_at=None)
    return sorted(counting.values_list("person__external_id", "role", "value"))


def test_what_is_verified_counts_for_the_same_people(people: dict[str, Person], item: WorkItem) -> None:
    verify_impact(item=item, by=people["dan"], value=Decimal(400))
    assert verified() == [("ann", "author", Decimal(400)), ("ben", "team_member", Decimal(400))]
    assert (
        Activity.objects.filter(kind__name="improvement.implemented", value=500, voided_at=None).count() == 2
    )


def test_a_project_is_verified_as_a_project(people: dict[str, Person]) -> None:
    project = start_project(author=people["ann"], leader=people["ben"], title="New stock room")
    verify_impact(
        item=complete_item(item=project, by=people["ben"]),
        by=people["dan"],
        value=Decimal(0),
        reason="None yet",
    )
    assert set(Activity.objects.filter(kind__name="project.verified").values_list("role", flat=True)) == {
        "leader", "author",
    }  # fmt: skip


def test_a_correction_voids_and_names_what_it_corrects(people: dict[str, Person], item: WorkItem) -> None:
    verify_impact(item=item, by=people["dan"], value=Decimal(400))
    verify_impact(item=item, by=people["dan"], value=Decimal(300), reason="Two wards, not three")
    assert verified() == [("ann", "author", Decimal(300)), ("ben", "team_member", Decimal(300))]
    for activity in Activity.objects.filter(value=300).select_related("corrects"):
        assert (activity.corrects.value, activity.corrects.person_id) == (Decimal(400), activity.person_id)
        assert activity.corrects.occurred_at == activity.occurred_at
    assert list(Verification.objects.values_list("value", flat=True)) == [400, 300]
    assert Verification.objects.get(withdrawn_at=None).value == 300


def test_a_second_click_changes_nothing(people: dict[str, Person], item: WorkItem) -> None:
    for _ in range(2):
        verify_impact(item=item, by=people["dan"], value=Decimal(400))
    assert (Verification.objects.count(), len(verified())) == (1, 2)


def test_reopening_takes_the_verification_back(people: dict[str, Person], item: WorkItem) -> None:
    verify_impact(item=item, by=people["dan"], value=Decimal(400))
    reopened = reopen_item(item=item, by=people["dan"])
    assert (verified(), Verification.objects.filter(withdrawn_at=None).count()) == ([], 0)
    again = complete_item(item=reopened, by=people["cat"])
    verify_impact(item=again, by=people["dan"], value=Decimal(400))
    assert len(verified()) == 2


@pytest.mark.parametrize("who", ["ann", "ben", "cat"])
def test_nobody_who_had_a_hand_in_it_verifies_it(people: dict[str, Person], item: WorkItem, who: str) -> None:
    with pytest.raises(NotPossible, match="no hand"):
        verify_impact(item=item, by=people[who], value=Decimal(400))
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        Verification.objects.create(
            organization=item.organization, item=item, by=people[who], value=400, verified_at=now()
        )
    assert verified() == []


def test_only_what_is_completed_is_verified(people: dict[str, Person], item: WorkItem) -> None:
    reopened = reopen_item(item=item, by=people["dan"])
    with pytest.raises(NotPossible, match="completed"):
        verify_impact(item=reopened, by=people["dan"], value=Decimal(400))


@pytest.fixture
def bobs(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return complete_item(
            item=submit_improvement(author=bob, title="Red lids"), by=somebody_else(bob), impact=Decimal(500)
        )


def titles(client: Client) -> list[str]:
    return [item.title for item in client.get(LIST, {"show": "verify"}).context["page"]]


def test_a_manager_finds_what_is_to_verify_and_verifies_it(
    as_mary: Client, as_bob: Client, mary: Person, bobs: WorkItem
) -> None:
    with tenant(mary.organization):
        own = submit_improvement(author=mary, title="Mine")
        complete_item(item=own, by=somebody_else(mary), impact=Decimal(1))
        complete_item(item=submit_improvement(author=mary, title="Saves nothing"), by=somebody_else(mary))
    assert titles(as_mary) == ["Red lids"]
    KindFactory(organization=mary.organization, name="project.verified", expects_value=True, unit="dollars")
    assert "In dollars. Others had" in as_mary.post(VERIFY, {"value": "0"}).content.decode()
    assert as_mary.post(VERIFY, {"value": "400", "reason": "Counted"}).headers["Location"] == ITEM
    assert titles(as_mary) == []
    assert 'value="400.00"' in as_mary.get(ITEM).text, "a correction begins with what stands"
    page = as_bob.get(ITEM).content.decode()
    assert ("<b>400 dollars</b>" in page, "Counted" in page) == (True, True)
    assert "Improvement verified, as author, 400" in page


def test_savings_are_told_in_the_organizations_currency(
    as_mary: Client, as_bob: Client, mary: Person, bobs: WorkItem
) -> None:
    """Everywhere alike; what its kinds are counted in, where somebody named that, goes first."""
    Organization.objects.filter(pk=mary.organization_id).update(currency="EUR")
    assert "In EUR. Others had" in as_mary.get(ITEM).content.decode()
    assert as_mary.post(VERIFY, {"value": "12000"}).status_code == 302
    page = as_bob.get(ITEM).content.decode()
    assert ("12,000 EUR" in page, "Yearly saving, EUR" in page, "12000" in page, "12,000.00" in page) == (
        True, True, False, False,
    )  # fmt: skip
    assert "In EUR, as far as you can tell." in as_bob.get(f"{LIST}new/").content.decode()
    KindFactory(organization=mary.organization, name="project.verified", expects_value=True, unit="crowns")
    assert "Yearly saving, crowns" in as_bob.get(ITEM).content.decode()


def test_who_may_verify_is_offered_it_and_nobody_else(
    as_mary: Client, as_bob: Client, mary: Person, bobs: WorkItem
) -> None:
    assert (VERIFY in as_mary.get(ITEM).content.decode(), VERIFY in as_bob.get(ITEM).content.decode()) == (
        True,
        False,
    )
    assert as_bob.post(VERIFY, {"value": "400"}).status_code == 403
    with tenant(mary.organization):
        complete_item(
            item=submit_improvement(author=mary, title="Mine"), by=somebody_else(mary), impact=Decimal(1)
        )
    assert (
        "had no hand in it" in as_mary.post(f"{LIST}2/verify/", {"value": "1"}, follow=True).content.decode()
    )
    with tenant(mary.organization):
        assert Verification.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("value", v) for v in ("", "much", "-1", "1e999", "NaN", "1.001", "9" * 400, "\0")]
    + [("reason", "x" * 1001), ("reason", "a\u202eb"), ("reason", "\0")],
)
def test_bad_input_is_named_and_nothing_stored(
    as_mary: Client, bobs: WorkItem, field: str, value: str
) -> None:
    response = as_mary.post(VERIFY, {"value": "400", field: value})
    assert (response.status_code, list(response.context["verify"].errors)) == (422, [field])
    with tenant(bobs.organization):
        assert Verification.objects.count() == 0


def test_a_page_asks_the_same_however_often_it_was_verified(
    as_mary: Client, mary: Person, bobs: WorkItem
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(ITEM).status_code == 200
        return len(captured)

    counts = []
    for value in (1, 2, 3):
        with tenant(mary.organization):
            verify_impact(item=bobs, by=mary, value=Decimal(value))
        counts.append(queries())
    assert len(set(counts)) == 1


def test_that_it_saves_nothing_needs_a_reason(as_mary: Client, bob: Person) -> None:
    with tenant(bob.organization):
        item = complete_item(
            item=submit_improvement(author=bob, title="Red lids"), by=somebody_else(bob), impact=Decimal(5)
        )
    refused = as_mary.post(f"{item.get_absolute_url()}verify/", {"value": "0", "reason": " "})
    assert (refused.status_code, list(refused.context["verify"].errors)) == (422, ["reason"])
    said = {"value": "0", "reason": "The bins cost the same"}
    assert as_mary.post(f"{item.get_absolute_url()}verify/", said).status_code == 302
    with tenant(bob.organization):
        assert item.verifications.values_list("value", "reason").get() == (0, "The bins cost the same")
