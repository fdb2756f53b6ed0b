"""Whatever happens to an award is told once, and only what is to be told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from badges.actions import revoke_award
from badges.models import Award, AwardChange, AwardEvent, Badge, BadgeState, Origin
from notifications.actions import make_notices
from notifications.models import Delivery, Notice
from notifications.tasks import sweep
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give


def told(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        return list(Notice.objects.order_by("id").values_list("kind", "recipient__name"))


def mailed(organization: Organization) -> list[tuple[str, str, str]]:
    with tenant(organization):
        rows = Delivery.objects.order_by("id").values_list("notices__kind", "address", "state")
        return list(rows)


def event(award: Award, change: str, *, to_tell: bool = True) -> AwardEvent:
    with tenant(award.organization):
        return AwardEvent.objects.create(
            organization=award.organization, award=award, change=change, at=now(), to_tell=to_tell
        )


def test_a_grant_becomes_a_notice_and_a_mail(organization: Organization, give: Give, bob: Person) -> None:
    give(bob)
    assert make_notices(organization=organization) == 1
    assert told(organization) == [("earned", "Bob Brown")]
    assert mailed(organization) == [("earned", "bob@riverside.example", "queued")]


def test_a_second_time_changes_nothing(organization: Organization, give: Give, bob: Person) -> None:
    give(bob)
    make_notices(organization=organization)
    assert make_notices(organization=organization) == 0
    assert told(organization) == [("earned", "Bob Brown")]


def test_an_event_told_again_by_mistake_stays_one_notice_and_one_mail(
    organization: Organization, give: Give, bob: Person
) -> None:
    give(bob)
    make_notices(organization=organization)
    with tenant(organization):
        AwardEvent.objects.update(to_tell=True)
    assert make_notices(organization=organization) == 1
    assert told(organization) == [("earned", "Bob Brown")]
    assert mailed(organization) == [("earned", "bob@riverside.example", "queued")]


def test_taking_back_is_told_as_lost(
    organization: Organization, give: Give, alice: Person, bob: Person
) -> None:
    award = give(bob)
    with tenant(organization):
        revoke_award(award=award, by=alice, reason="Wrong person")
    make_notices(organization=organization)
    assert told(organization) == [("earned", "Bob Brown"), ("lost", "Bob Brown")]


def test_what_is_not_to_be_told_is_not(organization: Organization, give: Give, bob: Person) -> None:
    award = give(bob)
    make_notices(organization=organization)
    event(award, AwardChange.ENDED, to_tell=False)
    assert make_notices(organization=organization) == 0
    assert told(organization) == [("earned", "Bob Brown")]


@pytest.mark.parametrize("change", [AwardChange.RENEWED, AwardChange.CORRECTED])
def test_what_brings_an_award_up_to_date_makes_no_notice(
    organization: Organization, give: Give, bob: Person, change: str
) -> None:
    award = give(bob)
    make_notices(organization=organization)
    event(award, change)
    assert make_notices(organization=organization) == 1
    assert told(organization) == [("earned", "Bob Brown")]


def test_losing_the_one_while_the_other_stands_is_no_loss(
    organization: Organization, give: Give, alice: Person, bob: Person, badge: Badge
) -> None:
    award = give(bob)
    with tenant(organization):
        Award.objects.create(
            organization=organization,
            badge=badge,
            person=bob,
            origin=Origin.RULE,
            starts_at=now(),
            recorded_at=now(),
        )
        revoke_award(award=award, by=alice, reason="The rule gives it")
    make_notices(organization=organization)
    assert told(organization) == [("earned", "Bob Brown")]


def test_without_an_address_there_is_a_notice_and_no_mail(organization: Organization, give: Give) -> None:
    give(PersonFactory(organization=organization, name="No Mail", email=""))
    make_notices(organization=organization)
    assert told(organization) == [("earned", "No Mail")]
    assert mailed(organization) == []


def test_a_badge_that_does_not_mail_is_quiet(organization: Organization, give: Give, bob: Person) -> None:
    quiet = BadgeFactory(organization=organization, tells_on_grant=False)
    event(give(bob, badge=quiet), AwardChange.GRANTED)
    make_notices(organization=organization)
    assert told(organization) == [("earned", "Bob Brown")]
    assert mailed(organization) == []


def test_more_than_a_batch_is_told_in_one_go(
    organization: Organization, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.causes.awards.BATCH", 2)
    for n in range(5):
        give(PersonFactory(organization=organization, name=f"P{n}"))
    assert make_notices(organization=organization) == 5
    assert told(organization) == [("earned", f"P{n}") for n in range(5)]


def test_nobodys_notices_are_made_for_another_organization(
    organization: Organization, give: Give, bob: Person, charlie: Person
) -> None:
    give(bob)
    assert make_notices(organization=charlie.organization) == 0
    assert told(charlie.organization) == []


def test_side_by_side_each_is_told_once(
    committed_db: None, organization: Organization, give: Give, badge: Badge
) -> None:
    people = [PersonFactory(organization=organization, name=f"P{n}") for n in range(30)]
    for person in people:
        give(person)

    def work(_: int) -> int:
        try:
            return make_notices(organization=organization)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) == 30
    assert told(organization) == [("earned", person.name) for person in people]
    assert len(mailed(organization)) == 30


def test_a_lost_bell_is_made_good_by_the_sweep(
    committed_db: None, organization: Organization, give: Give, bob: Person, mailoutbox: list
) -> None:
    give(bob)
    sweep()
    sweep()
    assert mailed(organization) == [("earned", "bob@riverside.example", "sent")]
    assert [mail.subject for mail in mailoutbox] == ["You earned Coach"]


def test_one_organizations_trouble_is_not_the_others(
    committed_db: None,
    organization: Organization,
    give: Give,
    bob: Person,
    charlie: Person,
    mailoutbox: list,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(bob)
    healthy = tenant

    def broken(which: Organization) -> object:
        if which == charlie.organization:
            raise RuntimeError("broken")
        return healthy(which)

    monkeypatch.setattr("notifications.actions.tenant", broken)
    monkeypatch.setattr("notifications.delivering.tenant", broken)
    sweep()
    assert [mail.subject for mail in mailoutbox] == ["You earned Coach"]


def test_withdrawn_badges_are_not_congratulated_on(
    committed_db: None, organization: Organization, give: Give, bob: Person, badge: Badge, mailoutbox: list
) -> None:
    give(bob)
    with tenant(organization):
        Badge.objects.filter(pk=badge.pk).update(state=BadgeState.WITHDRAWN)
    sweep()
    assert mailed(organization) == [("earned", "bob@riverside.example", "withheld")]
    assert mailoutbox == []
