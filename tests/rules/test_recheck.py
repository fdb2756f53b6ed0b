"""Changed settings, moves and dates: the past is looked at again, and nobody is told."""

from datetime import date

import pytest

from badges.models import Award, AwardEvent
from people.actions import add_person, edit_person
from people.models import Organization, Person, RecordChange
from people.organizations import change_settings
from people.tenancy import tenant
from rules.actions import save_rule
from rules.recheck import awaits_recheck, recheck_changed
from tests.factories import BadgeFactory

TENURE = {"criterion": {"type": "tenure", "of": "1 year"}, "retention": {"type": "permanent"}}


@pytest.fixture
def loyal(organization: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=organization, slug="loyal", mode="rule")
    with tenant(organization):
        save_rule(badge=badge, definition=TENURE, by=alice)


def starts(organization: Organization) -> list[str]:
    with tenant(organization):
        standing = Award.objects.standing().order_by("pk")
        return [f"{start:%Y-%m-%d %H:%M}" for start in standing.values_list("starts_at", flat=True)]


def test_joined_dates_and_zones_date_awards_anew(
    organization: Organization, alice: Person, loyal: None
) -> None:
    with tenant(organization):
        nia = add_person(organization=organization, by=alice, name="Nia", joined_on=date(2020, 1, 10))
    assert (recheck_changed(organization=organization), starts(organization)) == (1, ["2021-01-10 05:00"])
    with tenant(organization):
        edit_person(person=nia, by=alice, joined_on=date(2020, 1, 11))
    recheck_changed(organization=organization)
    assert starts(organization) == ["2021-01-11 05:00"]
    with tenant(organization):
        change_settings(organization=organization, by=alice, zone="Asia/Tokyo")
    fresh = Organization.objects.get(pk=organization.pk)
    recheck_changed(organization=fresh)
    assert starts(fresh) == ["2021-01-10 15:00"]
    with tenant(fresh):
        assert AwardEvent.objects.filter(to_tell=True).count() == 0


def test_what_is_done_is_forgotten_and_what_is_claimed_is_left(
    organization: Organization, alice: Person, loyal: None
) -> None:
    with tenant(organization):
        add_person(organization=organization, by=alice, name="Nia")
    assert awaits_recheck(organization=organization)
    assert [recheck_changed(organization=organization) for _ in range(2)] == [1, 0]
    with tenant(organization):
        assert RecordChange.objects.count() == 0
    assert not awaits_recheck(organization=organization)
