"""Grace: over is over, but its person still sees it, and is told of a loss only when nothing kept it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from badges.models import Award, Badge
from notifications.actions import make_notices
from notifications.models import Notice
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.criteria import Invalid, parse, to_json
from rules.grace import grace_of, lapsing, lapsing_award
from rules.queries import rulebook
from rules.sentences import sentence
from rules.tasks import evaluate, sweep_due
from tests.factories import BadgeFactory, KindFactory
from tests.rules import naive
from tests.rules.test_actions import record

DAY = timedelta(days=1)
COUNT: dict[str, Any] = {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}}
WEEKLY: dict[str, Any] = {
    "criterion": COUNT,
    "retention": {"type": "while", "at_least": 1, "within": "7 days", "grace": "14 days"},
}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    KindFactory(organization=organization)
    return BadgeFactory(organization=organization, slug="rhythm", name="Rhythm", mode="rule")


@pytest.fixture
def clock(settings: Any, tmp_path: Path) -> Callable[[timedelta], None]:
    file = tmp_path / "clock"
    settings.CLOCK_FILE = str(file)
    return lambda ahead: (file.write_text(str(ahead.total_seconds())), None)[1]


def told(organization: Organization) -> list[str]:
    make_notices(organization=organization)
    with tenant(organization):
        return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def given(organization: Organization, badge: Badge, person: Person, retention: Any = None) -> None:
    """The badge by its rule, told."""
    with tenant(organization):
        rule = {"criterion": COUNT, "retention": retention or WEEKLY["retention"]}
        actions.save_rule(badge=badge, definition=rule, by=None)
        record(person, now())
    evaluate(organization.pk)
    assert told(organization) == ["earned"]


def seen(organization: Organization, person: Person) -> list[datetime]:
    with tenant(organization):
        return [one.until for one in lapsing(person)]


# ---- the text
@pytest.mark.parametrize("retention", [
    {"type": "expires", "after": "1 year", "grace": "14 days"},
    {"type": "while", "at_least": 1, "within": "1 month", "grace": "1 week"},
])  # fmt: skip
def test_it_is_said_written_and_read(retention: dict[str, Any]) -> None:
    rule = parse({"id": "b", "criterion": COUNT, "retention": retention})
    assert to_json(rule)["retention"] == retention
    assert f"{retention['grace']} of grace" in sentence(rule)


@pytest.mark.parametrize(("retention", "path"), [
    ({"type": "permanent", "grace": "14 days"}, "retention.grace"),
    ({"type": "expires", "after": "1 year", "grace": "a while"}, "retention.grace"),
    ({"type": "expires", "after": "1 year", "grace": 14}, "retention.grace"),
])  # fmt: skip
def test_what_is_no_grace_is_refused(retention: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"id": "b", "criterion": COUNT, "retention": retention})
    assert refused.value.path == path


# ---- what its person sees, and is told
def test_a_loss_is_told_when_grace_is_over(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    given(organization, badge, bob)
    clock(8 * DAY)
    sweep_due()
    with tenant(organization):
        award = Award.objects.get()
        assert award.ended_at == award.expires_at  # over, at its true end
        assert [one.award for one in lapsing(bob)] == [award]
    assert told(organization) == ["earned"]
    clock(22 * DAY)
    assert told(organization) == ["earned", "lost"]
    assert seen(organization, bob) == []


def test_a_hit_in_grace_reads_as_kept(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    given(organization, badge, bob)
    clock(10 * DAY)
    sweep_due()
    with tenant(organization):
        record(bob, now())
    evaluate(organization.pk)
    assert told(organization) == ["earned"]
    assert seen(organization, bob) == []
    with tenant(organization):
        first, second = Award.objects.order_by("starts_at")
        assert first.ended_at is not None
        assert second.starts_at > first.ended_at  # two awards, for counts and history
    clock(60 * DAY)
    sweep_due()
    assert told(organization) == ["earned", "lost"]  # of the second alone


def test_what_is_earned_after_grace_is_news(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    given(organization, badge, bob)
    clock(30 * DAY)
    sweep_due()
    assert told(organization) == ["earned", "lost"]
    with tenant(organization):
        record(bob, now())
    evaluate(organization.pk)
    assert told(organization) == ["earned", "lost", "earned"]


def test_what_arrives_late_is_news_once_the_loss_was_told(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    given(organization, badge, bob, {"type": "expires", "after": "7 days", "grace": "2 days"})
    clock(12 * DAY)
    sweep_due()
    assert told(organization) == ["earned", "lost"]
    with tenant(organization):
        record(bob, now() - 4 * DAY)  # within the two days
    evaluate(organization.pk)
    assert told(organization) == ["earned", "lost", "earned"]


def test_without_grace_a_loss_is_told_at_once(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    given(organization, badge, bob, {"type": "while", "at_least": 1, "within": "7 days"})
    clock(8 * DAY)
    sweep_due()
    assert (told(organization), seen(organization, bob)) == (["earned", "lost"], [])


def test_what_was_taken_back_is_in_no_grace(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    from badges.actions import revoke_award

    given(organization, badge, bob)
    with tenant(organization):
        revoke_award(award=Award.objects.get(), by=alice, reason="Not so")
    assert (told(organization), seen(organization, bob)) == (["earned", "lost"], [])


def test_for_holds_it_is_over(
    organization: Organization, badge: Badge, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    with tenant(organization):
        other = BadgeFactory(organization=organization, slug="other", name="Other", mode="rule")
        holds = {"type": "holds", "at_least": 1, "badges": ["rhythm"]}
        actions.save_rule(badge=badge, definition=WEEKLY, by=None)
        actions.save_rule(
            badge=other, definition={"criterion": holds, "retention": {"type": "satisfied"}}, by=None
        )
        record(bob, now())
    evaluate(organization.pk)
    clock(8 * DAY)
    sweep_due()
    with tenant(organization):
        assert Award.objects.standing().count() == 0


@pytest.mark.parametrize(("zone", "end", "grace"), [
    ("America/New_York", datetime(2026, 3, 7, 7, 30, tzinfo=UTC), "1 day"),
    ("America/New_York", datetime(2026, 10, 31, 5, 30, tzinfo=UTC), "1 day"),
    ("Asia/Tokyo", datetime(2026, 1, 31, 3, tzinfo=UTC), "1 month"),
    ("Africa/Cairo", datetime(2026, 4, 22, 22, tzinfo=UTC), "1 day"),
])  # fmt: skip
def test_it_lasts_as_long_as_a_pencil_says(
    inside: Organization, badge: Badge, bob: Person, zone: str, end: datetime, grace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    inside.zone = zone
    inside.save()
    bob.organization = inside
    retention = {"type": "expires", "after": "1 day", "grace": grace}
    actions.save_rule(badge=badge, definition={"criterion": COUNT, "retention": retention}, by=None)
    award = Award.objects.create(
        organization=inside, badge=badge, person=bob, origin="rule", starts_at=end - DAY, expires_at=end,
        ended_at=end, ended_why="expired", rule_version=1, recorded_at=end,
    )  # fmt: skip
    at = end + timedelta(hours=1)
    monkeypatch.setattr("rules.grace.now", lambda: at)
    until = naive.lapsing([(award.starts_at, end)], grace, zone, at)
    assert [one.until for one in lapsing(bob)] == [until]
    assert grace_of(award) == grace
    found = lapsing_award(award)
    assert found is not None
    assert found.until == until
    monkeypatch.setattr("rules.grace.now", lambda: until)
    assert lapsing(bob) == []


# ---- pages
def test_only_its_own_person_sees_it_lapsing(
    organization: Organization, badge: Badge, bob: Person, as_bob: Client, as_alice: Client,
    clock: Callable[[timedelta], None],
) -> None:  # fmt: skip
    given(organization, badge, bob)
    clock(8 * DAY)
    sweep_due()
    with tenant(organization):
        award = Award.objects.get()
        pages = [award.get_absolute_url(), bob.get_absolute_url()]
    for page in [*pages, f"/{organization.slug}/"]:
        assert "Lapsing" in as_bob.get(page).text, page
    for page in pages:
        assert "Lapsing" not in as_alice.get(page).text, page


def test_the_rule_book_and_the_form_keep_it(
    organization: Organization, badge: Badge, as_alice: Client
) -> None:
    from tests.badges.test_rule_form import SAID

    with tenant(organization):
        actions.save_rule(badge=badge, definition=WEEKLY, by=None)
        assert rulebook(organization).rules["rhythm"].retention == parse({"id": "b", **WEEKLY}).retention
    page = f"/{organization.slug}/badges/rhythm/rule/"
    assert 'name="grace_number" value="14"' in as_alice.get(page).text
    as_alice.post(page, {**SAID, "retention": "expires", "ends_number": "1", "ends_unit": "year",
                         "grace_number": "2", "grace_unit": "week", "save": "1"})  # fmt: skip
    with tenant(organization):
        retention = to_json(rulebook(organization).rules["rhythm"])["retention"]
    assert retention == {"type": "expires", "after": "1 year", "grace": "2 weeks"}
