"""An organization's own words: what is filled in, and that nothing in them can run."""

import os
from datetime import timedelta
from importlib import import_module

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from badges.actions import grant_by_hand, revoke_award
from badges.models import Badge
from notifications.actions import make_notices, save_text
from notifications.models import NoticeText
from notifications.reminding import remind
from notifications.tasks import sweep
from notifications.texts import OWN_WORDS, PLACEHOLDERS, filled, trouble
from people import clock
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from rules.evaluation import end_and_start_due, evaluate_pending
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give
from tests.notifications.sink import Sink

LIST = "/riverside/notices/texts/"
PAGE = "/riverside/notices/texts/earned/"
WORDS = {"subject": "Hooray: {badge}", "body": "Dear {name}\n\n{reason}\nLine two\n\nYours, {organization}"}


def put(
    organization: Organization, by: Person, kind: str = "earned", badge: Badge | None = None, **said: str
):
    with tenant(organization):
        return save_text(organization=organization, kind=kind, badge=badge, by=by, **{**WORDS, **said})


def stored(organization: Organization) -> list[tuple[str, str | None, str]]:
    with tenant(organization):
        return list(NoticeText.objects.order_by("id").values_list("kind", "badge__name", "subject"))


# --- placeholders


@pytest.mark.parametrize("kind", PLACEHOLDERS)
def test_lapel_s_own_words_are_sound(kind: str) -> None:
    assert [trouble(text, kind) for text in OWN_WORDS[kind]] == ["", ""]


@pytest.mark.parametrize(
    "text",
    [
        "{nmae}",
        "{name.__class__}",
        "{0}",
        "{}",
        "{name!r}",
        "{name:>10000000000}",
        "{{ name }}",
        "{% load static %}",
        "{ name }",
        "${name",
        "name}",
        "{days}",
    ],
)
def test_what_is_no_placeholder_is_refused(text: str) -> None:
    assert trouble(text, "earned") != ""


@given(st.text(), st.dictionaries(st.sampled_from(["name", "badge"]), st.text()))
def test_any_text_can_be_filled_in_and_nothing_is_looked_at_twice(text: str, values: dict[str, str]) -> None:
    hostile = {name: f"{{badge}}{value}" for name, value in values.items()}
    result = filled(text, hostile)
    assert result.count("{badge}") >= (text.count("{name}") if "name" in hostile else 0)
    assert filled("{name}", {"name": "{badge}", "badge": "x"}) == "{badge}"


# --- in mails


def test_a_mail_says_it_in_the_organization_s_words(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    put(organization, alice)
    award = give(bob)
    sweep()
    letter = mail.outbox[0]
    assert letter.subject == "Hooray: Coach"
    day = f"{timezone.localtime(clock.now(), organization.time_zone):%-d %B %Y}"
    assert letter.body.splitlines()[:10] == [
        "Dear Bob Brown",
        "",
        f"Alice Adams gave it to you on {day}: “For the hand-over card”",
        "Line two",
        "",
        "Yours, Riverside Health",
        "",
        "See the badge",
        f"http://testserver/riverside/awards/{award.pk}/",
        "",
    ]
    assert "hand-over card”<br>Line two</p>" in letter.alternatives[0].content


def test_a_badge_s_own_words_come_first(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person, badge: Badge
) -> None:
    put(organization, alice)
    put(organization, alice, badge=badge, subject="Coach only")
    put(organization, alice, kind="ended", badge=badge, subject="Not this one")
    give(bob)
    sweep()
    give(bob, badge=BadgeFactory(organization=organization, name="Safety"))
    sweep()
    assert [letter.subject for letter in mail.outbox] == ["Coach only", "Hooray: Safety"]


def test_several_badges_each_say_it_in_their_words(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person, badge: Badge
) -> None:
    put(organization, alice, badge=badge, body="Only {badge}.\n\nReally.")
    give(bob)
    give(bob, badge=BadgeFactory(organization=organization, name="Safety"))
    sweep()
    lines = mail.outbox[0].body.splitlines()
    assert lines[2:5] == ["* Hooray: Coach", "Only Coach.", "Really."]
    assert "* You earned Safety" in lines


@pytest.mark.parametrize("own", [True, False])
def test_managers_have_words_of_their_own(
    committed_db: None,
    organization: Organization,
    alice: Person,
    bob: Person,
    mary: Person,
    give: Give,
    own: bool,
) -> None:
    """Lapel's, as long as nobody wrote any; the holder's words never reach them."""
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(manager=mary)
    badge = BadgeFactory(organization=organization, ends_after="8 days", name="Fire", tells_on_grant=False)
    put(
        organization,
        alice,
        kind="ends_soon",
        subject="{badge}: {days} days left",
        body="On {ends_on}. {keep}",
    )
    if own:
        put(organization, alice, kind="team_ends_soon", subject="{person}: {days} days", body="Dear {name}")
    give(bob, badge=badge)
    with clock.telling(clock.now() + timedelta(days=2)):
        remind(organization=organization)
        sweep()
    letters = {letter.to[0].split(" ")[0]: letter for letter in mail.outbox}
    assert letters["Bob"].subject == "Fire: 6 days left"
    told = letters["Mary"]
    if own:
        assert told.subject == "Bob Brown: 6 days"
        assert told.body.startswith("Dear Mary")
    else:
        assert told.subject.startswith("Fire of Bob Brown ends on ")
    assert "because a badge of somebody in your team is about to end" in told.body


def test_what_ended_and_what_was_taken_back_are_told_apart(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person, mary: Person
) -> None:
    put(organization, alice, kind="ended", subject="Over: {badge}", body="On {ends_on}.")
    put(organization, alice, kind="taken_back", subject="Taken: {badge}", body="{reason}")
    badge = BadgeFactory(organization=organization, name="Fire", ends_after="8 days", tells_on_grant=False)
    give(bob, badge=badge)
    taken = give(mary, badge=badge)
    with tenant(organization):
        revoke_award(award=taken, by=alice, reason="Wrong Mary")
    with clock.telling(clock.now() + timedelta(days=9)):
        evaluate_pending(organization=organization)
        end_and_start_due(organization=organization)
        sweep()
    assert {letter.to[0].split(" ")[0]: letter.subject for letter in mail.outbox} == {
        "Bob": "Over: Fire",
        "Mary": "Taken: Fire",
    }
    (told,) = (letter for letter in mail.outbox if letter.to[0].startswith("Mary"))
    assert told.body.startswith("Alice Adams took it back on ")
    assert "“Wrong Mary”" in told.body


PARTED = import_module("notifications.migrations.0016_texts_of_endings").PART


def test_a_text_for_both_endings_becomes_one_for_each(
    committed_db: None, organization: Organization, alice: Person, charlie: Person, badge: Badge
) -> None:
    put(organization, alice, kind="ended", badge=badge, language="de", subject="Both of Coach")
    put(organization, alice, kind="earned")
    put(charlie.organization, charlie, kind="ended", subject="Both at Halden")
    known = "ALTER TABLE notifications_noticetext {} CONSTRAINT notice_text_kind_known"
    with psycopg.connect(os.environ["SUPERUSER_DATABASE_URL"]) as database:
        database.execute(known.format("DROP"))
        database.execute("UPDATE notifications_noticetext SET kind = 'lost' WHERE kind = 'ended'")
        database.execute(PARTED)
        rows = database.execute("SELECT kind, badge_id, language, subject FROM notifications_noticetext")
        found = {*rows.fetchall()}
        database.rollback()
    assert found == {
        ("earned", None, "", "Hooray: {badge}"),
        ("ended", None, "", "Both at Halden"),
        ("ended", badge.pk, "de", "Both of Coach"),
        ("taken_back", None, "", "Both at Halden"),
        ("taken_back", badge.pk, "de", "Both of Coach"),
    }


HOSTILE = ["{{ 7|add:7 }}", "{% include 'x' %}", "<script>alert(1)</script>", "{name.__class__}"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_was_stored_runs(
    committed_db: None, organization: Organization, alice: Person, give: Give, hostile: str
) -> None:
    """Not even past the form, and not from the names that are filled in."""
    put(organization, alice, subject=hostile, body=f"{hostile} {{name}}")
    give(PersonFactory(organization=organization, name=hostile))
    sweep()
    letter = mail.outbox[0]
    assert (letter.subject, letter.body.splitlines()[0]) == (hostile, f"{hostile} {hostile}")
    html = letter.alternatives[0].content
    assert (html.count("<script"), html.count("14 "), html.count("class &#x27;")) == (0, 0, 0)


def test_line_breaks_do_not_reach_the_subject(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    put(organization, alice, subject="Hi\r\nBcc: all@evil.example")
    give(bob)
    sweep()
    assert mail.outbox[0].subject == "Hi Bcc: all@evil.example"
    assert mail.outbox[0].recipients() == ["Bob Brown <bob@riverside.example>"]


# --- the pages


def test_a_text_is_saved_and_shown_again(as_alice: Client, organization: Organization, alice: Person) -> None:
    for _ in range(2):
        assert as_alice.post(PAGE, WORDS).headers["Location"] == PAGE
    assert stored(organization) == [("earned", None, "Hooray: {badge}")]
    form = as_alice.get(PAGE).context["form"]
    assert (form["subject"].value(), form["body"].value()) == (WORDS["subject"], WORDS["body"])
    assert "Hooray: {badge}" in as_alice.get(LIST).content.decode()
    with tenant(organization):
        entries = list(AuditEntry.objects.filter(action="notice_text.saved").values_list("actor", "details"))
    assert entries[0] == (alice.pk, {"says": [WORDS["subject"], WORDS["body"], ""]})


def test_a_badge_starts_from_the_words_of_all(
    as_alice: Client, organization: Organization, alice: Person, badge: Badge
) -> None:
    assert as_alice.get(PAGE).context["form"]["subject"].value() == "You earned {badge}"
    put(organization, alice)
    page = f"{PAGE}?badge=coach"
    assert as_alice.get(page).context["form"]["subject"].value() == "Hooray: {badge}"
    as_alice.post(page, {**WORDS, "subject": "Coach!"})
    assert stored(organization) == [("earned", None, "Hooray: {badge}"), ("earned", "Coach", "Coach!")]


def test_it_can_be_given_up_again(
    as_alice: Client, organization: Organization, alice: Person, badge: Badge
) -> None:
    text = put(organization, alice, badge=badge)
    assert as_alice.post(f"{PAGE}?badge=coach", {"remove": "1"}).headers["Location"] == LIST
    assert as_alice.post(f"{PAGE}?badge=coach", {"remove": "1"}).headers["Location"] == LIST
    assert stored(organization) == []
    with tenant(organization):
        assert AuditEntry.objects.get(action="notice_text.removed").subject == str(text)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"subject": "{nmae}"}, "subject", "Lapel does not know {nmae}. Use one of {name}, {first_name}"),
        ({"body": "{{x}}"}, "body", "Lapel does not know {x}."),
        ({"body": "a } b"}, "body", "A curly bracket stands alone."),
        ({"subject": ""}, "subject", "Please fill this in."),
        ({"subject": "x" * 151}, "subject", "This has 151 characters. Write at most 150."),
        ({"body": "x" * 4001}, "body", "This has 4001 characters. Write at most 4000."),
        ({"subject": "a\x00"}, "subject", "Please take out the invisible or control characters."),
        ({"body": "a\u202eb"}, "body", "Please take out the invisible or control characters."),
        ({"award": "9" * 40}, "award", "“999999999"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    as_alice: Client, organization: Organization, change: dict[str, str], field: str, says: str
) -> None:
    for button in ({}, {"preview": "1"}, {"test": "1"}):
        answer = as_alice.post(PAGE, {**WORDS, **change, **button})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
        assert answer.context["form"].errors[field][0].startswith(says)
    assert stored(organization) == []


def test_it_is_shown_as_a_real_person_would_get_it_and_not_saved(
    as_alice: Client, organization: Organization, give: Give, bob: Person, mary: Person
) -> None:
    awards = [give(person) for person in (bob, mary)]
    page = as_alice.post(PAGE, {**WORDS, "award": str(awards[0].pk), "preview": "1"})
    assert page.context["shown"].subject == "Hooray: Coach"
    assert page.context["shown"].body.startswith("Dear Bob Brown\n")
    assert "Stop mails like this" not in page.content.decode()
    assert stored(organization) == []
    assert as_alice.get(PAGE).context["shown"].body.startswith("Well done, Mary\n")


@pytest.mark.parametrize(
    ("kind", "hello", "subject"),
    [
        ("ended", "Hello Carl\n", "Fire has ended"),
        ("taken_back", "Hello Mary\n", "Fire was taken back"),
        ("ends_soon", "Hello Bob\n", "Fire ends on "),
        ("team_ends_soon", "Hello Mary\n", "Fire of Bob Brown ends on "),
    ],
)
def test_each_sort_is_shown_of_an_award_that_fits(
    as_alice: Client,
    alice: Person,
    organization: Organization,
    give: Give,
    bob: Person,
    mary: Person,
    kind: str,
    hello: str,
    subject: str,
) -> None:
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(manager=mary)
    badge = BadgeFactory(organization=organization, name="Fire", ends_after="8 days")
    with clock.telling(clock.now() - timedelta(days=9)):
        give(PersonFactory(organization=organization, name="Carl Cole"), badge=badge)
    evaluate_pending(organization=organization)
    end_and_start_due(organization=organization)
    give(bob, badge=badge)
    over = give(mary, badge=badge)
    with tenant(organization):
        revoke_award(award=over, by=alice, reason="Wrong Mary")
    shown = as_alice.get(f"/riverside/notices/texts/{kind}/").context["shown"]
    assert shown.body.startswith(hello)
    assert shown.subject.startswith(subject)


def test_the_manager_s_words_are_tried_out(
    committed_db: None, as_alice: Client, organization: Organization, give: Give, bob: Person, mary: Person
) -> None:
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(manager=mary)
    badge = BadgeFactory(organization=organization, name="Fire", ends_after="1 year", tells_on_grant=False)
    award = give(bob, badge=badge)
    words = {"subject": "{badge} of {person}", "body": "Dear {first_name}", "award": str(award.pk)}
    as_alice.post(f"{LIST}team_ends_soon/", {**words, "test": "1"})
    sweep()
    (letter,) = mail.outbox
    assert (letter.subject, letter.to) == (
        "Test: Fire of Bob Brown",
        ["Alice Adams <alice@riverside.example>"],
    )
    assert letter.body.startswith("Dear Mary\n")


def test_a_test_mail_goes_to_oneself_and_can_stop_nobody_s_mail(
    committed_db: None, as_alice: Client, alice: Person, organization: Organization, give: Give, bob: Person
) -> None:
    award = give(bob)
    make_notices(organization=organization)
    answer = as_alice.post(PAGE, {**WORDS, "award": str(award.pk), "test": "1"}, follow=True)
    assert "A test mail is on its way to alice@riverside.example." in answer.content.decode()
    assert "Waiting" in as_alice.get(PAGE).content.decode()
    sweep()
    (letter,) = (letter for letter in mail.outbox if letter.to[0].startswith("Alice"))
    assert (letter.subject, letter.to) == ("Test: Hooray: Coach", ["Alice Adams <alice@riverside.example>"])
    assert letter.body.startswith("Dear Bob Brown\n")
    assert "List-Unsubscribe" not in letter.extra_headers
    page = as_alice.get(PAGE).content.decode()
    assert "Your last test, “Hooray: {badge}”" in page
    assert "A test of “Hooray: {badge}”" in as_alice.get("/riverside/deliveries/?show=sent").content.decode()


def test_a_test_mail_that_fails_says_so(
    committed_db: None, as_alice: Client, alice: Person, give: Give, bob: Person, sink: Sink
) -> None:
    award = give(bob)
    sweep()
    as_alice.post(PAGE, {**WORDS, "award": str(award.pk), "test": "1"})
    sink.plans.append({"RCPT": "550 no such user"})
    sweep()
    page = as_alice.get(PAGE).content.decode()
    assert "Given up" in page
    assert "550 no such user" in page
    assert "A test of “Hooray: {badge}”" in as_alice.get("/riverside/deliveries/").content.decode()


def test_nothing_joins_a_test(
    committed_db: None, as_alice: Client, alice: Person, organization: Organization, give: Give, bob: Person
) -> None:
    award = give(bob)
    as_alice.post(PAGE, {**WORDS, "award": str(award.pk), "test": "1"})
    with tenant(organization):
        safety = BadgeFactory(organization=organization, name="Safety")
        grant_by_hand(badge=safety, person=alice, by=bob, reason="Well done")
    sweep()
    assert sorted(letter.subject for letter in mail.outbox) == [
        "Hooray: Coach",
        "Hooray: Safety",
        "Test: Hooray: Coach",
    ]


def test_without_an_award_there_is_nothing_to_show(as_alice: Client) -> None:
    page = as_alice.get(PAGE)
    assert page.context["shown"] is None
    assert "there is nothing to show" in page.content.decode()
    answer = as_alice.post(PAGE, {**WORDS, "test": "1"}, follow=True)
    assert "nobody has such a badge yet" in answer.content.decode()


def test_only_badge_administrators_come_here(as_bob: Client, as_mary: Client, as_charlie: Client) -> None:
    for client, status in ((as_bob, 403), (as_mary, 403), (as_charlie, 404)):
        for address in (LIST, PAGE, f"{LIST}new/?kind=earned&badge=coach"):
            assert client.get(address).status_code == status
        assert client.post(PAGE, WORDS).status_code == status


@pytest.mark.parametrize(
    "address", [f"{LIST}x/", f"{LIST}earned%00/", f"{PAGE}?badge=nosuch", f"{PAGE}?badge=%00x"]
)
def test_odd_addresses_find_nothing(as_alice: Client, address: str) -> None:
    assert as_alice.get(address).status_code == 404


def test_the_choice_of_a_badge_leads_to_its_text(as_alice: Client, badge: Badge) -> None:
    answer = as_alice.get(f"{LIST}new/?kind=ended&badge=coach")
    assert answer.headers["Location"] == f"{LIST}ended/?badge=coach"
    for odd in (
        "",
        "?kind=x&badge=coach",
        "?kind=ended&badge=%00",
        "?kind=lost&badge=coach",
        "?kind=ended&badge=https://evil.example",
    ):
        assert as_alice.get(f"{LIST}new/{odd}").headers["Location"] == LIST


def test_another_organization_s_words_are_not_used(
    committed_db: None, organization: Organization, charlie: Person, give: Give, bob: Person
) -> None:
    put(charlie.organization, charlie)
    give(bob)
    sweep()
    assert [letter.subject for letter in mail.outbox] == ["You earned Coach"]


def test_the_pages_ask_as_often_for_many(
    as_alice: Client, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_alice.get(address).status_code == 200
        return len(queries)

    def add() -> None:
        badge = BadgeFactory(organization=organization)
        put(organization, alice, badge=badge)
        give(PersonFactory(organization=organization), badge=badge)

    add()
    few = [asked(address) for address in (LIST, PAGE)]
    for _ in range(3):
        add()
    assert [asked(address) for address in (LIST, PAGE)] == few
    assert max(few) < 30
