"""Merging in administration: finding the other record, seeing what would happen, and undoing it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from activity.actions import Delivery, record_activities
from activity.models import Activity
from boards.merging import merge_people
from people.bulk import PersonRow, put_people
from people.changes import Refused
from people.clock import now
from people.models import Merge, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.factories import PersonFactory, RoleAssignmentFactory

HOME = "/riverside/settings/"


@pytest.fixture
def ann(organization: Organization) -> Person:
    return PersonFactory(organization=organization, external_id="100", name="Ann Adams", title="Clerk")


@pytest.fixture
def second(organization: Organization) -> Person:
    return PersonFactory(
        organization=organization, external_id="T-7", name="Anne Adams", email="anne@old.example"
    )


def test_the_other_record_is_found_shown_and_merged(
    as_alice: Client, organization: Organization, ann: Person, second: Person
) -> None:
    found = as_alice.get(f"{HOME}people/{ann.pk}/merge/?q=adams").content.decode()
    assert f"/merge/{second.pk}/" in found
    assert f"/merge/{ann.pk}/" not in found
    url = f"{HOME}people/{ann.pk}/merge/{second.pk}/"
    page = as_alice.get(url)
    assert page.status_code == 200
    assert "Which record stays" in page.content.decode()
    chosen = {"keep": ann.pk, "name": ann.pk, "email": second.pk, "title": ann.pk}
    answer = as_alice.post(url, chosen)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}people/{ann.pk}/")
    with tenant(organization):
        kept = Person.objects.get(pk=ann.pk)
        assert (kept.name, kept.email, kept.title) == ("Ann Adams", "anne@old.example", "Clerk")


def test_the_old_pages_lead_on_and_the_merge_is_undone_once(
    as_alice: Client, organization: Organization, alice: Person, ann: Person, second: Person
) -> None:
    with tenant(organization):
        merge = merge_people(kept=ann, merged=second, by=alice)
    for address in ("/riverside/people/{}/", f"{HOME}people/{{}}/"):
        answer = as_alice.get(address.format(second.pk))
        assert (answer.status_code, answer.headers["Location"]) == (302, address.format(ann.pk))
    assert "T-7" in as_alice.get(f"{HOME}people/{ann.pk}/").content.decode()
    for address in ("/riverside/people/?q=anne", f"{HOME}people/?q=anne", f"{HOME}people/?q=anne&show=left"):
        assert f"/people/{second.pk}/" not in as_alice.get(address).content.decode()
    url = f"{HOME}merges/{merge.pk}/"
    late = as_alice.post(f"{HOME}people/{second.pk}/merge/{ann.pk}/", {"keep": ann.pk})
    assert (late.status_code, late.headers["Location"]) == (302, url), "sent twice, or from another tab"
    assert as_alice.get(url).status_code == 200
    assert [as_alice.post(url).status_code for _ in range(2)] == [302, 302]
    with tenant(organization):
        assert Person.objects.get(pk=second.pk).merged_into is None
    assert as_alice.get(f"/riverside/people/{second.pk}/").status_code == 200


@pytest.mark.parametrize("data", [{"other": "1"}, {"keep": "0"}, {"keep": "\x00"}, {"keep": "9" * 30}])
def test_nonsense_merges_nothing(
    as_alice: Client, organization: Organization, ann: Person, second: Person, data: dict[str, str]
) -> None:
    answer = as_alice.post(f"{HOME}people/{ann.pk}/merge/{second.pk}/", data)
    assert answer.status_code == 422
    assert as_alice.get(f"{HOME}people/{ann.pk}/merge/{ann.pk}/").status_code == 404
    assert as_alice.get(f"{HOME}people/{ann.pk}/merge/?q=%00").status_code == 200
    with tenant(organization):
        assert not Merge.objects.exists()


def test_an_owners_second_record_is_not_for_everybody(
    as_alice: Client, organization: Organization, ann: Person, second: Person
) -> None:
    RoleAssignmentFactory(organization=organization, person=second, role=Role.OWNER)
    assert as_alice.get(f"{HOME}people/{ann.pk}/merge/{second.pk}/").status_code == 403
    assert as_alice.post(f"{HOME}people/{second.pk}/merge/{ann.pk}/", {"keep": ann.pk}).status_code == 403


def test_a_refusal_is_told_and_nothing_is_stored(
    as_alice: Client, organization: Organization, alice: Person, second: Person
) -> None:
    url = f"{HOME}people/{alice.pk}/merge/{second.pk}/"
    data = {name: str(alice.pk) for name in ("name", "email", "user")} | {"keep": second.pk}
    answer = as_alice.post(url, data)
    assert (answer.status_code, "You are signed in with this record" in answer.content.decode()) == (
        422,
        True,
    )
    with tenant(organization):
        assert not Merge.objects.exists()


# --- imports


def row(external_id: str, name: str, **more: Any) -> PersonRow:
    return PersonRow(external_id, name, **more)


def test_a_file_with_the_old_id_changes_the_kept_record(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    merge_people(kept=ann, merged=second, by=alice)
    before = Person.objects.count()
    put_people(
        organization=inside,
        rows=[row("T-7", "Ann Baker", email="anne@old.example"), row("300", "Rae", manager="T-7")],
    )
    kept = Person.objects.get(pk=ann.pk)
    assert (kept.name, kept.email, Person.objects.get(pk=second.pk).name) == (
        "Ann Baker", "anne@old.example", "Anne Adams",
    )  # fmt: skip
    assert (Person.objects.get(external_id="300").manager, Person.objects.count()) == (kept, before + 1)


def test_a_file_with_both_ids_changes_nobody_twice(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    merge_people(kept=ann, merged=second, by=alice)
    put = put_people(organization=inside, rows=[row("T-7", "Old Name"), row("100", "Right Name")])
    assert (Person.objects.get(pk=ann.pk).name, put.changed, put.new) == ("Right Name", 1, 0)


# --- at once


def at_once(*jobs: Any) -> list[Any]:
    together = Barrier(len(jobs))

    def work(job: Any) -> Any:
        try:
            together.wait()
            return job()
        except Refused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(work, jobs))


@pytest.mark.usefixtures("committed_db")
def test_of_two_administrators_merging_at_once_one_is_refused(
    organization: Organization, alice: Person
) -> None:
    for number in range(5):
        one, two, three = (
            PersonFactory(organization=organization, external_id=f"{number}-{which}") for which in "abc"
        )

        def merge(kept: Person, merged: Person) -> Any:
            def job() -> str:
                with tenant(organization):
                    merge_people(kept=kept, merged=merged, by=alice)
                return "merged"

            return job

        assert sorted(at_once(merge(one, two), merge(two, one))) == ["merged", "refused"]
        with tenant(organization):
            left = Person.objects.get(pk__in=[one.pk, two.pk], merged_into=None)
        assert sorted(at_once(merge(three, left), merge(left, three))) == ["merged", "refused"]
        with tenant(organization):
            signposts = Person.objects.filter(pk__in=[one.pk, two.pk, three.pk], merged_into__isnull=False)
            assert len({person.merged_into_id for person in signposts}) == 1
            assert signposts.count() == 2


@pytest.mark.usefixtures("committed_db")
def test_a_delivery_at_the_moment_of_a_merge_reaches_the_kept_record(
    organization: Organization, alice: Person
) -> None:
    for number in range(5):
        kept, merged = (PersonFactory(organization=organization, external_id=f"{number}-{w}") for w in "ab")

        def deliver(which: str, number: int = number) -> Any:
            def job() -> None:
                with tenant(organization):
                    record_activities(
                        organization=organization, source=which,
                        deliveries=[Delivery(f"{number}-b", "improvement.submitted", now(), f"{number}")],
                    )  # fmt: skip

            return job

        def merge(kept: Person = kept, merged: Person = merged) -> None:
            with tenant(organization):
                merge_people(kept=kept, merged=merged, by=alice)

        at_once(deliver("x"), merge, deliver("y"))
        with tenant(organization):
            assert list(Activity.objects.filter(person=kept).values_list("external_id", flat=True)) == [
                str(number), str(number),
            ]  # fmt: skip
            assert not Activity.objects.filter(person=merged).exists()
