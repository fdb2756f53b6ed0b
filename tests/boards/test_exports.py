"""A list of people as a file: what is in it, how long ones are written, and for whom."""

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from badges.actions import grant_by_hand
from badges.models import Award, AwardTally
from boards import exports, tasks
from boards.models import Export, ExportPart
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, LocationFactory, PersonFactory

EXPORTS = "/riverside/people/exports/"


@pytest.fixture
def everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "CHUNK", 2)


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def export(client: Client, query: str = "") -> list[list[str]]:
    response = client.post(EXPORTS, {"query": query})
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    today = timezone.localdate(now(), ZoneInfo("America/New_York"))
    assert response["Content-Disposition"] == f'attachment; filename="people-{today}.csv"'
    return rows(response.content)


def started(client: Client, organization: Organization, query: str = "") -> Export:
    response = client.post(EXPORTS, {"query": query})
    assert response.status_code == 302
    with tenant(organization):
        found = Export.objects.latest("pk")
    assert response["Location"] == f"{EXPORTS}{found.pk}/"
    return found


def work(one: Export) -> None:
    tasks.write_export(one.organization_id, one.pk)


# --- short lists


def test_the_file_has_what_is_seen(
    as_bob: Client, organization: Organization, alice: Person, bob: Person
) -> None:
    ward = LocationFactory(organization=organization, name="Ward 4B")
    badge = BadgeFactory(
        organization=organization, slug="hipaa", name="HIPAA, certified", ends_after="1 year"
    )
    amy = PersonFactory(
        organization=organization, name="Amy “Ace” Åberg", title="Nurse", location=ward, manager=bob
    )
    with tenant(organization):
        award = grant_by_hand(badge=badge, person=amy, by=alice, reason="Passed.")
        Award.objects.filter(pk=award.pk).update(
            starts_at="2026-03-02T03:00:00Z", expires_at="2027-03-02T05:30:00Z"
        )
    names = ["badges", "title", "location", "manager", "improvements", "last_award", "next_end"]
    query = "badge=hipaa&" + "&".join(f"col={name}" for name in names)
    assert export(as_bob, query) == [
        ["Name", "Badges", "Title", "Location", "Manager", "Improvements", "Last award", "Next end"],
        ["Amy “Ace” Åberg", "HIPAA, certified", "Nurse", "Ward 4B", "Bob Brown", "0",
         "HIPAA, certified, 2026-03-01", "HIPAA, certified, 2027-03-02"],
    ]  # fmt: skip


def test_the_columns_are_those_that_are_remembered(as_bob: Client) -> None:
    as_bob.post("/riverside/people/columns/", {"col": ["title"]})
    assert export(as_bob) == [["Name", "Title"], ["Bob Brown", ""]]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "＝1", " =1", "  @x"])
def test_no_cell_is_a_formula(as_bob: Client, organization: Organization, name: str) -> None:
    PersonFactory(organization=organization, name=name, title=name)
    assert export(as_bob, "without=x&col=title")[1:] == sorted(
        [[f"'{name}", f"'{name}"], ["Bob Brown", ""]], key=lambda row: "Bob" in row[0]
    )


def test_an_order_and_a_search_are_kept(as_bob: Client, organization: Organization) -> None:
    for name, count in (("Ana Ax", 1), ("Ann Ay", 2)):
        person = PersonFactory(organization=organization, name=name)
        with tenant(organization):
            AwardTally.objects.filter(person=person).update(badge_count=count)
    assert [row[0] for row in export(as_bob, "q=an&sort=badges")[1:]] == ["Ann Ay", "Ana Ax"]


@pytest.mark.parametrize("query", ["\0", "%00", "q=%00", "badge=" + "x" * 9000, "col=password"])
def test_nonsense_does_no_harm(as_bob: Client, query: str) -> None:
    assert [row[0] for row in export(as_bob, query)] == ["Name", "Bob Brown"]


# --- long lists


def test_a_long_list_is_written_by_a_worker(
    as_bob: Client, organization: Organization, everything_is_long: None
) -> None:
    for name in ("Ana", "Cy", "Dee", "Ed"):
        PersonFactory(organization=organization, name=name)
    one = started(as_bob, organization, "col=title&status=all")
    page = as_bob.get(f"{EXPORTS}{one.pk}/").text
    assert ("0 of 5 people done." in page, 'hx-trigger="every 2s"' in page) == (True, True)
    assert as_bob.get(f"{EXPORTS}{one.pk}/people.csv").status_code == 404
    work(one)
    page = as_bob.get(f"{EXPORTS}{one.pk}/", headers={"HX-Request": "true"}).text
    assert ("<html" in page, "5 people are in the file." in page, "hx-trigger" in page) == (
        False,
        True,
        False,
    )
    file = as_bob.get(f"{EXPORTS}{one.pk}/people.csv")
    assert rows(file.getvalue()) == [
        ["Name", "Title"],
        *([name, ""] for name in ("Ana", "Bob Brown", "Cy", "Dee", "Ed")),
    ]
    assert [each.pk for each in as_bob.get(EXPORTS).context["exports"]] == [one.pk]


def test_whoever_comes_next_goes_on_after_what_is_written(
    as_bob: Client, organization: Organization, everything_is_long: None
) -> None:
    for name in ("Ana", "Cy", "Dee"):
        PersonFactory(organization=organization, name=name)
    one = started(as_bob, organization, "col=title")
    assert exports.work_on_export(organization=organization, export_id=one.pk, seconds=-1)
    with tenant(organization):
        assert list(Export.objects.values_list("done", "state")) == [(2, "at_work")]
    work(one)
    work(one)
    file = as_bob.get(f"{EXPORTS}{one.pk}/people.csv").getvalue()
    assert [row[0] for row in rows(file)] == ["Name", "Ana", "Bob Brown", "Cy", "Dee"]


def test_the_sweep_takes_up_what_stopped_and_forgets_what_is_old(
    as_bob: Client, organization: Organization, everything_is_long: None
) -> None:
    PersonFactory(organization=organization)
    one, old = started(as_bob, organization), started(as_bob, organization, "sort=badges")
    work(old)
    with tenant(organization):
        Export.objects.filter(pk=old.pk).update(made_at=now() - timedelta(days=1, minutes=1))
        Export.objects.filter(pk=one.pk).update(progressed_at=now() - timedelta(minutes=1))
    assert tasks._left_lying(organization) == [one.pk]
    assert tasks._left_lying(organization) == [one.pk]
    with tenant(organization):
        assert list(Export.objects.values_list("pk", flat=True)) == [one.pk]
        assert ExportPart.objects.count() == 0
    assert as_bob.get(f"{EXPORTS}{old.pk}/").status_code == 404


def test_what_always_breaks_is_given_up(
    as_bob: Client, organization: Organization, everything_is_long: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    PersonFactory(organization=organization)
    one = started(as_bob, organization)
    monkeypatch.setattr(exports, "MOST_FAILURES", 2)
    for _ in range(2):
        exports.fail_export(organization=organization, export_id=one.pk)
    work(one)
    assert "It could not be written." in as_bob.get(f"{EXPORTS}{one.pk}/").text


def test_an_export_is_its_owners_alone(
    as_bob: Client, as_mary: Client, organization: Organization, everything_is_long: None
) -> None:
    one = started(as_bob, organization)
    work(one)
    paths = [f"{EXPORTS}{one.pk}/", f"{EXPORTS}{one.pk}/people.csv"]
    assert [as_mary.get(path).status_code for path in paths] == [404, 404]
    assert list(as_mary.get(EXPORTS).context["exports"]) == []


def test_not_more_than_some_at_once(
    as_bob: Client, organization: Organization, everything_is_long: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    PersonFactory(organization=organization)
    monkeypatch.setattr(exports, "MOST_AT_WORK", 1)
    one = started(as_bob, organization)
    assert started(as_bob, organization).pk == one.pk, "a second click is the same"
    response = as_bob.post(EXPORTS, {"query": "sort=badges"}, follow=True)
    assert "1 of your exports are being written." in response.text
