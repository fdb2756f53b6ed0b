"""What awards by hand rest on: links, notes and files."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from badges.batch_work import work_on_batch
from badges.batches import draft_batch, plan_batch, start_batch
from badges.evidence import MOST_AN_AWARD, Piece, add_evidence, withdraw_evidence
from badges.models import Award, AwardChange, AwardEvent, Badge, Evidence
from people.changes import Refused
from people.clock import now
from people.files import SafeFile
from people.models import Organization, Person
from people.tenancy import tenant
from tests.badges.pictures import picture
from tests.factories import BadgeFactory, PersonFactory

LINK = "https://example.org/certificate/7"
FILE = SafeFile("plan.txt", "text/plain; charset=utf-8", b"Red lids")


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def award(badge: Badge, alice: Person, bob: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(
            badge=badge, person=bob, by=alice, reason="Passed.",
            evidence=[Piece(link=LINK), Piece(note="Seen by me."), Piece(file=FILE)],
        )  # fmt: skip


@pytest.fixture
def demanding(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="belt", name="Black Belt", demands_evidence=True)


def said(organization: Organization) -> list[str]:
    with tenant(organization):
        return [str(piece) for piece in Evidence.objects.current()]


def give(client: Client, person: Person, **more: object) -> int:
    data = {"badge": "hipaa", "reason": "Passed.", "given_on": str(now().date() - timedelta(days=2)), **more}
    return client.post(f"/riverside/people/{person.pk}/give/", data).status_code


def test_a_badge_is_given_with_links_a_note_and_files(as_alice: Client, badge: Badge, bob: Person) -> None:
    files = [
        SimpleUploadedFile("lids.png", picture(20, 20, "PNG")),
        SimpleUploadedFile("../plan.txt", b"Red <b>lids</b>"),
    ]
    links = f" {LINK} \n\nHTTP://example.org/b\n{LINK}"
    assert give(as_alice, bob, links=links, note="Seen.\nBy me.", documents=files) == 302
    expected = [LINK, "http://example.org/b", "Seen.\r\nBy me.", "lids.png", "plan.txt"]
    assert [text.replace("\r\n", "\n") for text in said(badge.organization)] == [
        text.replace("\r\n", "\n") for text in expected
    ]
    with tenant(badge.organization):
        event = AwardEvent.objects.get()
        assert {piece.event_id for piece in Evidence.objects.all()} == {event.pk}
        page = as_alice.get(event.award.get_absolute_url()).content.decode()
    assert f'<a class="wraps" href="{LINK}" rel="noopener noreferrer nofollow">{LINK}</a>' in page


@pytest.mark.parametrize(
    "more",
    [
        {"links": "javascript:alert(1)"},
        {"links": "ftp://example.org/a"},
        {"links": "example.org"},
        {"links": "https://bank.example@elsewhere.example/"},
        {"links": "https://exa\u202emple.org/"},
        {"links": "https://example.org/\0"},
        {"links": "https://example.org/" + "x" * 500},
        {"links": "\n".join(f"https://example.org/{n}" for n in range(6))},
        {"links": "https://example.org/" + "x" * 5000},
        {"note": "x" * 1001},
        {"note": "Se\0en"},
        {"note": "Se\u202een"},
        {"documents": SimpleUploadedFile("a.exe", b"MZ\x00\x01")},
        {"documents": SimpleUploadedFile("a\u202etxt.exe", b"MZ\x00\x01")},
        {"documents": SimpleUploadedFile("a.html", b"<html>\x00")},
        {"documents": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(6)]},
    ],
)
def test_bad_evidence_is_told_beside_its_field_and_nothing_is_stored(
    as_alice: Client, badge: Badge, bob: Person, more: dict[str, object]
) -> None:
    assert give(as_alice, bob, **more) == 422
    with tenant(badge.organization):
        assert (Award.objects.count(), Evidence.objects.count()) == (0, 0)


def test_links_and_notes_are_for_everybody_files_for_the_holder_and_those_who_see_histories(
    as_alice: Client, as_bob: Client, as_mary: Client, award: Award
) -> None:
    """Carol is a colleague."""
    from tests.conftest import logged_in
    from tests.factories import UserFactory

    carol = logged_in(PersonFactory(organization=award.organization, user=UserFactory()))
    with tenant(award.organization):
        url = Evidence.objects.get(kind="file").get_absolute_url()
        page = award.get_absolute_url()
    codes = [client.get(url).status_code for client in (as_alice, as_bob, as_mary, carol)]
    assert codes == [200, 200, 200, 404]
    assert ["plan.txt" in client.get(page).content.decode() for client in (as_bob, carol)] == [True, False]
    assert "Seen by me." in carol.get(page).content.decode()
    answer = as_bob.get(url)
    assert answer.content == b"Red lids"
    assert answer["Content-Disposition"] == 'attachment; filename="plan.txt"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_evidence_is_added_afterwards_and_a_mistaken_piece_withdrawn(
    as_alice: Client, as_bob: Client, award: Award
) -> None:
    with tenant(award.organization):
        add = f"{award.get_absolute_url()}evidence/"
        file = Evidence.objects.get(kind="file")
    assert as_alice.post(add, {"links": "", "note": "", "documents": ""}).status_code == 422
    assert as_alice.post(add, {"links": f"{LINK}\nhttps://example.org/b"}).status_code == 302
    assert said(award.organization) == [LINK, "Seen by me.", "plan.txt", "https://example.org/b"]
    withdraw = f"/riverside/evidence/{file.pk}/withdraw/"
    assert as_alice.post(withdraw, {"reason": ""}).status_code == 422
    for _ in range(2):
        assert as_alice.post(withdraw, {"reason": "The wrong Bob."}).status_code == 302
    assert said(award.organization) == [LINK, "Seen by me.", "https://example.org/b"]
    assert as_bob.get(f"/riverside/evidence/{file.pk}/").status_code == 404
    assert "The wrong Bob." in as_bob.get(f"/riverside/awards/{award.pk}/").content.decode()
    assert as_alice.get(withdraw).status_code == 200


def test_a_renewal_has_evidence_of_its_own_and_a_second_click_adds_nothing(
    inside: Organization, badge: Badge, award: Award, alice: Person, bob: Person
) -> None:
    again = {"badge": badge, "person": bob, "by": alice, "reason": "Passed.", "evidence": [Piece(link=LINK)]}
    grant_by_hand(**again)
    assert Evidence.objects.count() == 3
    Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=30))
    grant_by_hand(**again)
    events = Evidence.objects.order_by("pk").values_list("event__change", flat=True)
    assert list(events) == [AwardChange.GRANTED] * 3 + [AwardChange.RENEWED]


def test_an_award_keeps_so_many_pieces(
    inside: Organization, award: Award, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Piece(link=f"https://example.org/{n}") for n in range(MOST_AN_AWARD - 2)]
    with pytest.raises(Refused, match="at most 40"):
        add_evidence(award=award, by=alice, pieces=many)
    monkeypatch.setattr("badges.evidence.QUOTA", 10)
    with pytest.raises(Refused, match="space for evidence"):
        add_evidence(award=award, by=alice, pieces=[Piece(file=SafeFile("b.txt", "text/plain", b"xyz"))])


def test_evidence_is_neither_deleted_nor_rewritten(inside: Organization, award: Award) -> None:
    for change in (
        lambda: Evidence.objects.all()._raw_delete(Evidence.objects.db),
        lambda: Evidence.objects.filter(kind="link").update(link="https://example.org/else"),
        lambda: Evidence.objects.filter(kind="link").update(withdrawn_at=now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


# --- a badge that demands it


def test_a_badge_that_demands_evidence_is_not_given_without(
    as_alice: Client, demanding: Badge, bob: Person
) -> None:
    page = as_alice.post(
        f"/riverside/people/{bob.pk}/give/",
        {"badge": "belt", "reason": "Passed.", "given_on": str(now().date() - timedelta(days=2))},
    )
    assert page.status_code == 422
    assert "Black Belt is given with evidence only. Add a link, a note or a file." in page.content.decode()
    assert give(as_alice, bob, badge="belt", note="Seen.") == 302


def test_neither_in_code_nor_past_it(
    inside: Organization, demanding: Badge, alice: Person, bob: Person
) -> None:
    with pytest.raises(Refused, match="with evidence only"):
        grant_by_hand(badge=demanding, person=bob, by=alice, reason="Passed.")
    with pytest.raises(IntegrityError, match="with evidence only"), transaction.atomic():
        award = Award.objects.create(
            organization=inside,
            badge=demanding,
            person=bob,
            origin="hand",
            starts_at=now(),
            recorded_at=now(),
        )
        AwardEvent.objects.create(
            organization=inside, award=award, change=AwardChange.GRANTED, at=now(), actor=alice
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_past_it_not_even_at_the_end(
    committed_db: None, organization: Organization, demanding: Badge, alice: Person, bob: Person
) -> None:
    """At the commit the tenant is closed already."""
    of = {"organization": organization}
    with pytest.raises(IntegrityError, match="with evidence only"), tenant(organization):
        award = Award.objects.create(
            **of, badge=demanding, person=bob, origin="hand", starts_at=now(), recorded_at=now()
        )
        AwardEvent.objects.create(**of, award=award, change=AwardChange.GRANTED, at=now(), actor=alice)


def test_the_last_piece_of_a_badge_that_demands_it_stays(
    inside: Organization, demanding: Badge, alice: Person, bob: Person
) -> None:
    award = grant_by_hand(
        badge=demanding, person=bob, by=alice, reason="Passed.", evidence=[Piece(link=LINK)]
    )
    with pytest.raises(Refused, match="Add the right piece first"):
        withdraw_evidence(evidence=Evidence.objects.get(), by=alice, reason="Wrong.")
    add_evidence(award=award, by=alice, pieces=[Piece(note="Seen.")])
    withdraw_evidence(evidence=Evidence.objects.get(kind="link"), by=alice, reason="Wrong.")
    assert [str(piece) for piece in Evidence.objects.current()] == ["Seen."]


# --- many at once


@pytest.fixture
def people(organization: Organization) -> list[Person]:
    return [PersonFactory(organization=organization) for _ in range(3)]


def test_a_bulk_edit_gives_everybody_the_same_evidence(
    inside: Organization, demanding: Badge, alice: Person, people: list[Person]
) -> None:
    batch = draft_batch(by=alice, verb="add", person_ids=[person.pk for person in people])
    wishes = {"batch": batch, "verb": "add", "badges": [demanding], "reason": "Passed."}
    with pytest.raises(Refused, match="not without evidence"):
        plan_batch(**wishes)
    batch = plan_batch(**wishes, link=LINK, note="Seen.")
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    work_on_batch(organization=inside, batch_id=batch.pk)
    pieces = Evidence.objects.values_list("award__person", "event__change", "link", "note")
    expected = [(p.pk, "granted", *said) for p in people for said in ((LINK, ""), ("", "Seen."))]
    assert sorted(pieces) == sorted(expected)


def test_a_bulk_edit_without_the_evidence_is_told_beside_the_link(
    as_alice: Client, demanding: Badge, alice: Person, people: list[Person]
) -> None:
    with tenant(alice.organization):
        url = draft_batch(by=alice, verb="add", person_ids=[people[0].pk]).get_absolute_url()
    asked = {"verb": "add", "badges": ["belt"], "reason": "Passed."}
    page = as_alice.post(url, asked)
    assert page.status_code == 422
    assert "Black Belt must be given with evidence. Add a link or a note." in page.content.decode()
    assert as_alice.post(url, {**asked, "link": "javascript:1"}).status_code == 422
    assert as_alice.post(url, {**asked, "link": LINK}).status_code == 302


def test_the_award_page_asks_as_much_for_one_piece_as_for_three(
    as_alice: Client, badge: Badge, alice: Person, people: list[Person]
) -> None:
    asked = []
    for count, person in ((1, people[0]), (3, people[1])):
        pieces = [Piece(link=f"{LINK}{n}") for n in range(count)]
        with tenant(badge.organization):
            award = grant_by_hand(badge=badge, person=person, by=alice, reason="Passed.", evidence=pieces)
            url = award.get_absolute_url()
        as_alice.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert as_alice.get(url).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
