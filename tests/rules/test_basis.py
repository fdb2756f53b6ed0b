"""The badges that awards rest on: as the naive evaluator says, and as the page of an award shows them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given

from badges.actions import grant_by_hand
from badges.models import Award
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.criteria import parse
from rules.engine import Question, ground
from rules.engine.basis import held_for
from rules.tasks import evaluate as evaluate_queue
from tests.factories import BadgeFactory
from tests.rules import naive
from tests.rules.loading import loaded
from tests.rules.naive import Interval, Json, Stand, View, World, counting, evaluate
from tests.rules.test_engine import compared, slugs
from tests.rules.worlds import cases


@pytest.mark.django_db
@compared
@given(cases())
def test_badges_behind_awards_are_those_of_the_naive_reading(
    case: tuple[World, list[Json], datetime],
) -> None:
    world, rules, as_of = case
    # In a life after a revocation only later activities count; of that the awards tell, not what is behind them.
    world = replace(world, revocations=())
    timelines = evaluate(world, rules, as_of)
    with loaded(world, slugs(rules)) as there:
        book = {rule["id"]: parse(rule) for rule in rules}
        question = Question(ground(there.organization), as_of)
        for rule in rules:
            stands = timelines[rule["id"]]
            moments = [(there.people[stand.person].pk, stand.starts) for stand in stands]
            found = held_for(book[rule["id"]], book, question, moments)
            for stand, moment in zip(stands, moments, strict=True):
                expected = behind(rule, world, stand, timelines, as_of)
                assert set(found.get(moment, [])) == expected


def behind(
    rule: Json, world: World, stand: Stand, timelines: dict[str, list[Stand]], as_of: datetime
) -> set[tuple[str, datetime]]:
    held: dict[str, list[Interval]] = {}
    for award in world.hand:
        if award.person == stand.person and award.starts <= as_of:
            held.setdefault(award.badge, []).append((award.starts, award.ends))
    for slug, stands in timelines.items():
        held.setdefault(slug, []).extend((s.starts, s.ends) for s in stands if s.person == stand.person)
    own = tuple(counting(rule, world, stand.person, as_of))
    view = View(world, world.people[stand.person], as_of, own, held)
    return naive.held_behind(rule["criterion"], view, stand.starts)


def test_the_page_of_an_award_leads_to_the_awards_it_rests_on(
    organization: Organization, bob: Person, alice: Person, as_bob: Client, as_alice: Client
) -> None:
    with tenant(organization):
        belts = [
            BadgeFactory(organization=organization, slug=s, name=s, mode="hand") for s in ("yellow", "green")
        ]
        set_of_belts = BadgeFactory(organization=organization, slug="belts", name="Belts", mode="rule")
        criterion = {"type": "holds", "at_least": 1, "badges": ["yellow", "green"]}
        rule = {"criterion": criterion, "retention": {"type": "permanent"}}
        actions.save_rule(badge=set_of_belts, definition=rule, by=None)
        first = grant_by_hand(
            badge=belts[0], person=bob, by=alice, reason="Passed", starts_at=now() - timedelta(1)
        )
    evaluate_queue(organization.pk)
    with tenant(organization):
        award = Award.objects.get(badge=set_of_belts)
        page, link = award.get_absolute_url(), first.get_absolute_url()
    answer = as_bob.get(page).text
    assert "Badges held for it" in answer
    assert f'<a href="{link}">yellow</a>' in answer
    on = now().astimezone(organization.time_zone).date()
    file = as_alice.get(f"/{organization.slug}/badges/belts/holders.csv", {"on": on.isoformat()}).text
    assert file.splitlines()[1].endswith(",yellow")
