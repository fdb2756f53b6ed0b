"""A draft's page makes putting it in use the next step, and says what is missing before anybody can hold it."""

from typing import Any

import pytest
from django.test import Client

from badges.models import Badge
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule, set_rule_state
from rules.models import Rule
from rules.readiness import lacks_of
from tests.badges.test_rule_form import BURST
from tests.factories import BadgeFactory, KindFactory, PersonFactory, RoleAssignmentFactory

RULE = {name: BURST[name] for name in ("criterion", "retention")}


def draft(organization: Organization, **fields: Any) -> Badge:
    badge: Badge = BadgeFactory(
        organization=organization, slug="owl", name="Night Owl", state="draft", **fields
    )
    return badge


def lacks(badge: Badge) -> list[tuple[str, bool]]:
    with tenant(badge.organization):
        return [
            (one.words, one.is_vital) for one in lacks_of(badge, Rule.objects.filter(badge=badge).first())
        ]


NO_EMBLEM = ("It has no emblem yet.", False)


def test_without_a_rule_nobody_can_earn_it(organization: Organization, as_alice: Client) -> None:
    badge = draft(organization, mode="rule")
    assert lacks(badge) == [("It has no rule yet, so nobody can earn it.", True), NO_EMBLEM]
    page = as_alice.get("/riverside/badges/owl/").text
    assert 'btn--primary" href="/riverside/badges/owl/rule/">Write its rule</a>' in page
    assert "Put the badge in use all the same" in page


def test_a_rule_at_rest_and_one_that_hears_nothing(organization: Organization) -> None:
    badge = draft(organization, mode="rule")
    with tenant(organization):
        rule = save_rule(badge=badge, definition=RULE, by=None)
    silent = ("Nothing of the kind “Improvement submitted” has ever arrived here.", False)
    assert lacks(badge) == [silent, NO_EMBLEM]
    with tenant(organization):
        set_rule_state(rule=rule, state="paused", by=None)
    assert lacks(badge)[0] == ("Its rule is paused, so nobody earns it.", True)


@pytest.mark.parametrize(("givers", "needs_two", "missing"), [
    (0, False, "Nobody can give it: that takes a person with both badge and user administration."),
    (1, True, "Two administrators must agree to give it, and there is only one."),
    (1, False, ""), (2, True, ""),
])  # fmt: skip
def test_by_hand_it_takes_people_who_can_give_it(
    organization: Organization, givers: int, needs_two: bool, missing: str
) -> None:
    for _ in range(givers):
        person = PersonFactory(organization=organization)
        for role in (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR):
            RoleAssignmentFactory(organization=organization, person=person, role=role)
    badge = draft(organization, mode="hand", needs_two=needs_two, criteria="For nights.")
    assert lacks(badge) == [*[(missing, True)] * bool(missing), NO_EMBLEM]


def test_one_press_puts_it_in_use(
    organization: Organization, as_alice: Client, as_bob: Client, bob: Person
) -> None:
    draft(organization, mode="hand", criteria="For nights.")
    KindFactory(organization=organization)
    assert as_bob.get("/riverside/badges/owl/").status_code == 404
    page = as_alice.get("/riverside/badges/owl/").text
    assert '<form class="row" method="post" action="/riverside/badges/owl/state/active/">' in page
    assert "Put the badge in use all the same" not in page
    assert as_alice.post("/riverside/badges/owl/state/active/").status_code == 302
    assert as_bob.get("/riverside/badges/owl/").status_code == 200
    assert "Next: put it in use" not in as_alice.get("/riverside/badges/owl/").text
