"""Dry runs over time, in a worker for the many, and examples that a rule must meet."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand
from badges.models import Award, Badge
from notifications.actions import make_notices
from notifications.models import Delivery, Notice, Preference
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions, actions_trials, views_trials
from rules import dry_run as dry_run_module
from rules.actions import reconcile_rule, save_rule
from rules.actions_trials import (
    carry_out_trial,
    forget_trials,
    request_trial,
    set_example,
    waiting_trials,
)
from rules.criteria import Invalid
from rules.dry_run import dry_run
from rules.models import DryRun, Example, Flood, RuleVersion, SettingsTrial
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory

SUBMITTED = {"kinds": ["improvement.submitted"]}
MONTHLY = {
    "id": "monthly",
    "criterion": {"type": "count", "at_least": 1, "select": SUBMITTED},
    "retention": {"type": "while", "at_least": 1, "within": "1 month"},
}
ONCE = {**MONTHLY, "retention": {"type": "permanent"}}
AT = datetime(2026, 6, 20, 17, tzinfo=UTC)
PATH = "/riverside/badges/monthly/rule/"
SAID = {
    "at_least": "1", "kinds": ["improvement.submitted"], "window": "ever", "retention": "permanent",
}  # fmt: skip


@pytest.fixture
def badge(organization: Organization) -> Badge:
    KindFactory(organization=organization)
    return BadgeFactory(organization=organization, slug="monthly", name="Monthly", mode="rule")


def did(person: Person, *days: str, kind: str = "improvement.submitted") -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        own = Kind.objects.get(organization=person.organization, name=kind)
        for day in days:
            at = datetime.fromisoformat(f"{day}T17:00:00+00:00")
            Activity.objects.create(
                organization=person.organization, person=person, kind=own, source=source,
                external_id=f"{person.pk}/{day}/{kind}", occurred_at=at, recorded_at=at,
            )  # fmt: skip


def months(badge: Badge, definition: dict[str, Any]) -> dict[date, tuple[int, int, int]]:
    with tenant(badge.organization):
        run = dry_run(badge=badge, definition=definition, at=AT)
    return {month.first: (month.standing, month.gained, month.lost) for month in run.months}


def test_each_months_end_is_told_with_gains_and_losses(badge: Badge, bob: Person, mary: Person) -> None:
    did(bob, "2026-03-04", "2026-05-30")
    did(mary, "2026-03-10", "2026-04-08")
    found = months(badge, MONTHLY)
    assert (min(found), max(found), len(found)) == (date(2024, 7, 1), date(2026, 6, 1), 24)
    some = {first.month: counts for first, counts in found.items() if any(counts)}
    # Bob: 4 March to 4 April, 30 May on. Mary: 10 March to 8 May.
    assert some == {3: (2, 2, 0), 4: (1, 0, 1), 5: (1, 1, 1), 6: (1, 0, 0)}


def test_of_a_repeatable_badge_people_are_counted_once(badge: Badge, bob: Person) -> None:
    did(bob, "2026-03-04", "2026-03-05")
    assert months(badge, {**ONCE, "repeatable": True})[date(2026, 3, 1)] == (1, 2, 0)


def test_what_stood_before_the_two_years_is_counted_in_them(badge: Badge, bob: Person) -> None:
    did(bob, "2020-01-01")
    assert set(months(badge, ONCE).values()) == {(1, 0, 0)}


def test_gains_and_losses_are_told_by_location(badge: Badge, bob: Person, mary: Person) -> None:
    ward = LocationFactory(organization=badge.organization, name="Ward 1")
    with tenant(badge.organization):
        Person.objects.filter(pk=bob.pk).update(location=ward)
    did(bob, "2026-06-10")
    did(mary, "2026-03-10")
    with tenant(badge.organization), telling(AT):
        reconcile_rule(rule=save_rule(badge=badge, definition=ONCE, by=None))
        run = dry_run(badge=badge, definition=MONTHLY, at=AT)
    assert [(one.name, one.holding, one.gaining, one.losing) for one in run.places] == [
        ("No location", 0, 0, 1),
        ("Ward 1", 1, 0, 0),
    ]


def test_the_page_draws_it_with_its_numbers(as_alice: Client, badge: Badge, bob: Person) -> None:
    did(bob, "2026-06-10")
    page = as_alice.post(PATH, {**SAID, "preview": "1"}).content.decode()
    assert "Show the numbers" in page
    assert "held it at each month’s end" in page
    assert page.count('class="cols__x"') == 24


def test_where_nobody_would_ever_have_held_it_no_chart_is_drawn(as_alice: Client, badge: Badge) -> None:
    page = as_alice.post(PATH, {**SAID, "at_least": "1,000", "preview": "1"}).text
    assert "Nobody would have held it at any time" in page
    assert "How many would have held it" not in page


def test_the_many_are_tried_in_a_worker_and_the_outcome_is_kept(
    as_alice: Client, badge: Badge, bob: Person, mary: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions_trials, "AT_ONCE", 0)
    monkeypatch.setattr(actions_trials, "BATCH", 1)
    did(bob, "2026-06-10")
    response = as_alice.post(PATH, {**SAID, "preview": "1"})
    address = response["Location"]
    assert "It waits for its turn." in as_alice.get(address).content.decode()
    with tenant(badge.organization):
        trial = DryRun.objects.get()
    carry_out_trial(organization=badge.organization, trial_id=trial.pk)
    page = as_alice.get(address)
    text = page.content.decode()
    assert "Bob Brown" in text
    assert (page.context["result"]["people"], page.context["gaining"]) == (1, 1)
    with tenant(badge.organization):
        trial.refresh_from_db()
        at_once = dry_run(badge=badge, definition=trial.definition, at=trial.as_of)
    assert (trial.state, trial.percent) == ("done", 100)
    assert page.context["months"] == at_once.months
    form = as_alice.get(f"{PATH}?trial={trial.pk}").context["form"]
    assert form.root.values["at_least"] == 1
    with tenant(badge.organization):
        assert RuleVersion.objects.count() == 0


def test_a_trial_shows_what_each_choice_would_do_as_one_does_that_is_not_waited_for(
    as_alice: Client, badge: Badge, bob: Person, mary: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(bob, "2026-06-10", "2026-06-11")
    did(mary, "2026-06-10")
    with tenant(badge.organization):
        reconcile_rule(rule=save_rule(badge=badge, definition=ONCE, by=None))
    said = {**SAID, "at_least": "2", "policy": "keep", "preview": "1"}
    at_once = as_alice.post(PATH, said).context["choices"]
    monkeypatch.setattr(actions_trials, "AT_ONCE", 0)
    monkeypatch.setattr(actions_trials, "BATCH", 1)
    address = as_alice.post(PATH, said)["Location"]
    with tenant(badge.organization):
        trial = DryRun.objects.get()
    carry_out_trial(organization=badge.organization, trial_id=trial.pk)
    page = as_alice.get(address)
    assert "What each choice would do now" in page.content.decode()
    choices = page.context["choices"]
    assert choices == at_once
    assert {chosen: numbers for _, chosen, *numbers in choices if chosen} == {True: [2, 0, 0]}
    assert [1, 0, 1] in [numbers for _, _, *numbers in choices]


def test_the_badge_is_lost_only_where_nothing_else_holds_it_and_mails_are_those_that_go(
    badge: Badge, organization: Organization, alice: Person, bob: Person, mary: Person
) -> None:
    """Bob holds it by rule and by hand, Mary by rule alone, Carol by hand alone; and the rule turns to other things."""
    carol, dave = (PersonFactory(organization=organization, name=name) for name in ("Carol", "Dave"))
    did(bob, "2026-06-10")
    did(mary, "2026-06-10")
    with tenant(organization), telling(AT):
        Badge.objects.update(mode="both")
        reconcile_rule(rule=save_rule(badge=badge, definition=ONCE, by=None))
        for person in (bob, carol):
            grant_by_hand(badge=badge, person=person, by=alice, reason="Well done")
    make_notices(organization=organization)
    for day in ("2026-06-17", "2026-06-18"):
        for person in (carol, dave):
            did(person, day)
    twice = {**ONCE, "criterion": {**ONCE["criterion"], "at_least": 2}}
    with tenant(organization), telling(AT):
        mailed = Notice.objects.count()
        for person, kind in ((mary, "earned"), (dave, "earned"), (dave, "lost")):
            Preference.objects.create(organization=organization, person=person, kind=kind, rhythm="never")
        run = dry_run(badge=badge, definition=twice, at=AT)
        names = dict(Person.objects.values_list("pk", "name"))
        found = [[names[pk] for pk in some] for some in (run.gaining, run.losing)]
        assert (found, run.people) == ([["Dave"], ["Mary Moss"]], 3)
        actions.reconcile_rule(rule=save_rule(badge=badge, definition=twice, by=None, quietly=False))
        held = Award.objects.standing().values_list("person__name", flat=True)
        assert sorted(set(held)) == ["Bob Brown", "Carol", "Dave"]
    with telling(AT):
        make_notices(organization=organization)
    with tenant(organization):
        told = Notice.objects.order_by("pk")[mailed:]
        # Carol is told that she earned it now, by what she did: those are two awards.
        assert sorted(notice.recipient.name for notice in told) == ["Carol", "Dave", "Mary Moss"]
        mailed_to = Delivery.objects.filter(notices__in=told).values_list("recipient__name", flat=True)
        assert sorted(set(mailed_to)) == ["Carol", "Mary Moss"]  # she wants none of what she earns
        assert (run.mails, run.unwanted) == (2, 1)


def test_all_who_would_get_or_lose_it_can_be_read_with_what_was_counted(
    badge: Badge, organization: Organization, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run_module, "SHOWN", 2)
    monkeypatch.setattr(views_trials, "PEOPLE_A_PAGE", 2)
    old = [PersonFactory(organization=organization, name=f"A{n}") for n in range(3)]
    stays = PersonFactory(organization=organization, name="B")
    new = [PersonFactory(organization=organization, name=f"C{n}") for n in range(3)]
    for person in (*old, stays):
        did(person, "2026-06-10")
    with tenant(organization):
        reconcile_rule(rule=save_rule(badge=badge, definition=ONCE, by=None))
    KindFactory(organization=organization, name="task.completed")
    for person in (stays, *new):
        did(person, "2026-06-11", kind="task.completed")
    said = {**SAID, "kinds": ["task.completed"], "preview": "1", "policy": "recheck"}
    page = as_alice.post(PATH, said)
    run = page.context["run"]
    assert [row.person for row in run.rows] == new[:2]  # before those who hold it
    assert [(row.person, len(row.evidence)) for row in run.had] == [(person, 1) for person in old[:2]]
    assert "See everybody who would get or lose it" in page.text
    del said["preview"]
    address = as_alice.post(PATH, {**said, "names": "recheck"})["Location"]
    with tenant(organization):
        trial = DryRun.objects.get()
    carry_out_trial(organization=organization, trial_id=trial.pk)
    for show, people in (("", new), ("losing", old)):
        pages = [as_alice.get(address, {"show": show, "page": n}).context["rows"] for n in (1, 2)]
        found = [
            (person, [len(award.evidence) for award in awards]) for page in pages for person, awards in page
        ]
        assert found == [(person, [1]) for person in people]


def test_what_those_who_would_lose_it_lack_is_a_press_away(
    badge: Badge, organization: Organization, as_alice: Client, bob: Person, charlie: Person
) -> None:
    did(bob, "2026-06-10")
    with tenant(organization):
        reconcile_rule(rule=save_rule(badge=badge, definition=ONCE, by=None))
    said = {**SAID, "at_least": "3", "policy": "recheck"}
    assert f'name="try_on" value="{bob.pk}"' in as_alice.post(PATH, {**said, "preview": "1"}).text
    assert "1 of 3, 2 more" in as_alice.post(PATH, {**said, "try_on": str(bob.pk)}).text
    assert as_alice.post(PATH, {**said, "try_on": str(charlie.pk)}).status_code == 404
    address = as_alice.post(PATH, {**said, "names": "recheck"})["Location"]
    with tenant(organization):
        trial = DryRun.objects.get()
    carry_out_trial(organization=organization, trial_id=trial.pk)
    assert f'href="?person={bob.pk}#tried"' in as_alice.get(address).text
    assert "1 of 3, 2 more" in as_alice.get(address, {"person": bob.pk}).text
    assert as_alice.get(address, {"person": charlie.pk}).status_code == 404


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "77"])
def test_no_trial_is_not_there(as_alice: Client, badge: Badge, number: str) -> None:
    assert as_alice.get(f"{PATH}trial/{number}/").status_code == 404
    assert as_alice.get(f"{PATH}?trial={number}").status_code == 200


def test_a_trial_is_carried_out_once_and_a_lost_one_is_found(inside: Organization, badge: Badge) -> None:
    trial = request_trial(badge=badge, definition=ONCE, policy="recheck", by=None)
    soon = now() + timedelta(minutes=5)
    assert waiting_trials(organization=inside, asked_before=soon) == [trial.pk]
    carry_out_trial(organization=inside, trial_id=trial.pk)
    assert waiting_trials(organization=inside, asked_before=soon) == []
    result = DryRun.objects.get().result
    BadgeFactory(organization=inside)
    carry_out_trial(organization=inside, trial_id=trial.pk)
    assert DryRun.objects.get().result == result


def test_a_trial_that_begins_late_is_one_workers_all_the_same(
    inside: Organization, badge: Badge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers may have been away for an hour: no sweep may take what one is at for what one has left."""
    with telling(now() - timedelta(hours=1)):
        trial = request_trial(badge=badge, definition=ONCE, policy="recheck", by=None)
    left: list[list[int]] = []

    def work(*_: object) -> None:
        left.append(waiting_trials(organization=inside, asked_before=now()))
        raise OSError("The machine goes down.")

    monkeypatch.setattr("rules.actions_trials._ask", work)
    carry_out_trial(organization=inside, trial_id=trial.pk)
    assert left == [[]]


def test_a_trial_costs_the_page_the_same_for_one_and_for_three(
    as_alice: Client, badge: Badge, bob: Person
) -> None:
    def cost() -> int:
        with tenant(badge.organization):
            trial = request_trial(badge=badge, definition=ONCE, policy="recheck", by=None)
        carry_out_trial(organization=badge.organization, trial_id=trial.pk)
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(f"{PATH}trial/{trial.pk}/").status_code == 200
        return len(captured)

    did(bob, "2026-06-10")
    one = cost()
    for _ in range(2):
        did(PersonFactory(organization=badge.organization), "2026-06-10")
    assert cost() == one


# ---- examples
def test_a_rule_that_breaks_an_example_is_not_saved(
    as_alice: Client, badge: Badge, bob: Person, mary: Person
) -> None:
    did(mary, "2026-06-10")
    for person, should in ((bob, "yes"), (mary, "no")):
        said = {"example": "1", "example-person": person.name.upper(), "example-should": should}
        assert as_alice.post(PATH, {**SAID, **said}).status_code == 200
    response = as_alice.post(PATH, {**SAID, "save": "1"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Bob Brown should hold it by this rule, and would not." in page
    assert "Mary Moss should not hold it by this rule, and would." in page
    looked = as_alice.post(PATH, {**SAID, "preview": "1"})
    assert [example.person.name for example in looked.context["broken"]] == ["Bob Brown", "Mary Moss"]
    with tenant(badge.organization):
        assert RuleVersion.objects.count() == 0


def test_a_rule_that_meets_its_examples_is_saved(as_alice: Client, badge: Badge, bob: Person) -> None:
    did(bob, "2026-06-10")
    with tenant(badge.organization):
        set_example(badge=badge, person=bob, should_hold=False)
        set_example(badge=badge, person=bob, should_hold=True)
    assert as_alice.post(PATH, {**SAID, "save": "1"}).status_code == 302


def test_no_other_way_gets_around_an_example(inside: Organization, badge: Badge, bob: Person) -> None:
    set_example(badge=badge, person=bob, should_hold=True)
    with pytest.raises(Invalid, match="Bob Brown should hold it"):
        save_rule(badge=badge, definition=ONCE, by=None)


def test_an_example_can_be_removed(as_alice: Client, badge: Badge, bob: Person) -> None:
    with tenant(badge.organization):
        example = set_example(badge=badge, person=bob, should_hold=True)
    assert "should hold it" in as_alice.get(PATH).content.decode()
    assert as_alice.post(PATH, {**SAID, "forget": "0"}).status_code == 404
    assert as_alice.post(PATH, {**SAID, "forget": str(example.pk)}).status_code == 200
    with tenant(badge.organization):
        assert Example.objects.count() == 0


@pytest.mark.parametrize("who", ["", "Nobody Known", "x\0y", "a" * 300, "%"])
def test_whom_nobody_knows_is_no_example(as_alice: Client, badge: Badge, who: str) -> None:
    said = {"example": "1", "example-person": who, "example-should": "yes"}
    response = as_alice.post(PATH, {**SAID, **said, "at_least": "77"})
    assert response.status_code == 422
    page = response.content.decode()
    assert ('id="id_example-person-err"' in page, 'value="77"' in page) == (True, True)


def test_what_was_only_tried_is_forgotten_after_a_week(
    badge: Badge, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what became a version, not what a flood would give, and not what is younger."""
    monkeypatch.setattr(actions_trials, "FORGOTTEN_AT_ONCE", 1)
    organization = badge.organization
    with tenant(organization):
        tried = [request_trial(badge=badge, definition=ONCE, policy="recheck", by=bob) for _ in range(5)]
        looked_at, settings = SettingsTrial(location=None), SettingsTrial(location=None, saved_at=now())
        for trial in (looked_at, settings):
            trial.organization, trial.made_by, trial.as_of = organization, bob, now()
            trial.change, trial.before = {"zone": "UTC"}, {"zone": "Europe/Berlin"}
            trial.save()
        # The same rule in other words, tried before it was saved.
        saved = request_trial(badge=badge, definition={**ONCE, "repeatable": False}, policy="keep", by=bob)
        DryRun.objects.filter(pk__in=[one.pk for one in tried]).update(
            definition={**ONCE, "retention": {"type": "while", "at_least": 1, "within": "2 months"}}
        )
        rule = save_rule(badge=badge, definition=ONCE, by=bob)
        Flood.objects.create(
            organization=organization, rule=rule, trial=tried[0], day=now().date(), stopped_at=now(),
            given=40, usual=1, most=30,
        )  # fmt: skip
        assert DryRun.objects.get(pk=saved.pk).version == 1
    with telling(now() + timedelta(days=7, hours=1)):
        with tenant(organization):
            young = request_trial(badge=badge, definition=MONTHLY, policy="recheck", by=bob)
        forget_trials(organization=organization)
    with tenant(organization):
        kept = set(DryRun.objects.values_list("pk", flat=True))
        assert kept == {saved.pk, tried[0].pk, young.pk}
        assert [*SettingsTrial.objects.values_list("pk", flat=True)] == [settings.pk]
