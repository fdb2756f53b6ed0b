"""Bulk edits through their pages: tick, look, start, see, undo. All of it without scripts."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.actions import grant_by_hand
from badges.batch_work import work_on_batch
from badges.batches import draft_batch, plan_batch, start_batch
from badges.models import Award, Badge, Batch
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

ASKED = {"verb": "add", "badges": ["hipaa"], "reason": "Session 14.", "tells": "on"}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(
        organization=organization,
        slug="hipaa",
        name="HIPAA Certified",
        ends_after="1 year",
        may_give_oneself=True,
    )


@pytest.fixture
def batch(organization: Organization, alice: Person, bob: Person) -> Batch:
    with tenant(organization):
        return draft_batch(by=alice, verb="add", person_ids=[alice.pk, bob.pk])


@pytest.fixture
def begun(batch: Batch, badge: Badge, alice: Person) -> Batch:
    with tenant(batch.organization):
        plan_batch(batch=batch, verb="add", badges=[badge], reason="Session 14.")
        batch.refresh_from_db()
        start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    return fresh(batch)


def fresh(batch: Batch) -> Batch:
    with tenant(batch.organization):
        return Batch.objects.get(pk=batch.pk)


def path(batch: Batch, rest: str = "") -> str:
    return f"/riverside/bulk/{batch.pk}/{rest}"


def work(batch: Batch) -> None:
    work_on_batch(organization=batch.organization, batch_id=batch.pk)


def holders(organization: Organization) -> list[str]:
    with tenant(organization):
        return list(Award.objects.standing().order_by("person__name").values_list("person__name", flat=True))


def drafts(organization: Organization) -> list[tuple[str, str, list[int]]]:
    with tenant(organization):
        return [
            (batch.verb, batch.state, sorted(batch.entries.values_list("person", flat=True)))
            for batch in Batch.objects.order_by("pk")
        ]


def test_from_ticks_to_badges_and_back(
    as_alice: Client, organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    response = as_alice.post("/riverside/bulk/", {"sel": [alice.pk, bob.pk], "do": "add"})
    assert response.status_code == 302
    address = response["Location"]
    assert "Change the badges of 2 people" in as_alice.get(address).content.decode()
    assert as_alice.post(address, ASKED).status_code == 302
    with tenant(organization):
        batch = Batch.objects.get()
    preview = as_alice.get(address).content.decode()
    assert "2 change, 0 stay as they are, 0 are left out" in preview
    assert "2 people get mail" in preview
    assert holders(organization) == []
    said = {"planned_at": batch.planned_at.isoformat()}
    assert f'value="{said["planned_at"]}"' in preview
    assert as_alice.post(path(batch, "start/"), said).status_code == 302
    waiting = as_alice.get(address).content.decode()
    assert "0 of 2 done" in waiting
    assert waiting.count("Its turn comes") == 2
    work(batch)
    done = as_alice.get(address).content.decode()
    assert "2 changed, 0 as before, 0 left out" in done
    assert holders(organization) == ["Alice Adams", "Bob Brown"]
    assert as_alice.post(path(batch, "undo/")).status_code == 302
    work(batch)
    assert "2 badges as before, 0 left" in as_alice.get(address).content.decode()
    assert holders(organization) == []


@pytest.mark.parametrize("verb", ["add", "remove", "replace", "clear"])
def test_each_verb_is_previewed(as_alice: Client, batch: Batch, badge: Badge, bob: Person, verb: str) -> None:
    with tenant(batch.organization):
        grant_by_hand(badge=badge, person=bob, by=None, reason="Then.")
    assert as_alice.post(path(batch), {**ASKED, "verb": verb}).status_code == 302
    page = as_alice.get(path(batch))
    assert page.status_code == 200
    assert f'value="{verb}" id="id_verb_' in page.content.decode()
    for show in ("changed", "unchanged", "left_out", "nonsense", ""):
        assert as_alice.get(path(batch), {"show": show, "page": "x"}).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"verb": ""},
        {"verb": "shred"},
        {"badges": []},
        {"badges": ["nothing"]},
        {"badges": ["hip\0aa"]},
        {"badges": ["9" * 4000]},
        {"badges": ["ruled"]},
        {"badges": ["old"]},
        {"reason": ""},
        {"reason": "x" * 501},
        {"reason": "a\u202eb"},
        {"given_on": "yesterday"},
        {"given_on": "2999-01-01"},
        {"given_on": "0001-01-01"},
        {"given_on": "1950-01-01"},
        {"given_on": "2020-01-01"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_stored(
    as_alice: Client, batch: Batch, badge: Badge, organization: Organization, said: dict[str, Any]
) -> None:
    BadgeFactory(organization=organization, slug="ruled", mode="rule")
    BadgeFactory(organization=organization, slug="old", state="retired")
    response = as_alice.post(path(batch), {**ASKED, **said})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert fresh(batch).planned_at is None


NOT_FOR_ALL = {
    "given_on": "yesterday",
    "ends_on": "2020-01-01",
    "link": "javascript:alert(1)",
    "note": "a\u202eb",
}


@pytest.mark.parametrize(
    ("said", "badges"),
    [({"verb": "clear", "badges": ["nothing"]}, []), ({"verb": "remove", "badges": ["hipaa"]}, ["hipaa"])],
)
def test_what_does_not_apply_is_never_wrong(
    as_alice: Client, batch: Batch, badge: Badge, said: dict[str, Any], badges: list[str]
) -> None:
    assert as_alice.post(path(batch), {**ASKED, **NOT_FOR_ALL, **said}).status_code == 302
    with tenant(batch.organization):
        planned = fresh(batch)
        assert [one.slug for one in planned.badges.all()] == badges
    assert (planned.starts_at, planned.ends_at, planned.link, planned.note) == (None, None, "", "")
    wrong = as_alice.post(path(batch), {**ASKED, **NOT_FOR_ALL, **said, "reason": ""})
    assert (wrong.status_code, wrong.text.count("has-error")) == (422, 1)
    assert "javascript:alert(1)" in wrong.text  # kept, in case another verb is chosen


def test_what_is_out_of_use_can_be_removed(
    as_alice: Client, batch: Batch, organization: Organization
) -> None:
    BadgeFactory(organization=organization, slug="old", state="retired")
    said = {**ASKED, "badges": ["old"]}
    assert as_alice.post(path(batch), {**said, "verb": "remove"}).status_code == 302


@pytest.mark.parametrize("sel", [[], ["0"], ["x"], ["9" * 400], ["-1"], ["1\0"], ["²"], ["999999999"]])
def test_nobody_ticked_leads_back_with_a_word(
    as_alice: Client, organization: Organization, sel: list[str]
) -> None:
    response = as_alice.post("/riverside/bulk/", {"sel": sel, "next": "/riverside/people/?q=a"}, follow=True)
    assert response.redirect_chain == [("/riverside/people/?q=a", 302)]
    assert "Nobody is chosen" in response.content.decode()
    assert drafts(organization) == []


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "x"]
)
def test_nobody_is_led_elsewhere(as_alice: Client, organization: Organization, address: str) -> None:
    response = as_alice.post("/riverside/bulk/", {"next": address})
    assert response["Location"] == "/riverside/people/"


def test_a_badge_and_a_verb_come_along(
    as_alice: Client, organization: Organization, badge: Badge, bob: Person
) -> None:
    response = as_alice.post("/riverside/bulk/", {"sel": [bob.pk, bob.pk], "do": "remove", "badge": "hipaa"})
    assert drafts(organization) == [("remove", "draft", [bob.pk])]
    page = as_alice.get(response["Location"]).content.decode()
    assert 'value="hipaa" id="id_badges_0" checked' in page
    response = as_alice.post(
        "/riverside/bulk/", {"sel": [bob.pk], "do": "shred", "badge": "\0&x=" + "9" * 999}
    )
    assert as_alice.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    "planned_at", ["", "now", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "\0", "9" * 999]
)
def test_what_was_not_looked_at_does_not_start(
    as_alice: Client, batch: Batch, badge: Badge, planned_at: str
) -> None:
    as_alice.post(path(batch), ASKED)
    assert as_alice.post(path(batch, "start/"), {"planned_at": planned_at}).status_code == 302
    assert fresh(batch).state == "draft"
    assert as_alice.post(path(batch, "undo/")).status_code == 302
    assert fresh(batch).state == "draft"


def test_a_second_click_on_start_does_no_harm(
    as_alice: Client, begun: Batch, organization: Organization
) -> None:
    said = {"planned_at": begun.planned_at.isoformat()}
    assert as_alice.post(path(begun, "start/"), said).status_code == 302
    assert as_alice.post(path(begun), ASKED).status_code == 302
    work(begun)
    assert as_alice.post(path(begun, "start/"), said).status_code == 302
    assert fresh(begun).state == "done"
    assert holders(organization) == ["Alice Adams", "Bob Brown"]


def test_progress_is_asked_for_by_itself_until_it_is_over(as_alice: Client, begun: Batch) -> None:
    polled = as_alice.get(path(begun), headers={"HX-Request": "true"})
    assert polled.status_code == 200
    assert polled.content.decode().startswith("<section")
    work(begun)
    over = as_alice.get(path(begun), headers={"HX-Request": "true"})
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")


def test_undoing_shows_how_far_it_is(
    as_alice: Client, organization: Organization, begun: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(begun)
    assert as_alice.post(path(begun, "undo/")).status_code == 302
    monkeypatch.setattr("badges.batch_work.CHUNK", 1)
    assert work_on_batch(organization=organization, batch_id=begun.pk, seconds=-1)
    for headers in ({}, {"HX-Request": "true"}):
        page = as_alice.get(path(begun), headers=headers).content.decode()
        assert "put back as it was: 1 of 2 done." in page


def test_a_draft_is_its_makers_and_what_has_started_is_everybodys_who_may(
    organization: Organization, batch: Batch, badge: Badge, alice: Person
) -> None:
    dana = PersonFactory(organization=organization, user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=dana, role=Role.OWNER)
    as_dana = logged_in(dana)
    for address in (path(batch), path(batch, "start/"), path(batch, "undo/")):
        assert as_dana.post(address, ASKED).status_code == 404
    assert "Add" not in as_dana.get("/riverside/bulk/").content.decode().split("<main")[1]
    with tenant(organization):
        plan_batch(batch=batch, verb="add", badges=[badge], reason="Session 14.")
        batch.refresh_from_db()
        start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    work(batch)
    assert as_dana.get(path(batch)).status_code == 200
    assert as_dana.post(path(batch, "undo/")).status_code == 302
    assert fresh(batch).state == "undoing"


@pytest.mark.parametrize(
    "role", [None, Role.MANAGER, Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR, Role.AUDITOR]
)
def test_both_permissions_are_needed(
    organization: Organization, begun: Batch, bob: Person, role: Role | None
) -> None:
    person = PersonFactory(organization=organization, user=UserFactory())
    if role:
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    client = logged_in(person)
    reads = 200 if role == Role.AUDITOR else 403
    assert client.get("/riverside/bulk/").status_code == reads
    assert client.post("/riverside/bulk/", {"sel": [bob.pk], "do": "clear"}).status_code == 403
    assert client.get(path(begun)).status_code == reads
    for rest in ("", "start/", "undo/"):
        assert client.post(path(begun, rest), ASKED).status_code == 403
    assert len(drafts(organization)) == 1


def test_others_find_nothing(
    as_charlie: Client, begun: Batch, bob: Person, organization: Organization
) -> None:
    assert as_charlie.get("/riverside/bulk/").status_code == 404
    for slug in ("riverside", "halden"):
        assert as_charlie.get(f"/{slug}/bulk/{begun.pk}/").status_code == 404
        for rest in ("", "start/", "undo/"):
            assert as_charlie.post(f"/{slug}/bulk/{begun.pk}/{rest}", ASKED).status_code == 404
    response = as_charlie.post("/halden/bulk/", {"sel": [bob.pk], "do": "clear"})
    assert response["Location"] == "/halden/people/"
    assert fresh(begun).state == "queued"
    assert len(drafts(organization)) == 1


def test_other_methods_are_refused(as_alice: Client, batch: Batch) -> None:
    assert as_alice.get(path(batch, "start/")).status_code == 405
    assert as_alice.get(path(batch, "undo/")).status_code == 405
    assert as_alice.put("/riverside/bulk/").status_code == 405
    assert as_alice.delete(path(batch)).status_code == 405


def test_the_list_names_what_was_done(as_alice: Client, begun: Batch) -> None:
    page = as_alice.get("/riverside/bulk/").content.decode()
    assert "Add: HIPAA Certified" in page
    assert path(begun) in page


@pytest.mark.parametrize("state", ["draft", "queued", "done", "undone"])
def test_pages_cost_the_same_for_one_and_for_many(
    as_alice: Client, organization: Organization, alice: Person, state: str
) -> None:
    badges = [BadgeFactory(organization=organization, slug=f"b{n}") for n in range(3)]
    counts = []
    for people, some in ((1, badges[:1]), (3, badges)):
        ids = [PersonFactory(organization=organization).pk for _ in range(people)]
        with tenant(organization):
            batch = draft_batch(by=alice, verb="add", person_ids=ids)
            batch = plan_batch(batch=batch, verb="add", badges=some, reason="Why.")
        said = {"planned_at": batch.planned_at.isoformat()}
        if state != "draft":
            as_alice.post(path(batch, "start/"), said)
        if state in {"done", "undone"}:
            work(batch)
        if state == "undone":
            as_alice.post(path(batch, "undo/"))
            work(batch)
        assert fresh(batch).state == state
        counts.append(queries(as_alice, path(batch)))
    assert counts[0] == counts[1]


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_large_preview_shows_how_far_it_is(
    as_alice: Client, as_mary: Client, batch: Batch, badge: Badge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("badges.batches.PLANNED_AT_ONCE", 1)
    assert as_alice.post(path(batch), ASKED).status_code == 302
    page = as_alice.get(path(batch)).content.decode()
    assert "0 of 2 people looked at" in page
    assert as_alice.post(path(batch), ASKED).status_code == 302
    assert as_mary.get(path(batch)).status_code in {403, 404}
    polled = as_alice.get(path(batch), headers={"HX-Request": "true"})
    assert (polled.status_code, "<html" in polled.content.decode()) == (200, False)
    work(batch)
    over = as_alice.get(path(batch), headers={"HX-Request": "true"})
    assert (over.status_code, over.headers["HX-Refresh"]) == (204, "true")
    assert "2 change, 0 stay as they are, 0 are left out" in as_alice.get(path(batch)).content.decode()


def table_of(client: Client, batch: Batch, **asked: str) -> list[list[str]]:
    response = client.get(path(batch, "people.csv"), asked)
    assert (response.status_code, response.streaming) == (200, True)
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_the_outcome_is_taken_home_person_by_person_and_badge_by_badge(
    as_alice: Client, organization: Organization, badge: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("badges.batch_file.CHUNK", 1)
    ward = LocationFactory(organization=organization, name="Ward 4B")
    ann = PersonFactory(organization=organization, name="=Ann", external_id="7", location=ward)
    gus = PersonFactory(organization=organization, name="Gus", external_id="8", left_on="2026-01-01")
    star = BadgeFactory(organization=organization, slug="star", name="Star")
    with tenant(organization):
        grant_by_hand(badge=star, person=ann, by=None, reason="Then.")
        batch = draft_batch(by=alice, verb="add", person_ids=[ann.pk, gus.pk])
    assert as_alice.get(path(batch, "people.csv")).status_code == 404  # nothing is asked yet
    as_alice.post(path(batch), {**ASKED, "badges": ["hipaa", "star"]})
    planned = table_of(as_alice, batch)
    as_alice.post(path(batch, "start/"), {"planned_at": fresh(batch).planned_at.isoformat()})
    work(batch)
    with tenant(organization):
        until = timezone.localdate(Award.objects.get(badge=badge).expires_at, organization.time_zone)
    done = table_of(as_alice, batch)
    ann_s, mailed = ["'=Ann", "7", "Ward 4B", "Changed", ""], ["", "", "yes"]
    assert done[1:] == [
        [*ann_s, "HIPAA Certified", "given", "", until.isoformat(), *mailed],
        [*ann_s, "Star", "held already", "", "", *mailed],
        ["Gus", "8", "", "Left out", "Has left the organization", "", "", "", "", "", "", "no"],
    ]
    assert planned == done
    assert table_of(as_alice, batch, show="left_out") == [done[0], done[3]]
    as_alice.post(path(batch, "undo/"))
    work(batch)
    assert [row[9] for row in table_of(as_alice, batch)] == ["Undone", "As it was before", "", ""]
