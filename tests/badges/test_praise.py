"""“Well done”, said to an award by colleagues who may see it, and taken back."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand, revoke_award
from badges.defining import set_badge_state
from badges.hiding import hide_badges
from badges.models import Award, Badge, Praise
from badges.praising import praise_award, take_praise_back
from boards.merging import merge_people, part_people
from people.changes import Refused
from people.models import Organization, Person
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    PersonFactory,
    UserFactory,
)

HOME = "/riverside/"
SAY = 'id="say-'


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="coach", name="Coach")


@pytest.fixture
def award(badge: Badge, alice: Person, bob: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(badge=badge, person=bob, by=alice, reason="Helps others.")


def say(client: Client, award: Award, answer: str = "yes", **more: str) -> int:
    path = f"/riverside/awards/{award.pk}/well-done/"
    return client.post(path, {"say": answer, **more}).status_code


def said(award: Award) -> list[str]:
    with tenant(award.organization):
        return [one.person.name for one in Praise.objects.said().filter(award=award)]


def test_colleagues_say_it_once_and_take_it_back(as_mary: Client, as_bob: Client, award: Award) -> None:
    page = award.get_absolute_url()
    assert 'value="yes" aria-pressed="false"' in as_mary.get(page).text
    assert [say(as_mary, award), say(as_mary, award)] == [302, 302]
    assert said(award) == ["Mary Moss"]
    mine, his = as_mary.get(page).text, as_bob.get(page).text
    assert 'value="no" aria-pressed="true"' in mine
    assert ("1 colleague says “well done”" in his, "Mary Moss</bdi>" in his, SAY in his) == (
        True,
        True,
        False,
    )
    assert [say(as_mary, award, "no"), say(as_mary, award, "no")] == [302, 302]
    assert (said(award), "say “well done”" in as_bob.get(page).text) == ([], False)


def test_one_s_own_award_and_what_ended_are_not_praised(
    as_bob: Client, as_mary: Client, award: Award, alice: Person, bob: Person, mary: Person
) -> None:
    assert (say(as_bob, award), said(award)) == (302, [])
    with tenant(award.organization):
        with pytest.raises(IntegrityError, match="praise_of_another"), transaction.atomic():
            Praise.objects.create(organization=award.organization, award=award, person=bob)
        revoke_award(award=award, by=alice, reason="The wrong Bob.")
        award.refresh_from_db()
        with pytest.raises(Refused, match="has ended"):
            praise_award(award=award, by=mary)
    assert SAY not in as_mary.get(award.get_absolute_url()).text
    assert (say(as_mary, award), said(award)) == (302, [])


def test_whoever_may_not_see_an_award_cannot_praise_it(
    as_mary: Client, as_charlie: Client, award: Award, bob: Person, alice: Person
) -> None:
    colleague = logged_in(PersonFactory(organization=award.organization, user=UserFactory()))
    assert (say(colleague, award), say(as_charlie, award)) == (302, 404)
    with tenant(award.organization):
        hide_badges(person=bob, badges=[award.badge], everything=False)
    assert (say(colleague, award), say(as_mary, award)) == (404, 302)  # managers see histories
    with tenant(award.organization):
        set_badge_state(badge=award.badge, state="withdrawn", by=alice, reason="No course.")
    assert say(as_mary, award) == 404


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/riverside/boards/7/?x=1", "/riverside/boards/7/?x=1"),
        ("", None),
        ("https://evil.example/riverside/", None),
        ("//evil.example/", None),
        ("/halden/", None),
    ],
)
def test_one_is_led_back_to_the_page_that_it_was_said_on(
    as_mary: Client, award: Award, back: str, to: str | None
) -> None:
    path = f"/riverside/awards/{award.pk}/well-done/"
    answer = as_mary.post(path, {"say": "yes", "next": back})
    assert answer["Location"] == f"{to or award.get_absolute_url()}#praise-{award.pk}"


def test_scripts_get_the_button_alone(as_mary: Client, award: Award) -> None:
    path = f"/riverside/awards/{award.pk}/well-done/"
    answer = as_mary.post(path, {"say": "yes", "next": HOME}, headers={"HX-Request": "true"})
    assert "<h1" not in answer.text
    assert ('aria-pressed="true"' in answer.text, f'name="next" value="{HOME}"' in answer.text) == (
        True,
        True,
    )


def test_scripts_load_the_page_that_says_why_it_was_refused(
    as_mary: Client, award: Award, alice: Person
) -> None:
    with tenant(award.organization):
        revoke_award(award=award, by=alice, reason="The wrong Bob.")
    path = f"/riverside/awards/{award.pk}/well-done/"
    answer = as_mary.post(path, {"say": "yes", "next": HOME}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert "has ended." in as_mary.get(HOME).text


def test_it_shows_on_profile_card_and_home_at_the_same_cost(
    as_mary: Client, award: Award, mary: Person, bob: Person, alice: Person
) -> None:
    organization = award.organization
    place = LocationFactory(organization=organization)
    board = BoardFactory(organization=organization, made_by=mary)
    CardFactory(organization=organization, board=board, kind="awards", columns=[])
    with tenant(organization):
        Person.objects.update(location=place)
        hers = grant_by_hand(badge=award.badge, person=mary, by=alice, reason="Helps others.")
    paths = [HOME, f"/riverside/people/{bob.pk}/", board.get_absolute_url(), award.get_absolute_url()]

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(path).status_code == 200
        return len(captured)

    before = [cost(path) for path in paths]
    with tenant(organization):
        for _ in range(3):
            colleague = PersonFactory(organization=organization)
            praise_award(award=award, by=colleague)
            praise_award(award=hers, by=colleague)
    assert [cost(path) for path in paths] == before
    home, profile, card, _ = (as_mary.get(path).text for path in paths)
    count = '3<span class="vh"> said “well done” to Bob Brown for Coach</span>'
    assert [count in home, count in card] == [True, True]
    assert '3<span class="vh"> said “well done”</span>' in profile
    assert f'id="say-{hers.pk}"' not in card  # one's own shows how many, without a button


def test_what_two_records_said_is_said_once_after_a_merge_and_twice_again_without(
    inside: Organization, award: Award, alice: Person, bob: Person
) -> None:
    ann, second = (PersonFactory(organization=inside, name=name) for name in ("Ann", "Anne"))
    own = grant_by_hand(badge=award.badge, person=second, by=alice, reason="Helps others.")
    for one in (ann, second):
        praise_award(award=award, by=one)
    praise_award(award=own, by=ann)
    merge = merge_people(kept=ann, merged=second, by=alice)
    assert (said(award), said(own)) == (["Ann"], [])
    part_people(merge=merge, by=alice)
    assert (sorted(said(award)), said(own)) == (["Ann", "Anne"], ["Ann"])


def test_what_was_taken_back_is_no_more(inside: Organization, award: Award, mary: Person) -> None:
    praise_award(award=award, by=mary)
    take_praise_back(award=award, by=mary)
    take_praise_back(award=award, by=mary)
    praise_award(award=award, by=mary)
    assert list(Praise.objects.values_list("person", "stands")) == [(mary.pk, True)]
