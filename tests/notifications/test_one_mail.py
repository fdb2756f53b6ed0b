"""One mail a person, however many badges there are to tell of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event, Timer

import pytest
from django.core import mail
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.actions import revoke_award
from badges.models import Award, Badge, Emblem, EmblemImage
from notifications.actions import make_notices
from notifications.delivering import claim_delivery, deliver_due
from notifications.messages import MOST_TOLD, Letter
from notifications.models import Delivery, Notice
from notifications.tasks import sweep
from people import clock
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give
from tests.notifications.sink import Sink

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def three(committed_db: None, organization: Organization, give: Give, bob: Person) -> list[Award]:
    """Bob earns three badges at once."""
    badges = [
        BadgeFactory(organization=organization, name=name, description=f"{name} it is.")
        for name in ("Coach", "Safety", "<b>Five</b>")
    ]
    return [give(bob, badge=badge, reason=f"Reason {n}") for n, badge in enumerate(badges, 1)]


def deliveries(organization: Organization) -> list[tuple[str, int]]:
    with tenant(organization):
        rows = Delivery.objects.order_by("id").prefetch_related("notices")
        return [(row.address, len(row.notices.all())) for row in rows]


def test_three_badges_make_one_mail_that_names_all(organization: Organization, three: list[Award]) -> None:
    sweep()
    sweep()
    assert deliveries(organization) == [("bob@riverside.example", 3)]
    assert [letter.subject for letter in mail.outbox] == [
        "You earned 3 badges: Coach, Safety and <b>Five</b>"
    ]
    day = f"{timezone.localtime(clock.now(), organization.time_zone):%-d %B %Y}"
    base = "http://testserver/riverside"
    stop = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    assert mail.outbox[0].body.splitlines() == [
        "Well done, Bob",
        "",
        "* You earned Coach",
        f"Alice Adams gave it to you on {day}: “Reason 1”",
        "It does not end by itself.",
        f"{base}/awards/{three[0].pk}/",
        "",
        "* You earned Safety",
        f"Alice Adams gave it to you on {day}: “Reason 2”",
        "It does not end by itself.",
        f"{base}/awards/{three[1].pk}/",
        "",
        "* You earned <b>Five</b>",
        f"Alice Adams gave it to you on {day}: “Reason 3”",
        "It does not end by itself.",
        f"{base}/awards/{three[2].pk}/",
        "",
        "See all your notices",
        f"{base}/notices/",
        "",
        "--",
        "Riverside Health",
        "You get this because of badges that you earned, that ended or that are about to end.",
        f"Choose your mail: {base}/notices/mail/",
        f"Stop mails like this: {stop}",
    ]
    html = mail.outbox[0].alternatives[0].content
    assert (html.count("<h2"), html.count("You earned &lt;b&gt;Five&lt;/b&gt;"), html.count("<b>")) == (
        3,
        1,
        0,
    )


def test_each_person_gets_their_own(organization: Organization, give: Give, bob: Person) -> None:
    for person in (bob, PersonFactory(organization=organization, email="eve@people.example"), bob):
        give(person, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    assert deliveries(organization) == [("bob@riverside.example", 2), ("eve@people.example", 1)]


def test_what_comes_before_it_went_joins_it(
    organization: Organization, three: list[Award], give: Give, bob: Person
) -> None:
    make_notices(organization=organization)
    give(bob, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    assert deliveries(organization) == [("bob@riverside.example", 4)]


def test_what_comes_after_it_was_begun_is_a_mail_of_its_own(
    organization: Organization, three: list[Award], give: Give, bob: Person, sink: Sink
) -> None:
    """Also while it waits for another attempt: under one Message-ID there is one text."""
    make_notices(organization=organization)
    with tenant(organization):
        first = Delivery.objects.get()
    claim_delivery(organization=organization, delivery_id=first.pk)
    give(bob, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    assert deliveries(organization) == [("bob@riverside.example", 3), ("bob@riverside.example", 1)]


def test_people_of_a_batch_are_told_whole(
    organization: Organization, three: list[Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.causes.awards.BATCH", 1)
    assert make_notices(organization=organization) == 3
    assert deliveries(organization) == [("bob@riverside.example", 3)]


def test_side_by_side_it_stays_one_mail(organization: Organization, give: Give) -> None:
    people = [PersonFactory(organization=organization) for _ in range(8)]
    for _ in range(3):
        badge = BadgeFactory(organization=organization)
        for person in people:
            give(person, badge=badge)

    def work(_: int) -> int:
        try:
            return make_notices(organization=organization) and deliver_due(organization=organization)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    sweep()
    assert deliveries(organization) == [(person.email, 3) for person in people]
    assert len(mail.outbox) == 8


def test_the_database_lets_one_wait_however_many_write(organization: Organization, bob: Person) -> None:
    """Without the lock that they usually take."""
    start = Barrier(6)

    def write(_: int) -> bool:
        try:
            with tenant(organization):
                start.wait()
                waiting(organization, bob)
            return True
        except IntegrityError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, range(6))) == 1
    assert deliveries(organization) == [(bob.email, 0)]


def waiting(organization: Organization, person: Person, **values: object) -> Delivery:
    values = {"address": person.email, "message_id": "m", "next_attempt_at": clock.now(), **values}
    return Delivery.objects.create(organization=organization, recipient=person, **values)


def test_what_was_begun_goes_elsewhere_or_is_a_test_waits_beside_it(
    organization: Organization, bob: Person, mary: Person
) -> None:
    with tenant(organization):
        waiting(organization, bob)
        waiting(organization, bob, attempts=1)
        waiting(organization, bob, last_error="550 no such user")
        waiting(organization, bob, address="new@riverside.example")
        waiting(organization, bob, rhythm="daily")
        waiting(organization, bob, test={"award": 1})
        waiting(organization, bob, test={"award": 1})
        waiting(organization, mary)
        with pytest.raises(IntegrityError, match="delivery_unbegun_once"):
            waiting(organization, bob)


def test_whoever_gathers_waits_for_a_claim_that_is_not_finished(
    organization: Organization, three: list[Award], give: Give, bob: Person
) -> None:
    """A mail that is just being claimed is not joined, and the new one does not stumble over it."""
    make_notices(organization=organization)
    give(bob, badge=BadgeFactory(organization=organization))
    claimed, go_on = Event(), Event()

    def claim() -> None:
        try:
            with tenant(organization):
                delivery = Delivery.objects.select_for_update().get()
                claimed.set()
                assert go_on.wait(300)
                delivery.state, delivery.attempts, delivery.lease_until = "sending", 1, clock.now()
                delivery.save()
        finally:
            connections.close_all()

    def gather() -> int:
        try:
            assert claimed.wait(300)
            Timer(0.5, go_on.set).start()
            return make_notices(organization=organization)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        holding, gathering = pool.submit(claim), pool.submit(gather)
        holding.result(), gathering.result()
    assert deliveries(organization) == [(bob.email, 3), (bob.email, 1)]


def test_what_is_over_meanwhile_is_left_out_of_it(
    organization: Organization, three: list[Award], alice: Person
) -> None:
    make_notices(organization=organization)
    with tenant(organization):
        revoke_award(award=three[1], by=alice, reason="Wrong Bob")
    assert deliver_due(organization=organization) == 1
    assert [letter.subject for letter in mail.outbox] == ["You earned 2 badges: Coach and <b>Five</b>"]
    with tenant(organization):
        left_out = list(Notice.objects.order_by("id").values_list("left_out", flat=True))
    assert left_out == ["", "The badge had ended before this mail went out.", ""]


def test_news_of_several_sorts_say_so(organization: Organization, three: list[Award], alice: Person) -> None:
    sweep()
    with tenant(organization):
        revoke_award(award=three[0], by=alice, reason="Wrong Bob")
        revoke_award(award=three[1], by=alice, reason="Wrong Bob")
    make_notices(organization=organization)
    with tenant(organization):
        Award.objects.filter(pk=three[2].pk).update(expires_at=clock.now() + timedelta(days=7, seconds=-1))
        Award.objects.update(starts_at=clock.now() - timedelta(days=100))
    from notifications.reminding import remind

    assert remind(organization=organization) == 1
    sweep()
    assert mail.outbox[1].subject == "News of 3 badges: Coach, Safety and <b>Five</b>"
    headlines = [line for line in mail.outbox[1].body.splitlines() if line.startswith("*")]
    with tenant(organization):
        end = Notice.objects.get(kind="ends_soon").ends_on
    assert headlines == [
        f"* <b>Five</b> ends on {end:%-d %B %Y}",
        "* Coach was taken back",
        "* Safety was taken back",
    ]


def test_a_picture_travels_once_however_often_it_shows(
    organization: Organization, three: list[Award]
) -> None:
    with tenant(organization):
        emblem = Emblem.objects.create(organization=organization, digest="d")
        EmblemImage.objects.create(organization=organization, emblem=emblem, width=80, data=b"PNG")
        Badge.objects.filter(name__in=["Coach", "Safety"]).update(emblem=emblem)
    sweep()
    letter = mail.outbox[0]
    assert isinstance(letter, Letter)
    assert [(part["Content-ID"], part.get_content()) for part in letter.attachments] == [
        ("<emblem@lapel>", b"PNG")
    ]
    assert letter.alternatives[0].content.count('src="cid:emblem@lapel"') == 2


def test_of_very_many_the_rest_are_counted(organization: Organization, give: Give, bob: Person) -> None:
    for _ in range(MOST_TOLD + 2):
        give(bob, badge=BadgeFactory(organization=organization))
    sweep()
    body = mail.outbox[0].body
    assert body.count("* You earned") == MOST_TOLD
    assert "And 2 more, which are among your notices in Lapel." in body.splitlines()


def test_telling_many_asks_as_often_as_telling_few(organization: Organization, give: Give) -> None:
    def asked(count: int) -> int:
        for _ in range(count):
            give(PersonFactory(organization=organization), badge=BadgeFactory(organization=organization))
        with CaptureQueriesContext(connection) as queries:
            make_notices(organization=organization)
        return len(queries)

    assert asked(1) == asked(6) <= 32
