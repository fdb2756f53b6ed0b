"""A habit is renewed by every deed: its award's page tells hundreds of renewals in three lines, and all in pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.award_log import short_log
from badges.models import Award, AwardChange, AwardEvent
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory

G, R, C = AwardChange.GRANTED, AwardChange.RENEWED, AwardChange.CORRECTED

G, R, C = AwardChange.GRANTED, AwardChange.RENEWED, AwardChange.CORRECTED


@pytest.fixture
def award(organization: Organization, bob: Person) -> Award:
    badge = BadgeFactory(organization=organization, mode="rule")
    since = now() - timedelta(days=900)
    with tenant(organization):
        found: Award = Award.objects.create(
            organization=organization,
            badge=badge,
            person=bob,
            origin="rule",
            starts_at=since,
            recorded_at=since,
        )
    return found


def log(award: Award, changes: list[AwardChange], by: Person | None = None) -> None:
    """Oldest first, after what is there."""
    known = {"organization": award.organization, "award": award, "actor": by}
    with tenant(award.organization):
        AwardEvent.objects.bulk_create(AwardEvent(**known, change=change, at=now()) for change in changes)


def shown(award: Award) -> list[tuple[str, int]]:
    with tenant(award.organization):
        return [(event.change, getattr(event, "between")) for event in short_log(award)]  # noqa: B009


def test_renewals_in_a_row_are_told_by_the_latest_and_the_first(
    award: Award, alice: Person, organization: Organization
) -> None:
    log(award, [G, R, R])
    assert shown(award) == [(R, 0), (R, 0), (G, 0)]
    log(award, [R] * 300)
    assert shown(award) == [(R, 300), (R, 0), (G, 0)]
    log(award, [C, R, R, R])
    assert shown(award) == [(R, 1), (R, 0), (C, 0), (R, 300), (R, 0), (G, 0)]
    log(award, [R, R, R], by=alice)  # somebody did that: it stays
    assert [between for _, between in shown(award)[:4]] == [0, 0, 0, 1]


def test_its_page_stays_short_and_leads_to_all_of_them(as_bob: Client, award: Award) -> None:
    path, counts = award.get_absolute_url(), []
    log(award, [G])
    for more in (3, 300):
        log(award, [R] * more)
        with CaptureQueriesContext(connection) as captured:
            page = as_bob.get(path).text
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert '<a href="?all=1#log">301 renewals</a>' in page
    assert page.count("Renewed by its rule") == 2
    whole = as_bob.get(f"{path}?all=1").text
    assert whole.count("Renewed by its rule") == 50
    assert "1 to 50 of 304 events" in whole
    assert as_bob.get(f"{path}?all=1&page=7").text.count("Given by its rule") == 1
