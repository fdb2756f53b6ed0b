"""A badge copied: what goes along, and what stays."""

import pytest
from django.test import Client

from badges.actions import grant_by_hand
from badges.defining import BADGE_FIELDS, edit_badge
from badges.models import Award, Badge
from notifications.actions import save_text
from notifications.copying import copy_badge
from notifications.models import NoticeText
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import save_rule
from rules.actions_trials import set_example
from rules.models import Example, Rule
from tests.factories import BadgeFactory, KindFactory

DEFINITION = {
    "criterion": {"type": "count", "at_least": 3, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "expires", "after": "2 years"},
}
COPY = "/riverside/badges/hipaa/copy/"


@pytest.fixture
def badge(organization: Organization, alice: Person, bob: Person) -> Badge:
    """One of which much is said, that Bob holds."""
    KindFactory(organization=organization)
    lower = BadgeFactory(organization=organization, name="Privacy Basics")
    badge = BadgeFactory(
        organization=organization, slug="hipaa", name="HIPAA", mode="both", kind="training", ends_after="1 year",
        most_holders=9, takes_nominations=True, tells_on_loss=False,
    )  # fmt: skip
    with tenant(organization):
        save_rule(badge=badge, definition=DEFINITION, by=alice)
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
        set_example(badge=badge, person=bob, should_hold=False)
        of = {"organization": organization, "badge": badge, "by": alice}
        save_text(**of, kind="earned", subject="You have it", body="Dear {name}")
        save_text(
            **of, kind="earned", language="de", subject="Geschafft", body="", html="<p>Hallo {name}</p>"
        )
        return edit_badge(badge=badge, by=alice, supersedes=[lower])


def test_a_copy_is_a_draft_that_says_all_that_the_badge_says(
    as_alice: Client, organization: Organization, badge: Badge
) -> None:
    assert COPY in as_alice.get(badge.get_absolute_url()).text
    assert 'value="HIPAA (copy)"' in as_alice.get(COPY).text
    answer = as_alice.post(COPY, {"name": "HIPAA 2027"})
    assert (answer.status_code, answer["Location"]) == (302, "/riverside/badges/hipaa-2027/edit/")
    with tenant(organization):
        copy = Badge.objects.get(slug="hipaa-2027")
        said = [{name: getattr(one, name) for name in BADGE_FIELDS} for one in (badge, copy)]
        assert said[1] == {**said[0], "name": "HIPAA 2027"}
        assert (copy.state, copy.rule_ends_after) == ("draft", "2 years")
        rules = [Rule.objects.get(badge=one).versions.get().definition for one in (badge, copy)]
        assert rules[1] == {**rules[0], "id": "hipaa-2027", "name": "HIPAA 2027"}
        texts = [
            sorted(
                NoticeText.objects.filter(badge=one).values_list(
                    "kind", "language", "subject", "body", "html"
                )
            )
            for one in (badge, copy)
        ]
        assert (len(texts[0]), texts[1]) == (2, texts[0])
        assert (Award.objects.filter(badge=copy).count(), Example.objects.filter(badge=copy).count()) == (
            0,
            0,
        )


def test_a_copy_of_a_copy_has_an_address_of_its_own(badge: Badge, alice: Person) -> None:
    with tenant(badge.organization):
        made = copy_badge(badge=badge, name="HIPAA!", by=alice)
        assert (made.slug, copy_badge(badge=made, name="HIPAA?", by=alice).slug) == ("hipaa-2", "hipaa-3")


@pytest.mark.parametrize("name", ["", "hipaa", "x" * 81, "A\0b", "A\u202eb"])
def test_a_name_that_will_not_do_is_told_and_makes_nothing(
    as_alice: Client, organization: Organization, badge: Badge, name: str
) -> None:
    answer = as_alice.post(COPY, {"name": name})
    assert (answer.status_code, "id_name-err" in answer.text) == (422, True)
    with tenant(organization):
        assert Badge.objects.count() == 2


def test_a_rule_that_could_not_be_saved_today_is_told(
    as_alice: Client, organization: Organization, badge: Badge
) -> None:
    with tenant(organization):
        rule = Rule.objects.get(badge=badge)
        rule.versions.create(
            organization=organization, number=2, definition={"criterion": {"type": "magic"}}, made_at=now()
        )
        Rule.objects.filter(pk=rule.pk).update(current=2)
    assert as_alice.post(COPY, {"name": "HIPAA 2027"}).status_code == 422
    with tenant(organization):
        assert not Badge.objects.filter(slug="hipaa-2027").exists()
