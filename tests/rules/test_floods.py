"""A rule that suddenly gives far more than usual is stopped before anything is given, and goes on when told to."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from activity.actions import Delivery, record_activities
from activity.models import PendingEvaluation
from badges.models import Award, AwardEvent, Badge
from notifications.actions import make_notices
from notifications.judging import why_not
from notifications.messages import tell
from notifications.models import Notice
from people.clock import now
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from rules import actions, actions_floods, actions_trials
from rules.models import Flood, Rule, RuleState, Tally
from rules.tasks import reconcile_organization
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory

DAY = timedelta(days=1)
FIRST = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}
EVERY = {**FIRST, "repeatable": True}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions_floods, "FEWEST", 3)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="first", name="First", mode="rule")


@pytest.fixture
def people(organization: Organization) -> list[Person]:
    return [PersonFactory(organization=organization, external_id=f"P{n}") for n in range(6)]


def deliver(
    organization: Organization, people: Iterable[Person], at: datetime, *, deliberate: bool = False
) -> None:
    deliveries = [
        Delivery(one.external_id, "improvement.submitted", at, f"{one.external_id}/{at}") for one in people
    ]
    with tenant(organization):
        record_activities(
            organization=organization, source="test", deliveries=deliveries, deliberate=deliberate
        )


def usual(organization: Organization, badge: Badge, person: Person, definition: object = FIRST) -> None:
    """The rule, with an award five weeks ago: it has a usual, and that is little."""
    deliver(organization, [person], now() - 35 * DAY)
    with tenant(organization):
        rule = actions.save_rule(badge=badge, definition=definition, by=None)  # type: ignore[arg-type]
    actions.reconcile_with_dependents(organization=organization, rule_id=rule.pk)
    actions.evaluate_pending(organization=organization)


def counted(organization: Organization) -> tuple[str, int, int]:
    with tenant(organization):
        waiting = PendingEvaluation.objects.count()
        return Rule.objects.get().state, Award.objects.count(), waiting


def test_a_flood_is_held_back_before_anything_is_given(
    organization: Organization, badge: Badge, people: list[Person], alice: Person
) -> None:
    usual(organization, badge, people[0])
    deliver(organization, people[1:], now())
    actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.PAUSED, 1, 0)
    with tenant(organization):
        flood = Flood.objects.get()
        assert (flood.given, flood.most, flood.decided_at) == (5, 3, None)
        assert AwardEvent.objects.filter(to_tell=True).count() == 0
        assert AuditEntry.objects.filter(action="rule.held_back").count() == 1

        actions.set_rule_state(rule=flood.rule, state=RuleState.ACTIVE, by=alice)
        flood.refresh_from_db()
        assert flood.decided_by == alice
    actions.reconcile_with_dependents(organization=organization, rule_id=flood.rule_id)
    assert counted(organization) == (RuleState.ACTIVE, 6, 0)
    with tenant(organization):
        assert AwardEvent.objects.filter(to_tell=True).count() == 5  # what waited is told

    more = [PersonFactory(organization=organization, external_id=f"Q{n}") for n in range(6)]
    deliver(organization, more, now())
    actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.ACTIVE, 12, 0)  # it was said to be right, today


@pytest.mark.parametrize("made_good_by", ["sweep", "night"])
def test_who_waited_is_told_although_the_bell_was_lost(
    organization: Organization, badge: Badge, people: list[Person], alice: Person, made_good_by: str
) -> None:
    usual(organization, badge, people[0])
    top = BadgeFactory(organization=organization, slug="top", name="Top", mode="rule")
    holds = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["first"]},
        "retention": {"type": "permanent"},
    }
    with tenant(organization):
        rest_on_it = actions.save_rule(badge=top, definition=holds, by=None)
    actions.reconcile_with_dependents(organization=organization, rule_id=rest_on_it.pk)
    deliver(organization, people[1:], now())
    actions.evaluate_pending(organization=organization)
    with tenant(organization):
        actions.set_rule_state(rule=Flood.objects.get().rule, state=RuleState.ACTIVE, by=alice)

    if made_good_by == "night":
        reconcile_organization(organization.pk)
    for _ in range(2):
        later = now() + timedelta(seconds=1)
        for rule in actions.unchecked_rules(organization=organization, asked_before=later):
            actions.reconcile_with_dependents(organization=organization, rule_id=rule)
    with tenant(organization):
        told = AwardEvent.objects.filter(to_tell=True).values_list("award__badge__slug", flat=True)
        assert sorted(told) == ["first"] * 5 + ["top"] * 5
        assert not Rule.objects.exclude(recheck_asked_at=None).exists()
        assert not Rule.objects.filter(recheck_tells=True).exists()


def test_what_trickles_in_adds_up(organization: Organization, badge: Badge, people: list[Person]) -> None:
    usual(organization, badge, people[0])
    for person in people[1:]:
        deliver(organization, [person], now())
        actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.PAUSED, 4, 0)


def test_other_rules_are_not_held_up(organization: Organization, badge: Badge, people: list[Person]) -> None:
    usual(organization, badge, people[0])
    other = BadgeFactory(organization=organization, slug="other", name="Other", mode="rule")
    with tenant(organization):
        actions.save_rule(badge=other, definition=FIRST, by=None)
    deliver(organization, people[1:], now())
    actions.evaluate_pending(organization=organization)
    with tenant(organization):
        assert Award.objects.filter(badge=other).count() == 5


def test_what_has_no_usual_is_no_flood(
    organization: Organization, badge: Badge, people: list[Person]
) -> None:
    with tenant(organization):
        actions.save_rule(badge=badge, definition=FIRST, by=None)
    deliver(organization, people, now())
    actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.ACTIVE, 6, 0)


def test_a_rule_that_often_gives_much_may(
    organization: Organization, badge: Badge, people: list[Person]
) -> None:
    usual(organization, badge, people[0], EVERY)
    deliver(organization, people, now() - 10 * DAY)  # six on one day: twice as many are not strange
    actions.evaluate_pending(organization=organization)
    deliver(organization, people, now())
    actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.ACTIVE, 13, 0)


@pytest.mark.parametrize(("ago", "deliberate"), [(2 * DAY, False), (timedelta(0), True)])
def test_history_and_imports_are_no_flood(
    organization: Organization, badge: Badge, people: list[Person], ago: timedelta, deliberate: bool
) -> None:
    usual(organization, badge, people[0])
    deliver(organization, people[1:], now() - ago, deliberate=deliberate)
    actions.evaluate_pending(organization=organization)
    assert counted(organization) == (RuleState.ACTIVE, 6, 0)


def test_those_who_define_badges_are_told_and_say_go_on(
    organization: Organization, badge: Badge, people: list[Person], as_alice: Client, as_bob: Client
) -> None:
    usual(organization, badge, people[0])
    deliver(organization, people[1:], now())
    actions.evaluate_pending(organization=organization)
    pages = [f"/{organization.slug}/", f"/{organization.slug}/badges/", f"/{organization.slug}/badges/first/"]
    for page in pages:
        assert "is paused for a look" in as_alice.get(page).text, page
        assert "is paused for a look" not in as_bob.get(page).text, page
    assert "Nobody gets or loses by rule" not in as_alice.get(pages[0]).text  # once is enough
    rule = f"/{organization.slug}/badges/first/rule/"
    looked = as_alice.get(rule, {"look": "1"}).text
    assert "Who would hold it now" in looked
    assert "is paused for a look" in looked
    as_alice.post(f"{rule}active/")
    assert counted(organization)[0] == RuleState.ACTIVE
    assert "is paused for a look" not in as_alice.get(pages[0]).text


def test_those_who_define_badges_have_a_notice_and_a_mail_once_until_it_goes_on(
    organization: Organization,
    badge: Badge,
    people: list[Person],
    alice: Person,
    as_alice: Client,
    bob: Person,
) -> None:
    usual(organization, badge, people[0])
    deliver(organization, people[1:], now())
    actions.evaluate_pending(organization=organization)
    for _ in range(2):
        make_notices(organization=organization)
        with tenant(organization):
            [notice] = Notice.objects.exclude(flood=None)
            assert (notice.recipient, notice.kind, notice.read_at) == (alice, "held_back", None)
            assert notice.delivery.recipient == alice
            Flood.objects.update(to_tell=True)
    page = as_alice.get(f"/{organization.slug}/notices/").text
    assert "The rule of First is paused for a look" in page
    assert "It was about to give 5 badges in a day; usual is 0." in page
    with tenant(organization):
        told = tell([notice], None)
        assert "change the rule first" in told[0]["ask"]
        actions.set_rule_state(rule=notice.flood.rule, state=RuleState.ACTIVE, by=alice)
    make_notices(organization=organization)
    with tenant(organization):
        notice = Notice.objects.get(pk=notice.pk)
        assert notice.read_at is not None
        assert "gone on" in why_not(notice)
    assert "It has gone on since" in as_alice.get(f"/{organization.slug}/notices/").text


def test_where_people_are_many_who_would_get_it_is_kept_to_look_at(
    organization: Organization,
    badge: Badge,
    people: list[Person],
    as_alice: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions_trials, "AT_ONCE", 0)
    usual(organization, badge, people[0])
    deliver(organization, [people[1]], now() - 3 * DAY)
    actions.evaluate_pending(organization=organization)
    deliver(organization, people[2:], now())
    actions.evaluate_pending(organization=organization)
    with tenant(organization):
        flood = Flood.objects.get()
        assert flood.drawn == [0] * 25 + [1, 0, 0, 4]
        assert flood.look_url in as_alice.get(f"/{organization.slug}/").text
    actions_trials.carry_out_trial(organization=organization, trial_id=flood.trial_id)
    page = as_alice.get(flood.look_url)
    assert "is paused for a look" in page.text
    assert [person for person, _ in page.context["rows"]] == people[2:]
    assert (page.context["gaining"], page.context["losing"]) == (4, 0)
    assert len(page.context["choices"]) == 1


def test_two_workers_do_not_slip_it_through(committed_db: None) -> None:
    organization: Organization = OrganizationFactory(slug="busy")
    badge = BadgeFactory(organization=organization, slug="first", name="First", mode="rule")
    people = [PersonFactory(organization=organization, external_id=f"P{n}") for n in range(9)]
    usual(organization, badge, people[0])

    def work(person: Person) -> None:
        try:
            deliver(organization, [person], now())
            actions.evaluate_pending(organization=organization)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, people[1:]))
    actions.evaluate_pending(organization=organization)
    state, given, waiting = counted(organization)
    assert (state, waiting) == (RuleState.PAUSED, 0)
    with tenant(organization):
        assert Flood.objects.count() == 1
        assert given - 1 == sum(Tally.objects.values_list("given", flat=True)) <= 3


@pytest.mark.parametrize("at_once", [2_000, 0])
def test_who_would_get_it_is_told_by_the_versions_in_force(
    organization: Organization, badge: Badge, people: list[Person], as_alice: Client,
    monkeypatch: pytest.MonkeyPatch, at_once: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(actions_trials, "AT_ONCE", at_once)
    usual(organization, badge, people[0])
    twice = {**FIRST, "criterion": {**FIRST["criterion"], "at_least": 2}}
    with tenant(organization):
        actions.save_rule(badge=badge, definition=twice, by=None, policy="keep")
    for day in (1, 2):
        deliver(organization, people[1:], now() - day * timedelta(hours=1))
    actions.evaluate_pending(organization=organization)
    with tenant(organization):
        flood = Flood.objects.get()
        address = flood.look_url
    if flood.trial_id:
        actions_trials.carry_out_trial(organization=organization, trial_id=flood.trial_id)
    context = as_alice.get(address).context
    if flood.trial_id:
        found = (context["result"]["people"], context["gaining"], context["losing"])
    else:
        run = context["run"]
        found = (run.people, len(run.gaining), len(run.losing))
    assert (found, len(context["choices"])) == ((6, 5, 0), 1)
