"""The catalogue, a badge and an award: for whom they are there, and at what cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand, revoke_award
from badges.defining import set_badge_state
from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import reconcile_rule, save_rule
from tests.factories import BadgeFactory, KindFactory, PersonFactory

DEFINITION = {
    "criterion": {"type": "count", "at_least": 3, "within": "7 days", "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}  # fmt: skip


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def award(badge: Badge, alice: Person, bob: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed the test.")


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(path)
    assert response.status_code == 200
    return len(captured)


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_catalogue_says_what_badges_are_given_for_and_who_holds_them(
    as_bob: Client, award: Award
) -> None:
    with tenant(award.organization):
        burst = BadgeFactory(organization=award.organization, name="Kaizen Burst", slug="burst", mode="rule")
        save_rule(badge=burst, definition=DEFINITION, by=None)
    page = text(as_bob, "/riverside/badges/")
    assert "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good." in page
    assert "1 holder<" in page
    assert "You hold it" in page
    assert "New badge" not in page


def test_the_catalogue_can_be_searched_without_accents(as_bob: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, name="Café Verräter")
    BadgeFactory(organization=organization, name="Other")
    page = text(as_bob, "/riverside/badges/?q=verrater")
    assert ("Café Verräter" in page, "<h3>Other" in page) == (True, False)


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=" + "%25" * 3000, "show=x", "show=%00", "page=0", "q=" + "(" * 200, "sort=x", "sort=%00"],
)
def test_nonsense_in_the_address_does_no_harm(as_bob: Client, award: Award, query: str) -> None:
    assert as_bob.get(f"/riverside/badges/?{query}").status_code == 200
    assert as_bob.get(f"/riverside/badges/hipaa/?{query}").status_code == 200


@pytest.mark.parametrize("page", ["0", "-1", str(10**18), "9" * 5000, "x", "%00"])
def test_a_page_that_is_not_there_is_the_first_or_last(as_bob: Client, award: Award, page: str) -> None:
    assert as_bob.get(f"/riverside/badges/hipaa/?page={page}").status_code == 200


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_drafts_and_withdrawn_badges_are_for_those_who_define_badges(
    as_alice: Client, as_bob: Client, organization: Organization, state: str
) -> None:
    BadgeFactory(organization=organization, slug="secret", name="Secret", state=state)
    assert as_bob.get("/riverside/badges/secret/").status_code == 404
    assert "Secret" not in text(as_bob, "/riverside/badges/?show=drafts")
    assert as_alice.get("/riverside/badges/secret/").status_code == 200
    assert "Secret" in text(as_alice, "/riverside/badges/?show=drafts")


def test_a_badge_shows_its_holders_and_its_year(as_bob: Client, award: Award) -> None:
    page = text(as_bob, "/riverside/badges/hipaa/")
    assert "Bob Brown" in page
    assert "You hold it since" in page
    assert f"/riverside/awards/{award.pk}/" in page


def test_other_organizations_see_nothing(as_charlie: Client, award: Award) -> None:
    for path in ("badges/hipaa/", f"awards/{award.pk}/", "badges/hipaa/edit/", "badges/hipaa/rule/"):
        assert as_charlie.get(f"/riverside/{path}").status_code == 404
        assert as_charlie.get(f"/halden/{path}").status_code == 404
    assert "HIPAA" not in text(as_charlie, "/halden/badges/")


def test_an_award_by_hand_says_who_gave_it_and_why(as_bob: Client, award: Award) -> None:
    page = text(as_bob, f"/riverside/awards/{award.pk}/")
    assert "Passed the test." in page
    assert "Alice Adams" in page
    assert "Take back" not in page


def test_an_award_by_rule_says_what_was_counted(
    as_bob: Client, organization: Organization, bob: Person
) -> None:
    award = counted(organization, bob, 3)
    page = text(as_bob, f"/riverside/awards/{award.pk}/")
    assert "Given to anyone who has submitted at least 3 improvements within 7 days." in page
    assert [f"Idea {n}" in page for n in (1, 2, 3)] == [True] * 3


def counted(organization: Organization, person: Person, times: int) -> Award:
    from activity.models import Activity, Source

    kind = KindFactory(organization=organization)
    with tenant(organization):
        source, _ = Source.objects.get_or_create(organization=organization, name="lapel")
        badge = BadgeFactory(organization=organization, name="Kaizen Burst", slug="burst", mode="rule")
        definition = {**DEFINITION, "criterion": {**DEFINITION["criterion"], "at_least": times}}  # type: ignore[dict-item]
        rule = save_rule(badge=badge, definition=definition, by=None)
        for n in range(times):
            Activity.objects.create(
                organization=organization, person=person, kind=kind, source=source, external_id=f"{n}",
                subject=f"Idea {n + 1}", occurred_at=now() - timedelta(hours=n), recorded_at=now(),
            )  # fmt: skip
        reconcile_rule(rule=rule)
        return Award.objects.get(badge=badge, person=person)


def test_what_is_over_is_for_its_person_and_for_those_who_see_histories(
    as_bob: Client, as_mary: Client, award: Award, alice: Person, organization: Organization
) -> None:
    from tests.conftest import logged_in
    from tests.factories import UserFactory

    colleague = logged_in(PersonFactory(organization=organization, user=UserFactory()))
    path = f"/riverside/awards/{award.pk}/"
    assert colleague.get(path).status_code == 200
    with tenant(organization):
        revoke_award(award=award, by=alice, reason="The wrong Bob.")
    assert colleague.get(path).status_code == 404
    assert "The wrong Bob." in text(as_bob, path)
    assert "The wrong Bob." in text(as_mary, path)


def test_awards_of_a_withdrawn_badge_are_not_there(as_bob: Client, award: Award, alice: Person) -> None:
    with tenant(award.organization):
        set_badge_state(badge=award.badge, state="withdrawn", by=alice, reason="No course.")
    assert as_bob.get(f"/riverside/awards/{award.pk}/").status_code == 404


@pytest.mark.parametrize("award_id", ["0", "999999", "9" * 18, "9" * 400, "1%00", "-1", "x"])
def test_no_award_is_not_there(as_bob: Client, award_id: str) -> None:
    assert as_bob.get(f"/riverside/awards/{award_id}/").status_code == 404


def test_pages_cost_the_same_for_one_row_and_for_three(
    as_bob: Client, organization: Organization, award: Award, alice: Person
) -> None:
    hipaa = "/riverside/badges/hipaa/"
    paths = ("/riverside/badges/", hipaa, f"{hipaa}?q=bob&sort=ends", f"/riverside/awards/{award.pk}/")
    with tenant(organization):
        save_rule(badge=BadgeFactory(organization=organization), definition=DEFINITION, by=None)
    before = [queries(as_bob, path) for path in paths]
    with tenant(organization):
        for _ in range(2):
            save_rule(badge=BadgeFactory(organization=organization), definition=DEFINITION, by=None)
            person = PersonFactory(organization=organization, name="Bob Baker")
            grant_by_hand(badge=award.badge, person=person, by=alice, reason="Passed.")
            award.events.create(organization=organization, change="corrected", at=now(), actor=alice)
    assert [queries(as_bob, path) for path in paths] == before


def test_an_award_costs_the_same_for_one_activity_and_for_three(
    as_bob: Client, organization: Organization, bob: Person
) -> None:
    award = counted(organization, bob, 3)
    path = f"/riverside/awards/{award.pk}/"
    with_three = queries(as_bob, path)
    with tenant(organization):
        Award.objects.filter(pk=award.pk).update(evidence=award.evidence[:1])
    assert queries(as_bob, path) == with_three


def test_figures_count_by_the_months_of_the_organization(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    from rules.showcase import figures

    # 03:30 UTC on the first of November is still October in New York
    starts_at = datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.", starts_at=starts_at)
    found = figures(badge, datetime(2026, 11, 24, 12, tzinfo=UTC), alice)
    assert [(month.first.month, month.given) for month in found.months][-2:] == [(10, 1), (11, 0)]
    assert (found.given, found.ended, len(found.months)) == (1, 0, 12)
