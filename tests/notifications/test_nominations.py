"""Whoever decides is told of what waits, and whoever proposed it of what became of it: each once."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from badges.models import Badge, Nomination
from badges.nominating import (
    approve_nomination,
    decline_nomination,
    nominate,
    propose_grant,
    withdraw_nomination,
)
from badges.nominations_told import deciders, to_decide
from boards.merging import merge_people
from notifications.actions import choose_mail, make_notices, stop_mails
from notifications.models import Delivery, Notice, NoticeKind
from notifications.tasks import sweep
from people.clock import now
from people.languages import choose_language
from people.models import Organization, Person, RoleAssignment
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
from tests.notifications.conftest import Give

GIVERS = (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR)
Nominate = Callable[[], Nomination]


def somebody(organization: Organization, name: str, **fields: object) -> Person:
    user = UserFactory(email=f"{name.split()[0].lower()}@riverside.example")
    return PersonFactory(organization=organization, name=name, user=user, **fields)


@pytest.fixture
def honour(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="kind", name="Kind Words", takes_nominations=True)


@pytest.fixture
def belt(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="belt", name="Black Belt", needs_two=True)


@pytest.fixture
def adam(organization: Organization) -> Person:
    """The other badge and user administrator."""
    adam = somebody(organization, "Adam Ash")
    for role in GIVERS:
        RoleAssignmentFactory(organization=organization, person=adam, role=role)
    return adam


@pytest.fixture
def nomination(honour: Badge, alice: Person, bob: Person, mary: Person) -> Nomination:
    """Bob nominates Mary, and Alice may decide."""
    with tenant(honour.organization):
        return nominate(badge=honour, nominee=mary, by=bob, reason="She taught us all.")


def told(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        return sorted(Notice.objects.values_list("kind", "recipient__name"))


def seen(client: Client) -> list[tuple[str, str, str]]:
    return [(one.headline, one.reason, one.asks) for one in client.get("/riverside/notices/").context["told"]]


def mails() -> list[tuple[str, str]]:
    return [(letter.to[0], letter.subject) for letter in mail.outbox]


def test_those_who_decide_are_told_once_and_can_act_on_it(
    committed_db: None, organization: Organization, nomination: Nomination, adam: Person, alice: Person
) -> None:
    sweep()
    with tenant(organization):
        Nomination.objects.update(to_tell=True)
    sweep()
    assert told(organization) == [("to_decide", "Adam Ash"), ("to_decide", "Alice Adams")]
    assert sorted(mails()) == [
        ("Adam Ash <adam@riverside.example>", "Bob Brown nominates Mary Moss for Kind Words"),
        ("Alice Adams <alice@riverside.example>", "Bob Brown nominates Mary Moss for Kind Words"),
    ]
    text = mail.outbox[0].body
    assert "“She taught us all.”" in text
    assert f"Approve or decline\nhttp://testserver{nomination.get_absolute_url()}\n" in text
    as_alice = logged_in(alice)
    assert seen(as_alice) == [
        ("Bob Brown nominates Mary Moss for Kind Words", "“She taught us all.”", "Decide")
    ]
    [link] = set(re.findall(r'href="(/riverside/notices/\d+/)"', as_alice.get("/riverside/notices/").text))
    assert as_alice.get(link).headers["Location"] == nomination.get_absolute_url()
    assert as_alice.get("/riverside/").context["unread_count"] == 0


def test_deciders_are_those_among_whose_nominations_it_is(
    organization: Organization, nomination: Nomination, alice: Person, adam: Person
) -> None:
    ward, other = LocationFactory(organization=organization), LocationFactory(organization=organization)
    bed = LocationFactory(organization=organization, parent=ward)
    places = {"Ida Here": (ward, ward), "Olga Other": (other, other), "Hans Half": (ward, other)}
    for name, (badges, people) in places.items():
        person, of = somebody(organization, name), {"organization": organization}
        RoleAssignmentFactory(**of, person=person, role=Role.BADGE_ADMINISTRATOR, location=badges)
        RoleAssignmentFactory(**of, person=person, role=Role.USER_ADMINISTRATOR, location=people)
    gone = somebody(organization, "Gwen Gone", left_on=now().date())
    RoleAssignmentFactory(organization=organization, person=gone, role=Role.OWNER)
    for place, expected in [
        (bed, ["Adam Ash", "Alice Adams", "Ida Here"]),
        (None, ["Adam Ash", "Alice Adams"]),
    ]:
        with tenant(organization):
            Person.objects.filter(pk=nomination.nominee_id).update(location=place)
            found = Nomination.objects.get()
            everybody = Person.objects.active().order_by("name")
            assert [person.name for person in deciders(found).order_by("name")] == expected
            assert [person.name for person in everybody if found in to_decide(person)] == expected


def test_whoever_nominated_reads_the_decision_and_its_reason(
    committed_db: None, organization: Organization, nomination: Nomination, as_alice: Client, as_bob: Client
) -> None:
    sweep()
    as_alice.post(nomination.get_absolute_url(), {"decision": "decline", "reason": "Not yet."})
    sweep()
    sweep()
    assert told(organization) == [("decided", "Bob Brown"), ("to_decide", "Alice Adams")]
    [(headline, reason, asks)] = seen(as_bob)
    assert (headline, asks) == ("Declined: Kind Words for Mary Moss", "")
    assert re.fullmatch(r"Alice Adams declined it on \d+ \w+ \d{4}: “Not yet.”", reason)
    assert mails()[1:] == [("Bob Brown <bob@riverside.example>", "Declined: Kind Words for Mary Moss")]
    assert reason in mail.outbox[1].body
    assert as_alice.get("/riverside/").context["unread_count"] == 0
    assert seen(as_alice) == [("Bob Brown nominates Mary Moss for Kind Words", reason, "")]


def test_a_proposal_of_one_of_two_administrators(
    committed_db: None, organization: Organization, belt: Badge, alice: Person, adam: Person, bob: Person
) -> None:
    with tenant(organization):
        proposal = propose_grant(badge=belt, person=bob, by=alice, reason="Passed the test.")
    sweep()
    assert mails() == [("Adam Ash <adam@riverside.example>", "Alice Adams proposes Black Belt for Bob Brown")]
    assert "given by two administrators" in mail.outbox[0].body
    with tenant(organization):
        approve_nomination(nomination=proposal, by=adam)
    sweep()
    assert told(organization) == [
        ("decided", "Alice Adams"),
        ("earned", "Bob Brown"),
        ("to_decide", "Adam Ash"),
    ]
    assert sorted(mails()[1:]) == [
        ("Alice Adams <alice@riverside.example>", "Approved: Black Belt for Bob Brown"),
        ("Bob Brown <bob@riverside.example>", "You earned Black Belt"),
    ]


def test_what_is_decided_before_anybody_was_told_asks_nobody(
    organization: Organization, nomination: Nomination, alice: Person
) -> None:
    with tenant(organization):
        decline_nomination(nomination=nomination, by=alice, reason="Not yet.")
    make_notices(organization=organization)
    assert told(organization) == [("decided", "Bob Brown")]


def test_what_is_withdrawn_is_told_to_nobody(organization: Organization, nomination: Nomination) -> None:
    with tenant(organization):
        withdraw_nomination(nomination=nomination)
    assert make_notices(organization=organization) == 1
    assert told(organization) == []


def test_nobody_is_mailed_to_decide_what_is_decided(
    committed_db: None, organization: Organization, nomination: Nomination, alice: Person, adam: Person
) -> None:
    make_notices(organization=organization)
    with tenant(organization):
        approve_nomination(nomination=nomination, by=adam)
        assert Notice.objects.filter(recipient=alice, read_at=None).count() == 1
    sweep()
    with tenant(organization):
        rows = Delivery.objects.filter(recipient__in=[alice, adam]).values_list("state", "last_error")
        assert set(rows) == {("withheld", "It was decided, or is no longer theirs to decide on.")}
        assert not Notice.objects.filter(recipient=alice, read_at=None).exists()


def test_whoever_may_not_decide_any_more_reads_nothing_of_it(
    committed_db: None, organization: Organization, nomination: Nomination, alice: Person, as_alice: Client
) -> None:
    make_notices(organization=organization)
    with tenant(organization):
        notice = Notice.objects.get()
        RoleAssignment.objects.filter(person=alice, role=Role.USER_ADMINISTRATOR).delete()
    assert seen(as_alice) == []
    assert as_alice.get("/riverside/").context["unread_count"] == 0
    assert as_alice.get(f"/riverside/notices/{notice.pk}/").status_code == 404
    sweep()
    assert mails() == []


def test_it_keeps_to_what_somebody_chose(
    committed_db: None, organization: Organization, nomination: Nomination, alice: Person
) -> None:
    with tenant(organization):
        stop_mails(person=alice, kinds=[NoticeKind.TO_DECIDE])
    sweep()
    assert (told(organization), mails()) == ([("to_decide", "Alice Adams")], [])


def test_a_mail_of_it_is_stopped_with_one_click(
    committed_db: None, organization: Organization, nomination: Nomination, alice: Person
) -> None:
    sweep()
    url = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    assert "nominations that you may decide on" in Client().get(url).text
    assert Client().post(url).status_code == 200
    with tenant(organization):
        nominate(badge=nomination.badge, nominee=nomination.nominee, by=alice_s_friend(alice), reason="Yes.")
    sweep()
    assert (len(told(organization)), len(mails())) == (2, 1)


def alice_s_friend(alice: Person) -> Person:
    return PersonFactory(organization=alice.organization, name="Finn Friend")


def test_in_the_language_of_its_reader(
    committed_db: None, organization: Organization, nomination: Nomination, alice: Person, as_alice: Client
) -> None:
    with tenant(organization):
        choose_language(person=alice, language="de")
    sweep()
    assert mails()[0][1] == "Bob Brown nominiert Mary Moss für Kind Words"
    assert "Genehmigen Sie es, oder lehnen Sie es ab" in mail.outbox[0].body
    assert seen(as_alice)[0][0] == "Bob Brown nominiert Mary Moss für Kind Words"


def test_all_sorts_make_one_mail(
    committed_db: None, organization: Organization, nomination: Nomination, give: Give, adam: Person
) -> None:
    give(adam, reason="For the hand-over card")
    sweep()
    [letter] = [letter for letter in mail.outbox if "adam@riverside.example" in letter.to[0]]
    assert letter.subject == "2 notices: Coach and Kind Words"
    body = letter.body
    assert body.startswith("What is new for you, Adam\n\n* You earned Coach\n")
    assert "* Bob Brown nominates Mary Moss for Kind Words\n“She taught us all.”\n" in body
    assert "You get this because of badges, nominations and work that concern you." in body


def test_the_outcome_follows_whose_record_was_merged(
    organization: Organization, nomination: Nomination, alice: Person, bob: Person
) -> None:
    kept = somebody(organization, "Robert Brown")
    with tenant(organization):
        decline_nomination(nomination=nomination, by=alice, reason="Not yet.")
        merge_people(kept=kept, merged=bob, by=alice)
    make_notices(organization=organization)
    assert told(organization) == [("decided", "Robert Brown")]
    client = logged_in(kept)
    with tenant(organization):
        notice = Notice.objects.get()
    assert client.get(f"/riverside/notices/{notice.pk}/", follow=True).status_code == 200


def test_the_database_wants_one_cause_of_each_notice(
    organization: Organization, nomination: Nomination, give: Give, bob: Person
) -> None:
    award = give(bob)
    make_notices(organization=organization)
    with tenant(organization):
        asked = Notice.objects.get(kind=NoticeKind.TO_DECIDE)
        for change in ({"award": award}, {"nomination": None}, {"kind": "earned"}, {"kind": "commented"}):
            with pytest.raises(IntegrityError, match="notice_cause"), transaction.atomic():
                Notice.objects.filter(pk=asked.pk).update(**change)
        asked.pk = None
        with pytest.raises(IntegrityError, match="nomination_told_once"), transaction.atomic():
            asked.save()


# --- pages


def test_the_profile_leads_to_what_waits(
    nomination: Nomination,
    as_alice: Client,
    as_bob: Client,
    as_mary: Client,
    as_charlie: Client,
    adam: Person,
) -> None:
    profile, link = nomination.nominee.get_absolute_url(), f'href="{nomination.get_absolute_url()}"'
    shown = [link in client.get(profile).text for client in (as_alice, as_bob, as_mary)]
    assert shown == [True, True, False]
    with tenant(nomination.organization):
        decline_nomination(nomination=nomination, by=adam, reason="Not yet.")
    assert link not in as_alice.get(profile).text


def test_what_is_proposed_and_what_was_proposed_already_is_linked(
    honour: Badge, belt: Badge, mary: Person, as_bob: Client, as_alice: Client
) -> None:
    said = {"colleague": "Mary Moss", "badge": "kind", "reason": "<b>Yes</b>"}
    page = as_bob.post("/riverside/nominations/new/", said, follow=True).text
    with tenant(honour.organization):
        link = f'<a href="{Nomination.objects.get().get_absolute_url()}">See the nomination</a>'
    assert f"Mary Moss is nominated for Kind Words. {link}" in page
    again = as_bob.post("/riverside/nominations/new/", said)
    assert again.status_code == 422
    assert f"it waits for a decision. {link}" in again.text
    given = {
        "badge": "belt",
        "reason": "Passed.",
        "given_on": timezone.localdate(now(), mary.organization.time_zone),
    }
    give = f"{mary.get_absolute_url()}give/"
    page = as_alice.post(give, given, follow=True).text
    assert re.search(r"has to approve it\. <a href=\"/riverside/nominations/\d+/\">", page)


def test_one_chooses_only_what_can_reach_one(as_bob: Client, as_alice: Client, bob: Person) -> None:
    asked = ["to_decide", "to_verify"]
    for client, shown in ((as_bob, []), (as_alice, ["to_decide"])):
        page = client.get("/riverside/notices/mail/")
        assert [kind for kind in asked if kind in page.context["form"].fields] == shown
    with tenant(bob.organization):
        choose_mail(
            person=bob, rhythms={"decided": "daily"}, digest_hour=8, quiet_from=None, quiet_until=None
        )
    assert as_bob.get("/riverside/notices/mail/").context["form"].initial["decided"] == "daily"
