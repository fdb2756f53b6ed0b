"""The badges that awards rest on: as the naive evaluator says, and as the page of an award shows them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from hypothesis import example, given

from badges.actions import grant_by_hand
from badges.models import Award
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.criteria import parse
from rules.engine import Question, ground, in_succession
from rules.engine.basis import held_for
from rules.explanations import why
from rules.holdings import held_on
from rules.models import Policy
from rules.tasks import evaluate as evaluate_queue
from tests.factories import BadgeFactory
from tests.rules import naive
from tests.rules.loading import loaded
from tests.rules.naive import HandAward, Interval, Json, Revocation, Stand, View, World, counting
from tests.rules.naive_editions import Version, evaluate, with_a_say
from tests.rules.test_engine import compared
from tests.rules.test_naive import LATE, at, count, did, rule
from tests.rules.test_naive import world as one_world
from tests.rules.test_policies import changed, saved
from tests.rules.worlds import cases

type Case = tuple[World, list[list[Version]], datetime]


def unchanged(case: tuple[World, list[Json], datetime]) -> Case:
    world, rules, as_of = case
    return world, [[Version(one, as_of)] for one in naive.in_order(rules)], as_of


def taken_back() -> Case:
    """Of what lies before the revocation nothing is behind the award that came after it."""
    twice = count(2, select={"kinds": ["event.attended"]})
    by_c = {"type": "all_of", "parts": [{"type": "holds", "at_least": 1, "badges": ["c"]}, twice]}
    by_a = {"type": "holds", "at_least": 1, "badges": ["a"]}
    trained = count(1, select={"kinds": ["task.completed"]})
    both = {"type": "all_of", "parts": [trained, {"type": "any_of", "parts": [by_a, by_c]}]}
    deeds = [did(n, f"03-0{n}", kind="event.attended") for n in (1, 2)]
    deeds += [did(n, f"03-0{n}", kind="task.completed") for n in (3, 7)]
    given = (HandAward("c", "ann", at("02-01")), HandAward("a", "ann", at("03-06")))
    world = one_world(deeds, hand=given, revocations=(Revocation("b0", "ann", at("03-05")),))
    return unchanged((world, [rule(both, badge="b0")], LATE))


@pytest.mark.django_db
@compared
@example(taken_back())
@given(cases().map(unchanged) | changed())
def test_badges_behind_awards_are_those_of_the_naive_reading(case: Case) -> None:
    world, rules, as_of = case
    timelines = evaluate(world, rules, as_of)
    in_force = {versions[-1].rule["id"]: parse(versions[-1].rule) for versions in rules}
    editions = {slug: in_succession(saved(versions)) for slug, versions in zip(in_force, rules, strict=True)}
    with loaded(world, in_force) as there:
        question = Question(replace(ground(there.organization), editions=editions), as_of)
        for (slug, one), versions in zip(in_force.items(), rules, strict=True):
            stands = timelines[slug]
            moments = [(there.people[stand.person].pk, stand.starts) for stand in stands]
            found = held_for(one, in_force, question, moments)
            for stand, moment in zip(stands, moments, strict=True):
                expected = behind(versions, world, stand, timelines, as_of)
                assert set(found.get(moment, [])) == expected


def behind(
    versions: list[Version], world: World, stand: Stand, timelines: dict[str, list[Stand]], as_of: datetime
) -> set[tuple[str, datetime]]:
    """By the version in whose time it began, and with what was done since it was last taken back."""
    held: dict[str, list[Interval]] = {}
    for award in world.hand:
        if award.person == stand.person and award.starts <= as_of:
            held.setdefault(award.badge, []).append((award.starts, award.ends))
    for slug, stands in timelines.items():
        held.setdefault(slug, []).extend((s.starts, s.ends) for s in stands if s.person == stand.person)
    chain = with_a_say(versions)
    version = [one for i, one in enumerate(chain) if i == 0 or one.at <= stand.starts][-1]
    counted_from = [version.at] if version is not chain[0] and version.policy == "new_only" else []
    taken_back = [
        one.at
        for one in world.revocations
        if (one.badge, one.person, one.key) == (version.rule["id"], stand.person, None)
        and one.at < stand.starts
    ]
    own = tuple(
        activity
        for activity in counting(version.rule, world, stand.person, as_of)
        if all(activity.occurred_at > at for at in taken_back)
        and all(activity.occurred_at >= at for at in counted_from)
    )
    view = View(world, world.people[stand.person], as_of, own, held)
    return naive.held_behind(version.rule["criterion"], view, stand.starts)


def test_a_changed_rule_rests_on_what_the_version_that_gave_it_asked_for(
    inside: Organization, bob: Person, alice: Person
) -> None:
    a1, a2 = (BadgeFactory(organization=inside, slug=slug, name=slug, mode="hand") for slug in ("a1", "a2"))
    badge = BadgeFactory(organization=inside, slug="b", name="B", mode="rule")
    for held in (a1, a2):
        grant_by_hand(badge=held, person=bob, by=alice, reason="So", starts_at=now() - timedelta(9))
    for slug, policy in (("a1", Policy.RECHECK), ("a2", Policy.KEEP)):
        criterion = {"type": "holds", "at_least": 1, "badges": [slug]}
        saved_rule = actions.save_rule(
            badge=badge,
            definition={"criterion": criterion, "retention": {"type": "permanent"}},
            by=None,
            policy=policy,
        )
        actions.reconcile_rule(rule=saved_rule)
    [held_then] = held_on(badge, now().astimezone(inside.time_zone).date())
    reason = why(Award.objects.get(badge=badge))
    assert (held_then.rests_on, [one.badge.slug for one in reason.held]) == (("a1",), ["a1"])
    # Once everybody is re-checked the versions before have no say, and what is over stays theirs.
    Award.objects.filter(badge=badge).update(ended_at=now(), ended_why="unsupported")
    actions.save_rule(badge=badge, definition=saved_rule.versions.get(number=2).definition, by=None)
    assert [one.badge.slug for one in why(Award.objects.get(badge=badge)).held] == ["a1"]


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
