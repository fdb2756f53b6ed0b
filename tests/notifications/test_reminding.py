"""What is about to end is told 60, 30 and 7 days before: once each, and never after a renewal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, Badge, Origin
from notifications import words
from notifications.actions import make_notices
from notifications.models import Delivery, Notice
from notifications.reminding import remind
from notifications.tasks import sweep, sweep_reminders
from people import clock
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give

START = datetime(2026, 1, 10, 15, tzinfo=UTC)
END = datetime(2027, 1, 10, 15, tzinfo=UTC)
Told = list[tuple[int, str]]


@pytest.fixture
def certificate(organization: Organization) -> Badge:
    return BadgeFactory(
        organization=organization, name="First aid", ends_after="1 year", description="Helps in need."
    )


@pytest.fixture
def held(certificate: Badge, bob: Person, give: Give) -> Award:
    """Bob's certificate, given on 10 January for a year."""
    held = on(START, lambda: give(bob, badge=certificate))
    held.person = bob  # which is asked for outside the tenant, too
    return held


def on[T](instant: datetime, act: Callable[[], T]) -> T:
    with clock.telling(instant):
        return act()


def reminded(organization: Organization, *days_before: float) -> Told:
    """All reminders there are, once the sweep has looked on these days before the end."""
    for days in days_before:
        on(END - timedelta(days=days), lambda: remind(organization=organization))
    with tenant(organization):
        rows = Notice.objects.filter(kind="ends_soon").order_by("id").values_list("days", "recipient__name")
        return list(rows)


def test_it_is_told_three_times_once_each(organization: Organization, held: Award) -> None:
    assert reminded(organization, 61) == []
    assert reminded(organization, 60, 59.9, 45) == [(60, "Bob Brown")]
    assert reminded(organization, 30, 29, 8) == [(60, "Bob Brown"), (30, "Bob Brown")]
    all_three = [(60, "Bob Brown"), (30, "Bob Brown"), (7, "Bob Brown")]
    assert reminded(organization, 7, 6, 1, 0.001) == all_three
    assert reminded(organization, 0, -1) == all_three


def test_the_manager_is_told_as_well(organization: Organization, held: Award, mary: Person) -> None:
    with tenant(organization):
        Person.objects.filter(pk=held.person_id).update(manager=mary)
    assert reminded(organization, 60) == [(60, "Bob Brown"), (60, "Mary Moss")]
    with tenant(organization):
        rows = Delivery.objects.order_by("id").values_list("address", flat=True)
        assert list(rows) == ["bob@riverside.example", "mary@riverside.example"]


def test_nobody_who_left_is_told(organization: Organization, held: Award, mary: Person) -> None:
    with tenant(organization):
        Person.objects.filter(pk=held.person_id).update(manager=mary)
        Person.objects.filter(pk=mary.pk).update(left_on="2026-06-01")
    assert reminded(organization, 60) == [(60, "Bob Brown")]
    with tenant(organization):
        Person.objects.filter(pk=held.person_id).update(left_on="2026-12-01")
    assert reminded(organization, 30) == [(60, "Bob Brown")]


def test_after_days_without_a_sweep_only_the_nearest_goes(organization: Organization, held: Award) -> None:
    """Beat was dead for 40 days: from 45 days before the end to 5 days before it."""
    assert reminded(organization, 5, 4) == [(7, "Bob Brown")]


def test_after_a_renewal_there_are_none_until_the_new_end(
    organization: Organization, held: Award, certificate: Badge, alice: Person
) -> None:
    assert reminded(organization, 60) == [(60, "Bob Brown")]
    renew(certificate, held.person, alice, END - timedelta(days=40))
    assert reminded(organization, 30, 7, 1, -100) == [(60, "Bob Brown")]
    next_end = 325  # 40 days less than a year after the old end
    assert reminded(organization, -(next_end - 60)) == [(60, "Bob Brown"), (60, "Bob Brown")]
    with tenant(organization):
        ends = list(Notice.objects.order_by("ends_on").values_list("ends_on", flat=True))
        assert [f"{end:%Y-%m-%d}" for end in ends if end] == ["2027-01-10", "2027-12-01"]


def renew(badge: Badge, person: Person, by: Person, at: datetime) -> None:
    with tenant(badge.organization):
        on(at, lambda: grant_by_hand(badge=badge, person=person, by=by, reason="Refreshed"))


def test_a_renewal_for_less_than_the_notice_reminds_later(
    organization: Organization, bob: Person, alice: Person, give: Give
) -> None:
    """Renewed every month for a month: that it ends in 30 days is no news."""
    badge = BadgeFactory(organization=organization, ends_after="30 days")
    on(START, lambda: give(bob, badge=badge))
    renew(badge, bob, alice, END - timedelta(days=30))
    assert reminded(organization, 29.9, 8) == []
    assert reminded(organization, 7) == [(7, "Bob Brown")]


def test_a_badge_that_does_not_want_it_is_quiet(
    organization: Organization, held: Award, certificate: Badge
) -> None:
    with tenant(organization):
        Badge.objects.filter(pk=certificate.pk).update(reminds=False)
    assert reminded(organization, 60, 30, 7) == []


@pytest.mark.parametrize("state", ["withdrawn", "draft"])
def test_of_badges_that_are_not_shown_there_is_nothing_to_tell(
    organization: Organization, held: Award, certificate: Badge, state: str
) -> None:
    with tenant(organization):
        Badge.objects.filter(pk=certificate.pk).update(state=state)
    assert reminded(organization, 60) == []


def test_what_was_taken_back_does_not_end_once_more(
    organization: Organization, held: Award, alice: Person
) -> None:
    with tenant(organization):
        on(END - timedelta(days=70), lambda: revoke_award(award=held, by=alice, reason="Wrong Bob"))
    assert reminded(organization, 60, 30, 7) == []


@pytest.mark.parametrize(("ends_on", "told"), [(None, []), (END + timedelta(days=1), [60]), (END, [30])])
def test_nothing_is_lost_while_another_award_keeps_the_badge(
    organization: Organization, held: Award, ends_on: datetime | None, told: list[int]
) -> None:
    """The one that ends last is told; of two that end at the same moment, one."""
    with tenant(organization):
        Award.objects.create(
            organization=organization,
            badge=held.badge,
            person=held.person,
            origin=Origin.RULE,
            starts_at=START,
            recorded_at=START,
            expires_at=ends_on,
        )
    assert [days for days, _ in reminded(organization, 30)] == told


def test_what_a_rule_found_late_is_not_told_backwards(organization: Organization, held: Award) -> None:
    with tenant(organization):
        Award.objects.update(origin=Origin.RULE, recorded_at=END - timedelta(days=20))
    assert reminded(organization, 20) == []
    assert reminded(organization, 7) == [(7, "Bob Brown")]


def test_days_are_the_organization_s(organization: Organization, bob: Person, give: Give) -> None:
    """New York sets its clocks on 14 March: sixty days before 9 May, 10:00, it was 10:00 there, too."""
    end = datetime(2027, 5, 9, 14, tzinfo=UTC)
    badge = BadgeFactory(organization=organization, ends_after="1 year")
    award = on(START, lambda: give(bob, badge=badge))
    with tenant(organization):
        Award.objects.filter(pk=award.pk).update(expires_at=end)
    before = datetime(2027, 3, 10, 15, tzinfo=UTC)
    assert on(before - timedelta(seconds=1), lambda: remind(organization=organization)) == 0
    assert on(before, lambda: remind(organization=organization)) == 1


def test_more_than_a_batch_is_told_with_as_many_questions(
    organization: Organization, certificate: Badge, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [PersonFactory(organization=organization, name=f"P{n}") for n in range(5)]
    for person in people:
        on(START, lambda person=person: give(person, badge=certificate))  # type: ignore[misc]
    monkeypatch.setattr("notifications.reminding.BATCH", 2)
    assert reminded(organization, 7) == [(7, person.name) for person in people]
    monkeypatch.undo()
    few, many = (asked(organization, days) for days in (30, 60))
    assert few == many


def asked(organization: Organization, days: int) -> int:
    with tenant(organization):
        Notice.objects.filter(days=days).exists()
    with CaptureQueriesContext(connection) as queries:
        on(END - timedelta(days=days), lambda: remind(organization=organization))
    return len(queries)


def test_another_organization_is_not_told(organization: Organization, held: Award, charlie: Person) -> None:
    assert on(END - timedelta(days=7), lambda: remind(organization=charlie.organization)) == 0
    assert reminded(charlie.organization) == []


# --- what it says


def test_in_lapel_it_says_when_and_what_became_of_it(
    organization: Organization, held: Award, certificate: Badge, alice: Person, mary: Person
) -> None:
    with tenant(organization):
        Person.objects.filter(pk=held.person_id).update(manager=mary)
    reminded(organization, 60)
    assert lines(organization) == [
        ("First aid ends on 10 January 2027",
         "You have held it since 10 January 2026. It ends on that day unless it is renewed."),
        ("First aid of Bob Brown ends on 10 January 2027",
         "Bob Brown has held it since 10 January 2026. It ends on that day unless it is renewed."),
    ]  # fmt: skip
    renew(certificate, held.person, alice, END - timedelta(days=40))
    assert lines(organization)[0][1] == "It was renewed. It ends on 1 December 2027."


def lines(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        notices = Notice.objects.filter(kind="ends_soon").with_subjects().order_by("id")
        return [(words.headline(notice), words.short_reason(notice)) for notice in notices]


def test_the_mail_says_how_to_keep_it(
    committed_db: None, organization: Organization, held: Award, mailoutbox: list
) -> None:
    on(START, sweep)
    on(END - timedelta(days=30), sweep_reminders)
    on(END - timedelta(days=30), sweep)
    on(END - timedelta(days=30), sweep_reminders)
    on(END - timedelta(days=29), sweep)
    assert [mail.subject for mail in mailoutbox] == [
        "You earned First aid",
        "First aid ends on 10 January 2027",
    ]
    assert mailoutbox[1].body.splitlines()[:8] == [
        "First aid ends on 10 January 2027",
        "",
        "You have held it since 10 January 2026. It ends on that day unless it is renewed.",
        "",
        "HOW TO KEEP IT",
        "It is renewed when it is given to you again. Helps in need.",
        "",
        "See your badge",
    ]


def test_what_is_renewed_before_the_mail_went_is_not_mailed(
    committed_db: None,
    organization: Organization,
    held: Award,
    certificate: Badge,
    alice: Person,
    mailoutbox: list,
) -> None:
    on(START, sweep)
    on(END - timedelta(days=30), sweep_reminders)
    renew(certificate, held.person, alice, END - timedelta(days=29))
    on(END - timedelta(days=29), sweep)
    assert [mail.subject for mail in mailoutbox] == ["You earned First aid"]


def test_that_it_ended_says_so_and_how_to_renew_it(
    committed_db: None, organization: Organization, held: Award, mailoutbox: list
) -> None:
    from rules.tasks import sweep_due, sweep_pending

    for work in (sweep_pending, sweep_due, sweep):
        on(END + timedelta(minutes=1), work)
    assert make_notices(organization=organization) == 0
    assert mailoutbox[-1].subject == "First aid has ended"
    assert mailoutbox[-1].body.splitlines()[2:8] == [
        "WHY",
        "It ended on 10 January 2027, because its time was over.",
        "You held it from 10 January 2026 to 10 January 2027. That stays in your history.",
        "",
        "HOW TO RENEW IT",
        "It is given by hand. Helps in need.",
    ]
