"""What a paused rule gave does not end in time, and nobody is told that it does: wherever ends are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from badges.actions import grant_by_hand, revoke_award
from badges.models import Award
from boards.held import ending_soon, held_by
from notifications.judging import why_not
from notifications.models import Notice
from notifications.reminding import remind
from people.clock import telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import reconcile_rule, save_rule, set_rule_state
from rules.evaluation import end_and_start_due
from rules.models import Rule
from tests.boards.test_people import names
from tests.factories import BadgeFactory, KindFactory
from tests.rules.test_trials import did

NOW = datetime(2026, 6, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)
YEARLY = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "expires", "after": "1 year"},
}
BADGE = "/riverside/badges/yearly/"


@pytest.fixture
def award(organization: Organization, bob: Person) -> Award:
    """Bob has it by rule until 10 June 2026."""
    KindFactory(organization=organization)
    badge = BadgeFactory(organization=organization, slug="yearly", mode="both", kind="training")
    did(bob, "2025-06-10")
    with tenant(organization), telling(NOW):
        reconcile_rule(rule=save_rule(badge=badge, definition=YEARLY, by=None))
        return Award.objects.select_related("badge", "person").get()


def turn(state: str) -> None:
    set_rule_state(rule=Rule.objects.get(), state=state, by=None)


def test_pages_say_so(award: Award, as_alice: Client, alice: Person) -> None:
    with tenant(award.organization), telling(NOW):
        grant_by_hand(badge=award.badge, person=alice, by=None, reason="So", ends_at=NOW + 20 * DAY)

    def found(at: datetime) -> list[object]:
        with telling(at):
            pages = [
                as_alice.get(page).text for page in (BADGE, f"{BADGE}holders/", award.get_absolute_url())
            ]
            return [
                ["while its rule is paused" in page for page in pages],
                as_alice.get(f"{BADGE}statistics/").context["row"].numbers.ending,
                "Its rule is paused" in as_alice.get("/riverside/badges/overview/").text,
                names(as_alice, {"ends": "soon"}),
                names(as_alice, {"sort": "next_end"})[0],
            ]

    assert found(NOW) == [[False] * 3, 2, False, ["Alice Adams", "Bob Brown"], "Bob Brown"]
    with tenant(award.organization):
        turn("paused")
    for at in (NOW, NOW + 11 * DAY):  # the day of its end has come and gone
        assert found(at) == [[True] * 3, 1, True, ["Alice Adams"], "Alice Adams"]


def test_a_reminder_that_is_on_its_way_does_not_go(award: Award) -> None:
    with telling(NOW + 3 * DAY):
        assert remind(organization=award.organization) > 0
    with tenant(award.organization), telling(NOW + 3 * DAY):
        own = Notice.objects.filter(recipient=award.person).with_subjects().get()
        assert why_not(own) == ""
        turn("paused")
        assert why_not(own) == "Its rule is paused, so it does not end yet."


def test_given_back_while_its_rule_is_paused_it_stands_until_the_rule_goes_on(
    award: Award, alice: Person, as_alice: Client
) -> None:
    organization, late = award.organization, NOW + 20 * DAY
    with tenant(organization), telling(NOW):
        revoke_award(award=award, by=alice, reason="Entered by mistake.")
        turn("paused")
    with telling(late):
        as_alice.post(f"{award.get_absolute_url()}give-back/", {"reason": "It was real."})
        end_and_start_due(organization=organization)
    with tenant(organization), telling(late):
        award.refresh_from_db()
        assert award.ended_at is None
        turn("active")
        reconcile_rule(rule=Rule.objects.get())
    with telling(late):
        end_and_start_due(organization=organization)
    with tenant(organization):
        award.refresh_from_db()
        assert (award.ended_why, award.ended_at) == ("expired", award.expires_at)


@pytest.mark.parametrize(("at", "is_soon"), [
    ("2026-08-01T03:30:00", True),  # the evening of 31 July in New York, 60 days after 1 June
    ("2026-08-01T04:30:00", False),
])  # fmt: skip
def test_soon_is_so_many_days_by_the_calendar_everywhere(
    organization: Organization, as_alice: Client, alice: Person, bob: Person, at: str, is_soon: bool
) -> None:
    badge = BadgeFactory(organization=organization, slug="yearly", mode="hand", kind="training")
    end = datetime.fromisoformat(f"{at}+00:00")
    with tenant(organization), telling(NOW):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="So", ends_at=end)
        assert bool(ending_soon(held_by(bob, bob))) == is_soon
    with telling(NOW):
        rows = as_alice.get("/riverside/people/", {"col": "next_end"}).context["table"].rows
        [cell] = next(row.cells for row in rows if row.person.pk == bob.pk)
        assert cell.value.soon == is_soon
        assert as_alice.get(f"{BADGE}statistics/").context["row"].numbers.ending == is_soon
        assert names(as_alice, {"ends": "soon"}) == ["Bob Brown"] * is_soon
