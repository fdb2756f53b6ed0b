"""Badges proposed by colleagues, and by one of two administrators."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from badges.batches import draft_batch, plan_batch
from badges.evidence import Piece
from badges.models import Award, AwardChange, AwardEvent, Badge, Evidence, Nomination
from badges.nominate_forms import DecisionForm
from badges.nominating import approve_nomination, decline_nomination, nominate, propose_grant
from badges.nominations_told import to_decide
from people.changes import Refused
from people.clock import now
from people.files import SafeFile
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

NEW = "/riverside/nominations/new/"
QUEUE = "/riverside/nominations/to-decide/"


@pytest.fixture
def honour(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="kind", name="Kind Words", takes_nominations=True)


@pytest.fixture
def belt(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="belt", name="Black Belt", needs_two=True)


@pytest.fixture
def adam(organization: Organization) -> Person:
    """Another badge and user administrator."""
    return administrator(organization, name="Adam Ash")


def administrator(organization: Organization, name: str, location: Any = None) -> Person:
    person = PersonFactory(organization=organization, name=name, user=UserFactory())
    for role in (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=person, role=role, location=location)
    return person


@pytest.fixture
def nomination(honour: Badge, bob: Person, mary: Person) -> Nomination:
    """Bob nominates Mary."""
    with tenant(honour.organization):
        return nominate(
            badge=honour, nominee=mary, by=bob, reason="She taught us all.",
            evidence=[Piece(link="https://example.org/a"), Piece(file=SafeFile("a.txt", "text/plain", b"a"))],
        )  # fmt: skip


def outcomes(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        return list(Nomination.objects.order_by("pk").values_list("state", "answer"))


def test_a_colleague_is_nominated_from_the_profile(
    as_bob: Client, honour: Badge, mary: Person, alice: Person
) -> None:
    assert f"{NEW}?person={mary.pk}" in as_bob.get(f"/riverside/people/{mary.pk}/").content.decode()
    assert as_bob.get(f"{NEW}?person={mary.pk}").status_code == 200
    said = {"badge": "kind", "reason": "She taught us all.", "links": "https://example.org/a"}
    assert as_bob.post(f"{NEW}?person={mary.pk}", said).status_code == 302
    again = as_bob.post(f"{NEW}?person={mary.pk}", said)
    assert again.status_code == 422
    assert "You have proposed Kind Words for Mary Moss already" in again.content.decode()
    assert outcomes(honour.organization) == [("open", "")]
    assert "Kind Words for" in as_bob.get("/riverside/nominations/").content.decode()


def test_and_from_the_badge_by_name(as_bob: Client, honour: Badge, mary: Person) -> None:
    assert f"{NEW}?badge=kind" in as_bob.get("/riverside/badges/kind/").content.decode()
    said = {"colleague": "mary moss", "badge": "kind", "reason": "She taught us all."}
    assert as_bob.post(NEW, said).status_code == 302
    assert outcomes(honour.organization) == [("open", "")]


@pytest.mark.parametrize(
    "said",
    [
        {"colleague": ""},
        {"colleague": "Nobody"},
        {"colleague": "Bob Brown"},
        {"colleague": "Ma\0ry"},
        {"badge": ""},
        {"badge": "plain"},
        {"badge": "kind\0"},
        {"reason": ""},
        {"reason": "x" * 501},
        {"reason": "Ni\u202ece"},
        {"links": "javascript:alert(1)"},
    ],
)
def test_bad_input_is_told_and_stores_nothing(
    as_bob: Client, honour: Badge, mary: Person, said: dict[str, str]
) -> None:
    """Among it nominating oneself, and for a badge that takes no nominations."""
    BadgeFactory(organization=honour.organization, slug="plain")
    good = {"colleague": "Mary Moss", "badge": "kind", "reason": "She taught us all."}
    assert as_bob.post(NEW, {**good, **said}).status_code == 422
    assert outcomes(honour.organization) == []


def test_what_is_missing_is_said_in_its_own_words(as_bob: Client, honour: Badge, mary: Person) -> None:
    BadgeFactory(
        organization=honour.organization,
        slug="safe",
        name="Safe Hands",
        takes_nominations=True,
        demands_evidence=True,
    )
    labels = re.findall(r"<option[^>]*>([^<]+)</option>", as_bob.get(NEW).content.decode())
    assert sorted(labels) == ["Choose a badge", "Kind Words", "Safe Hands (with evidence)"]
    nobody = as_bob.post(NEW, {"badge": "kind", "reason": "Nice."}).context["form"]
    assert nobody.errors == {"colleague": ["Say whom you nominate."]}
    oneself = as_bob.post(NEW, {"colleague": "bob brown", "badge": "kind", "reason": "Nice."}).context["form"]
    assert oneself.errors == {"colleague": ["That is you. Name a colleague."]}
    bare = as_bob.post(NEW, {"colleague": "Mary Moss", "badge": "safe", "reason": "Nice."})
    needed = "Safe Hands is given with evidence only. Add a link, a note or a file."
    assert (bare.status_code, bare.context["form"].errors) == (422, {"__all__": [needed]})
    assert needed in bare.content.decode()
    assert DecisionForm({}).errors == {"decision": ["Choose Approve or Decline."]}


@pytest.mark.parametrize("whom", ["0", "999999", "9" * 400, "x", "1\0"])
def test_nobody_is_not_there(as_bob: Client, honour: Badge, whom: str) -> None:
    assert as_bob.get(NEW, {"person": whom}).status_code == 404


def test_oneself_is_not_there(as_bob: Client, bob: Person) -> None:
    assert as_bob.get(NEW, {"person": bob.pk}).status_code == 404


def test_an_administrator_approves_and_it_is_given_with_the_colleagues_words(
    as_alice: Client, as_bob: Client, as_mary: Client, alice: Person, nomination: Nomination, mary: Person
) -> None:
    home = as_alice.get("/riverside/").content.decode()
    assert "Nominations to decide, 1" in home
    assert "Kind Words for" in as_alice.get(QUEUE).content.decode()
    url = nomination.get_absolute_url()
    assert as_alice.get(url).status_code == 200
    assert as_mary.get(url).status_code == 404
    assert as_alice.post(url, {"decision": "approve", "reason": ""}).status_code == 302
    with tenant(nomination.organization):
        award = Award.objects.get()
        event = AwardEvent.objects.get()
        assert (award.person, award.given_by, award.reason) == (mary, alice, "She taught us all.")
        assert {(p.award_id, p.event_id) for p in Evidence.objects.all()} == {(award.pk, event.pk)}
        assert event.to_tell
    page = as_mary.get(f"/riverside/awards/{award.pk}/").content.decode()
    assert "nominated by <bdi>Bob Brown</bdi>" in page
    assert "Approved" in as_bob.get("/riverside/nominations/").content.decode()
    assert as_alice.get(url).status_code == 200
    assert "New</span>" in as_bob.get("/riverside/nominations/").content.decode()
    assert as_bob.get(url).status_code == 200
    assert "New</span>" not in as_bob.get("/riverside/nominations/").content.decode()
    assert "Nominations to decide" not in as_alice.get("/riverside/").content.decode()
    assert as_alice.post(url, {"decision": "decline", "reason": "Late."}).status_code == 200
    assert outcomes(nomination.organization) == [("approved", "")]


def test_it_is_declined_with_a_reason_that_the_nominee_never_reads(
    as_alice: Client, as_bob: Client, as_mary: Client, nomination: Nomination, mary: Person
) -> None:
    url = nomination.get_absolute_url()
    for said in (
        {"decision": "decline", "reason": ""},
        {"decision": "decline", "reason": "No\0"},
        {"decision": "x"},
    ):
        assert as_alice.post(url, said).status_code == 422
    assert as_alice.post(url, {"decision": "decline", "reason": "Not yet."}).status_code == 302
    assert outcomes(nomination.organization) == [("declined", "Not yet.")]
    assert "Not yet." in as_bob.get(url).content.decode()
    assert as_mary.get(url).status_code == 404
    assert "Kind Words" not in as_mary.get(f"/riverside/people/{mary.pk}/").content.decode()


def test_it_is_withdrawn_by_whoever_made_it(as_alice: Client, as_bob: Client, nomination: Nomination) -> None:
    path = f"{nomination.get_absolute_url()}withdraw/"
    assert as_alice.post(path).status_code == 404
    assert "Kind Words for Mary Moss is withdrawn." in as_bob.post(path, follow=True).text
    assert as_bob.post(path).status_code == 302
    assert outcomes(nomination.organization) == [("withdrawn", "")]


def test_files_of_a_nomination_are_for_who_made_it_and_who_decides(
    as_alice: Client, as_bob: Client, as_mary: Client, nomination: Nomination
) -> None:
    with tenant(nomination.organization):
        url = Evidence.objects.get(kind="file").get_absolute_url()
    assert [client.get(url).status_code for client in (as_alice, as_bob, as_mary)] == [200, 200, 404]


def test_location_bound_administrators_decide_on_their_own_people(
    organization: Organization, honour: Badge, bob: Person
) -> None:
    ward, other = LocationFactory(organization=organization), LocationFactory(organization=organization)
    here, there = (
        PersonFactory(organization=organization, location=place, name=name)
        for place, name in ((ward, "Here"), (other, "There"))
    )
    bound = administrator(organization, "Wanda Ward", location=ward)
    with tenant(organization):
        file = Piece(file=SafeFile("a.txt", "text/plain", b"a"))
        one, two = (
            nominate(badge=honour, nominee=who, by=bob, reason="Nice.", evidence=[file])
            for who in (here, there)
        )
        assert list(to_decide(bound)) == [one]
        files = [Evidence.objects.get(nomination=each) for each in (one, two)]
    client = logged_in(bound)
    assert [client.get(each.get_absolute_url()).status_code for each in (one, two)] == [200, 404]
    assert [client.get(file.get_absolute_url()).status_code for file in files] == [200, 404]


@pytest.mark.parametrize("needs_two", [False, True])
def test_what_is_for_somebody_who_left_waits_to_be_declined(
    inside: Organization, honour: Badge, alice: Person, bob: Person, *, needs_two: bool
) -> None:
    Badge.objects.update(needs_two=needs_two)
    honour.refresh_from_db()
    nominee = PersonFactory(organization=inside)
    nomination = nominate(badge=honour, nominee=nominee, by=bob, reason="Nice.")
    Person.objects.filter(pk=nominee.pk).update(left_on=now().date())
    assert list(to_decide(alice)) == [nomination]
    with pytest.raises(Refused, match="has left"):
        approve_nomination(nomination=nomination, by=alice)
    decline_nomination(nomination=nomination, by=alice, reason="They left.")
    assert list(to_decide(alice)) == []
    assert list(Nomination.objects.values_list("state", "agreed_by")) == [("declined", None)]


def test_nobody_decides_on_their_own_or_on_what_is_for_them(
    inside: Organization, honour: Badge, alice: Person, adam: Person
) -> None:
    nomination = nominate(badge=honour, nominee=adam, by=alice, reason="Nice.")
    for person in (alice, adam):
        assert list(to_decide(person)) == []
        with pytest.raises(Refused, match="Somebody else"):
            approve_nomination(nomination=nomination, by=person)
        with pytest.raises(Refused, match="Somebody else"):
            decline_nomination(nomination=nomination, by=person, reason="No.")
        with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
            Nomination.objects.update(state="declined", decided_by=person, decided_at=now(), answer="No.")


def test_the_database_refuses_oneself_and_a_second_open_one(
    inside: Organization, nomination: Nomination
) -> None:
    same = {"organization": inside, "badge": nomination.badge, "reason": "Nice.", "made_at": now()}
    for nominee in (nomination.made_by, nomination.nominee):
        with pytest.raises(IntegrityError), transaction.atomic():
            Nomination.objects.create(**same, nominee=nominee, made_by=nomination.made_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        nomination.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Nomination.objects.update(reason="Nicer.")


@pytest.mark.parametrize(
    ("badge", "nominee", "message"),
    [
        ({"takes_nominations": False}, {}, "does not take nominations"),
        ({"state": "retired"}, {}, "cannot be given"),
        ({"mode": "rule"}, {}, "cannot be given"),
        ({"demands_evidence": True}, {}, "with evidence only"),
        ({}, {"left_on": now().date()}, "has left"),
    ],
)
def test_what_is_unsound_is_refused(
    inside: Organization, bob: Person, badge: dict[str, Any], nominee: dict[str, Any], message: str
) -> None:
    made = BadgeFactory(organization=inside, **{"takes_nominations": True, **badge})
    whom = PersonFactory(organization=inside, **nominee)
    with pytest.raises(Refused, match=message):
        nominate(badge=made, nominee=whom, by=bob, reason="Nice.")


def test_who_holds_it_for_good_needs_no_nomination(
    inside: Organization, honour: Badge, alice: Person, bob: Person, mary: Person
) -> None:
    grant_by_hand(badge=honour, person=mary, by=alice, reason="Nice.")
    with pytest.raises(Refused, match="holds Kind Words already"):
        nominate(badge=honour, nominee=mary, by=bob, reason="Nice.")


def test_who_got_it_meanwhile_is_not_said_to_have_it_from_the_nomination(
    as_alice: Client, alice: Person, nomination: Nomination, honour: Badge, mary: Person
) -> None:
    """As where colleagues cannot see that the nominee holds it."""
    with tenant(nomination.organization):
        grant_by_hand(badge=honour, person=mary, by=alice, reason="Nice.")
    url = nomination.get_absolute_url()
    page = as_alice.get(url).content.decode()
    assert "has held it since" in page
    assert "There is nothing to approve" in page
    refused = as_alice.post(url, {"decision": "approve", "reason": ""})
    assert refused.status_code == 422
    assert "Mary Moss holds Kind Words already" in refused.content.decode()
    assert outcomes(nomination.organization) == [("open", "")]
    with tenant(nomination.organization):
        assert not Award.objects.filter(nominations=nomination).exists()


def test_who_holds_it_for_a_time_has_it_renewed_with_the_words(
    as_alice: Client, alice: Person, nomination: Nomination, honour: Badge, mary: Person
) -> None:
    with tenant(nomination.organization):
        Badge.objects.update(ends_after="1 month")
        honour.refresh_from_db()
        long_ago = now() - timedelta(days=10)
        grant_by_hand(badge=honour, person=mary, by=alice, reason="Nice.", starts_at=long_ago)
    url = nomination.get_absolute_url()
    assert "it is renewed with these words" in as_alice.get(url).content.decode()
    assert as_alice.post(url, {"decision": "approve", "reason": ""}).status_code == 302
    with tenant(nomination.organization):
        renewed = AwardEvent.objects.get(change=AwardChange.RENEWED)
        assert (renewed.reason, Award.objects.get(nominations=nomination)) == (
            "She taught us all.", renewed.award,
        )  # fmt: skip


def test_a_badge_out_of_use_is_refused_at_the_decision(
    as_alice: Client, nomination: Nomination, honour: Badge
) -> None:
    with tenant(nomination.organization):
        Badge.objects.update(mode="rule")
    page = as_alice.post(nomination.get_absolute_url(), {"decision": "approve", "reason": ""})
    assert page.status_code == 422
    assert "cannot be given by hand" in page.content.decode()
    assert outcomes(nomination.organization) == [("open", "")]


def test_the_queue_asks_as_much_for_one_as_for_three(
    as_alice: Client, honour: Badge, bob: Person, alice: Person
) -> None:
    asked = []
    for _ in range(2):
        for _ in range(1 if not asked else 2):
            nominee = PersonFactory(organization=honour.organization)
            with tenant(honour.organization):
                nominate(badge=honour, nominee=nominee, by=bob, reason="Nice.")
        as_alice.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            page = as_alice.get(QUEUE).content.decode()
        asked.append(len(queries))
    assert len(re.findall("Kind Words for", page)) == 3
    assert asked[0] == asked[1]


# --- two administrators


def give(client: Client, person: Person, **more: str) -> int:
    said = {"badge": "belt", "reason": "Passed.", "given_on": "2026-10-30", **more}
    return client.post(f"/riverside/people/{person.pk}/give/", said).status_code


def test_what_one_gives_waits_for_another(
    as_alice: Client, alice: Person, adam: Person, belt: Badge, bob: Person
) -> None:
    assert give(as_alice, bob) == 302
    with tenant(belt.organization):
        assert Award.objects.count() == 0
        proposal = Nomination.objects.get()
        assert list(to_decide(alice)) == []
        assert list(to_decide(adam)) == [proposal]
        url = proposal.get_absolute_url()
    assert as_alice.post(url, {"decision": "approve"}).status_code == 200
    assert outcomes(belt.organization) == [("open", "")]
    assert logged_in(adam).post(url, {"decision": "approve"}).status_code == 302
    with tenant(belt.organization):
        award = Award.objects.get()
        assert (award.given_by, award.starts_at.date().isoformat()) == (adam, "2026-10-30")


def test_to_oneself_nobody_gives_what_needs_two(as_alice: Client, alice: Person, belt: Badge) -> None:
    assert give(as_alice, alice) == 422
    assert outcomes(belt.organization) == []


def test_neither_in_code_nor_past_it(inside: Organization, belt: Badge, alice: Person, bob: Person) -> None:
    with pytest.raises(Refused, match="given by two administrators"):
        grant_by_hand(badge=belt, person=bob, by=alice, reason="Passed.")
    of = {"organization": inside}
    with pytest.raises(IntegrityError, match="given by two administrators"), transaction.atomic():
        award = Award.objects.create(
            **of, badge=belt, person=bob, origin="hand", starts_at=now(), recorded_at=now()
        )
        AwardEvent.objects.create(**of, award=award, change=AwardChange.GRANTED, at=now(), actor=alice)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_with_the_second_word_the_database_agrees(
    committed_db: None, organization: Organization, belt: Badge, alice: Person, adam: Person, bob: Person
) -> None:
    with tenant(organization):
        Badge.objects.update(demands_evidence=True)
        belt.refresh_from_db()
        proposal = propose_grant(
            badge=belt, person=bob, by=alice, reason="Passed.", evidence=[Piece(note="Seen.")]
        )
    with tenant(organization):
        approve_nomination(nomination=proposal, by=adam)
    with tenant(organization):
        assert approve_nomination(nomination=proposal, by=adam) == Award.objects.get()


def test_a_colleagues_nomination_needs_two_as_well(
    committed_db: None,
    organization: Organization,
    belt: Badge,
    alice: Person,
    adam: Person,
    bob: Person,
    mary: Person,
) -> None:
    """The colleague is none of the two."""
    with tenant(organization):
        Badge.objects.update(takes_nominations=True)
        belt.refresh_from_db()
        nomination = nominate(badge=belt, nominee=mary, by=bob, reason="Nice.")
        assert approve_nomination(nomination=nomination, by=alice) is None
    with tenant(organization):
        assert Award.objects.count() == 0
        assert (list(to_decide(alice)), list(to_decide(adam))) == ([], [nomination])
        with pytest.raises(Refused, match="agreed already"):
            approve_nomination(nomination=nomination, by=alice)
        with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
            Nomination.objects.update(state="declined", decided_by=alice, decided_at=now(), answer="No.")
    with tenant(organization):
        award = approve_nomination(nomination=nomination, by=adam)
        assert award is not None
        assert award.given_by == adam


def test_a_bulk_edit_gives_no_such_badge(
    as_alice: Client, organization: Organization, belt: Badge, alice: Person, bob: Person
) -> None:
    with tenant(organization):
        batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk])
        with pytest.raises(Refused):
            plan_batch(batch=batch, verb="add", badges=[belt], reason="Passed.")
    page = as_alice.get(batch.get_absolute_url()).content.decode()
    assert "Black Belt (needs two administrators: can only be removed here)" in page
    said = {"verb": "add", "badges": ["belt"], "reason": "Passed."}
    page = as_alice.post(batch.get_absolute_url(), said)
    assert page.status_code == 422
    assert "one proposes it, another approves it. Give it on each profile instead." in page.content.decode()


def test_a_proposal_keeps_the_end_that_was_chosen(
    inside: Organization, alice: Person, mary: Person, bob: Person
) -> None:
    badge, ends_at = BadgeFactory(organization=inside, needs_two=True), now() + timedelta(days=40)
    proposal = propose_grant(badge=badge, person=bob, by=alice, reason="Well done.", ends_at=ends_at)
    assert approve_nomination(nomination=proposal, by=mary).expires_at == ends_at
