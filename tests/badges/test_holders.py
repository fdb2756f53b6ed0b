"""The holders of a badge on its page and as of a day: found by words, in an order, and in the file as they are seen."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from badges.actions import grant_by_hand
from badges.hiding import hide_badges
from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import save_rule, set_rule_state
from rules.models import Rule
from tests.factories import BadgeFactory, PersonFactory

PAGE = "/riverside/badges/hipaa/"
DAY = timedelta(days=1)
YEARLY = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "expires", "after": "1 year"},
}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    """Held by four: Zoë longest and for good, Ann till the soonest end, Ida a little longer, Max least long."""
    badge = BadgeFactory(organization=organization, slug="hipaa", name="HIPAA", mode="both")
    said = [
        ("Zoë Young", "Nurse", 40, None),
        ("Ann Adams", "Matron", 30, 10),
        ("Ida Iverson", "Nurse", 20, 20),
        ("Max Moll", "Porter", 10, 30),
    ]
    with tenant(organization):
        for name, title, since, until in said:
            person = PersonFactory(organization=organization, name=name, title=title)
            ends_at = now() + until * DAY if until else None
            grant_by_hand(
                badge=badge, person=person, by=None, reason="Passed.", starts_at=now() - since * DAY, ends_at=ends_at
            )  # fmt: skip
    return badge


def shown(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [person.name.split()[0] for person in answer.context["page"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Max", "Ida", "Ann", "Zoë"]),
        ("?sort=newest", ["Max", "Ida", "Ann", "Zoë"]),
        ("?sort=name", ["Ann", "Ida", "Max", "Zoë"]),
        ("?sort=ends", ["Ann", "Ida", "Max", "Zoë"]),
        ("?q=nurse&sort=name", ["Ida", "Zoë"]),
        ("?q=zoe", ["Zoë"]),
        ("?q=person+nobody", []),
    ],
)
def test_holders_are_found_and_put_in_order(
    as_bob: Client, badge: Badge, query: str, names: list[str]
) -> None:
    assert shown(as_bob, f"{PAGE}{query}") == names
    assert "<dt>Hold it now</dt><dd>4" in as_bob.get(f"{PAGE}{query}").text


def test_what_does_not_end_while_its_rule_is_paused_comes_last(
    as_bob: Client, badge: Badge, bob: Person
) -> None:
    with tenant(badge.organization):
        rule = save_rule(badge=badge, definition=YEARLY, by=None)
        Award.objects.create(
            organization=badge.organization, badge=badge, person=bob, origin="rule", starts_at=now() - DAY,
            expires_at=now() + DAY, recorded_at=now(), rule_version=1,
        )  # fmt: skip
    assert shown(as_bob, f"{PAGE}?sort=ends")[0] == "Bob"
    with tenant(badge.organization):
        set_rule_state(rule=Rule.objects.get(pk=rule.pk), state="paused", by=None)
    assert shown(as_bob, f"{PAGE}?sort=ends") == ["Ann", "Ida", "Max", "Bob", "Zoë"]


def test_whoever_hides_the_badge_is_not_found_by_colleagues(
    as_bob: Client, as_mary: Client, badge: Badge
) -> None:
    with tenant(badge.organization):
        ida = Person.objects.get(name="Ida Iverson")
        hide_badges(person=ida, badges=[badge], everything=False)
    assert (shown(as_bob, f"{PAGE}?q=ida"), shown(as_mary, f"{PAGE}?q=ida")) == ([], ["Ida"])


def test_scripts_get_the_holders_alone(as_bob: Client, badge: Badge) -> None:
    part = as_bob.get(f"{PAGE}?q=ida", headers={"HX-Request": "true"})
    assert ("Ida Iverson" in part.text, "<h1>" in part.text, "HX-Request" in part["Vary"]) == (
        True,
        False,
        True,
    )


def test_the_file_follows_what_is_seen(as_mary: Client, badge: Badge) -> None:
    for address in (f"{PAGE}?q=nurse&sort=newest", f"{PAGE}holders/?q=nurse&sort=newest"):
        page = as_mary.get(address).text.replace("&amp;", "&")
        start = page.index("/riverside/badges/hipaa/holders.csv?")
        file = as_mary.get(page[start : page.index('"', start)])
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert [row["Name"] for row in rows] == ["Ida Iverson", "Zoë Young"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ann", "Ida", "Max", "Zoë"]),
        ("?sort=newest", ["Max", "Ida", "Ann", "Zoë"]),
        ("?sort=ends&q=nurse", ["Ida", "Zoë"]),
    ],
)
def test_holders_as_of_a_day_are_found_and_put_in_order(
    as_mary: Client, badge: Badge, query: str, names: list[str]
) -> None:
    page = as_mary.get(f"{PAGE}holders/{query}").context["page"]
    assert [held.person.name.split()[0] for held in page] == names


def test_badges_of_those_found_are_changed_together(as_alice: Client, badge: Badge) -> None:
    page = as_alice.get(f"{PAGE}?q=nurse").text.replace("&amp;", "&")
    assert "Change badges of those found" in page
    start = page.index("/riverside/people/bulk/?q=nurse")
    answer = as_alice.post(page[start : page.index('"', start)], {"do": "remove"}, follow=True)
    assert "2 people" in answer.text
