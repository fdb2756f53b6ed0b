"""Mail as people want it: at once, once a day or never, and not at night; stopped with one click."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client

from badges.actions import revoke_award
from badges.models import Award, Badge, BadgeKind
from notifications.actions import choose_mail, make_notices, stop_mails
from notifications.delivering import deliver_due
from notifications.models import Delivery, MailHours, Notice, NoticeKind, Preference
from notifications.reminding import remind
from notifications.tasks import sweep
from people import clock
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory
from tests.notifications.conftest import Give

NOON = datetime(2026, 6, 1, 16, tzinfo=UTC)  # in New York
NIGHT = datetime(2026, 6, 2, 3, tzinfo=UTC)  # 23:00
Chooses = Callable[..., None]


@pytest.fixture
def chooses(organization: Organization, bob: Person) -> Chooses:
    """Bob chooses."""

    def chooses(
        quiet: tuple[int, int] | tuple[None, None] = (None, None), zone: str = "", **rhythms: str
    ) -> None:
        hours = {"digest_hour": 8, "quiet_from": quiet[0], "quiet_until": quiet[1], "zone": zone}
        with tenant(organization):
            choose_mail(person=bob, rhythms=rhythms, **hours)

    return chooses


def sweep_at(instant: datetime) -> list[str]:
    """All subjects that have gone out after the sweep at that instant."""
    with clock.telling(instant):
        sweep()
    return [letter.subject for letter in mail.outbox]


def given_at(instant: datetime, give: Give, person: Person, badge: Badge) -> Award:
    with clock.telling(instant):
        return give(person, badge=badge)


# --- the rhythm


def test_never_means_no_mail_and_lapel_shows_it_all_the_same(
    committed_db: None, organization: Organization, give: Give, bob: Person, chooses: Chooses
) -> None:
    chooses(earned="never")
    award = give(bob)
    with tenant(organization):
        revoke_award(award=award, by=award.given_by, reason="Wrong Bob")
    sweep()
    assert [letter.subject for letter in mail.outbox] == ["Coach was taken back"]
    with tenant(organization):
        assert list(Notice.objects.order_by("id").values_list("kind", flat=True)) == ["earned", "lost"]


def test_what_waits_is_not_sent_to_who_says_never_meanwhile(
    committed_db: None, organization: Organization, give: Give, bob: Person, chooses: Chooses
) -> None:
    give(bob)
    make_notices(organization=organization)
    chooses(earned="never")
    assert deliver_due(organization=organization) == 0
    with tenant(organization):
        row = Delivery.objects.values_list("state", "last_error").get()
    assert row == ("withheld", "They do not want mail of this sort any more.")


def test_a_day_s_news_are_one_mail_at_its_hour(
    committed_db: None, organization: Organization, give: Give, bob: Person, chooses: Chooses
) -> None:
    """Over the night in which New York sets its clocks: Saturday's badges come on Sunday at 8, EDT."""
    chooses(earned="daily")
    saturday = datetime(2026, 3, 7, 15, tzinfo=UTC)
    for hours, name in enumerate(("Coach", "Safety")):
        at = saturday + timedelta(hours=hours)
        given_at(at, give, bob, BadgeFactory(organization=organization, name=name))
        assert sweep_at(at) == []
    digest = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert sweep_at(digest - timedelta(seconds=1)) == []
    assert sweep_at(digest) == ["You earned 2 badges: Coach and Safety"]
    assert sweep_at(digest + timedelta(days=1)) == ["You earned 2 badges: Coach and Safety"]


def test_what_is_wanted_at_once_does_not_wait_for_the_digest(
    committed_db: None, organization: Organization, give: Give, bob: Person, badge: Badge, chooses: Chooses
) -> None:
    chooses(earned="daily", lost="at_once")
    given_at(NOON, give, bob, badge)
    sweep_at(NOON)
    with tenant(organization), clock.telling(NOON):
        award = Award.objects.get()
        revoke_award(award=award, by=award.given_by, reason="Wrong Bob")
    assert sweep_at(NOON) == ["Coach was taken back"]
    assert sweep_at(NOON + timedelta(days=1)) == ["Coach was taken back"]


# --- quiet hours


def test_mail_waits_for_the_end_of_quiet_hours(
    committed_db: None, organization: Organization, give: Give, bob: Person, chooses: Chooses
) -> None:
    chooses(quiet=(22, 6))
    for name in ("Coach", "Safety"):
        given_at(NIGHT, give, bob, BadgeFactory(organization=organization, name=name))
        assert sweep_at(NIGHT) == []
    morning = datetime(2026, 6, 2, 10, tzinfo=UTC)
    assert sweep_at(morning - timedelta(seconds=1)) == []
    assert sweep_at(morning) == ["You earned 2 badges: Coach and Safety"]


@pytest.mark.parametrize(
    ("zone", "morning"), [("Europe/Berlin", 4), ("Asia/Tokyo", 3), ("America/Los_Angeles", 3)]
)
def test_hours_are_those_of_one_s_own_zone(
    committed_db: None, give: Give, bob: Person, badge: Badge, chooses: Chooses, zone: str, morning: int
) -> None:
    """At three in the morning, UTC, it is five in Berlin, noon in Tokyo and eight in the evening in Los Angeles."""
    chooses(quiet=(22, 6), zone=zone)
    given_at(NIGHT, give, bob, badge)
    assert sweep_at(NIGHT) == ([] if morning > 3 else ["You earned Coach"])
    assert sweep_at(NIGHT.replace(hour=morning)) == ["You earned Coach"]


def test_mail_that_was_late_does_not_come_at_night_either(
    committed_db: None, organization: Organization, give: Give, bob: Person, badge: Badge, chooses: Chooses
) -> None:
    """Queued at noon, and nobody sent it until eleven."""
    chooses(quiet=(22, 6))
    given_at(NOON, give, bob, badge)
    with clock.telling(NOON):
        make_notices(organization=organization)
    assert sweep_at(NIGHT) == []
    with tenant(organization):
        assert Delivery.objects.values_list("state", "attempts").get() == ("queued", 0)
    assert sweep_at(datetime(2026, 6, 2, 10, tzinfo=UTC)) == ["You earned Coach"]


# --- what nobody can refuse


@pytest.mark.parametrize(("kind", "mails"), [(BadgeKind.TRAINING, 1), (BadgeKind.HABIT, 0)])
def test_trainings_about_to_end_are_mailed_in_any_case(
    committed_db: None,
    organization: Organization,
    give: Give,
    bob: Person,
    chooses: Chooses,
    kind: str,
    mails: int,
) -> None:
    badge = BadgeFactory(organization=organization, kind=kind, ends_after="10 days", name="Fire safety")
    given_at(NOON, give, bob, badge)
    sweep_at(NOON)
    chooses(ends_soon="never")
    with clock.telling(NOON + timedelta(days=4)):
        remind(organization=organization)
    sweep_at(NOON + timedelta(days=4))
    assert len(mail.outbox) == 1 + mails
    if mails:
        assert "List-Unsubscribe" not in mail.outbox[1].extra_headers
        assert "Stop mails like this" not in mail.outbox[1].body


# --- the page


CHOICE = {
    "earned": "daily",
    "lost": "never",
    "ends_soon": "at_once",
    "decided": "daily",
    "verified": "at_once",
    "named": "never",
    "commented": "daily",
    "outcome": "at_once",
    "praised": "never",
    "zone": "Europe/Berlin",
    "digest_hour": "7",
    "quiet_from": "21",
    "quiet_until": "6",
}
PAGE = "/riverside/notices/mail/"


def chosen(person: Person) -> tuple[list, list]:
    with tenant(person.organization):
        rhythms = Preference.objects.filter(person=person).order_by("kind").values_list("kind", "rhythm")
        hours = MailHours.objects.filter(person=person)
        return list(rhythms), list(hours.values_list("zone", "digest_hour", "quiet_from", "quiet_until"))


def test_the_choice_is_kept_and_shown_again(as_bob: Client, bob: Person, mary: Person) -> None:
    for _ in range(2):
        assert as_bob.post(PAGE, CHOICE).headers["Location"] == PAGE
    everything = (
        sorted((kind, CHOICE[kind]) for kind in NoticeKind.values if kind in CHOICE),
        [("Europe/Berlin", 7, 21, 6)],
    )
    assert chosen(bob) == everything
    assert chosen(mary) == ([], [])
    form = as_bob.get(PAGE).context["form"]
    assert {name: str(form[name].value()) for name in CHOICE} == CHOICE


def test_whoever_chose_nothing_sees_what_happens_then(as_bob: Client) -> None:
    form = as_bob.get(PAGE).context["form"]
    assert [form[name].value() for name in ("earned", "lost", "ends_soon")] == ["at_once"] * 3
    assert (form["digest_hour"].value(), form["quiet_from"].value()) == (8, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"earned": "hourly"}, "earned"),
        ({"earned": "\x00"}, "earned"),
        ({"lost": ""}, "lost"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "localtime"}, "zone"),
        ({"digest_hour": "24"}, "digest_hour"),
        ({"digest_hour": "9" * 400}, "digest_hour"),
        ({"quiet_until": ""}, "quiet_until"),
        ({"quiet_from": ""}, "quiet_from"),
        ({"quiet_until": "21"}, "quiet_until"),
    ],
)
def test_odd_choices_are_refused_beside_their_field(
    as_bob: Client, bob: Person, change: dict[str, str], field: str
) -> None:
    answer = as_bob.post(PAGE, {**CHOICE, **change})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert chosen(bob) == ([], [])


def test_an_empty_post_is_no_choice(as_bob: Client) -> None:
    assert as_bob.post(PAGE, {}).status_code == 422


# --- one click


@pytest.fixture
def stop(committed_db: None, organization: Organization, give: Give, bob: Person) -> str:
    """The path in the header of Bob's mail."""
    give(bob)
    sweep()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")


def test_the_header_can_be_read_as_it_was_written(stop: str) -> None:
    raw = mail.outbox[0].message().as_bytes().decode()
    assert f"List-Unsubscribe: <http://testserver{stop}>\n" in raw.replace("\r\n", "\n")


def test_following_the_link_changes_nothing(stop: str, bob: Person, client: Client) -> None:
    for method in (client.get, client.head, client.get):
        assert method(stop).status_code == 200
    assert client.options(stop).status_code == 405
    assert b"Stop these mails?" in client.get(stop).content
    assert chosen(bob) == ([], [])


def test_one_click_stops_mails_of_that_sort_without_a_login(stop: str, bob: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = strict.post(stop, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, b"No more of these mails" in answer.content) == (200, True)
    assert chosen(bob) == ([("earned", "never")], [])
    with tenant(bob.organization):
        entries = AuditEntry.objects.filter(action="mail.stopped").values_list("actor", "details")
        assert list(entries) == [(bob.pk, {"kinds": ["earned"]})] * 2


def test_it_keeps_working_for_who_is_somebody_else(stop: str, bob: Person, mary: Person) -> None:
    """The token says whose mail it is, not the login."""
    logged_in(mary).post(stop)
    assert (chosen(bob)[0], chosen(mary)[0]) == ([("earned", "never")], [])


@pytest.mark.parametrize(
    "change", [lambda s: s[:-2] + "x/", lambda s: s.replace("-e:", "-els:"), lambda s: "x/"]
)
def test_a_token_of_somebody_s_own_making_stops_nothing(
    stop: str, bob: Person, client: Client, change: Callable[[str], str]
) -> None:
    head, _, token = stop.rstrip("/").rpartition("/")
    forged = f"{head}/{change(token + '/')}"
    assert forged != stop
    assert (client.get(forged).status_code, client.post(forged).status_code) == (404, 404)
    assert chosen(bob) == ([], [])


def test_the_page_names_no_person(stop: str, client: Client) -> None:
    page = client.get(stop).content.decode()
    assert ("Bob" in page, "bob@" in page, "Riverside Health" in page) == (False, False, True)
    assert "no-store" in client.get(stop).headers["Cache-Control"]


def test_stopping_leaves_the_hours(organization: Organization, bob: Person, chooses: Chooses) -> None:
    chooses(quiet=(22, 6), earned="daily")
    with tenant(organization):
        stop_mails(person=bob, kinds=["earned"])
    assert chosen(bob) == ([("earned", "never")], [("", 8, 22, 6)])
