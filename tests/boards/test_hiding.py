"""What people keep from their colleagues: hidden wherever colleagues look, and from nobody who may see histories."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from badges.actions import grant_by_hand
from badges.counts import recount_badges, recount_everybody
from badges.hiding import hide_badges
from badges.models import Award, AwardTally, Badge, HiddenBadge
from badges.nominating import nominate
from boards.merging import merge_people, part_people
from boards.models import Board, CardKind, Order
from people.changes import Refused
from people.clock import now
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, BoardFactory, CardFactory, PersonFactory

LIST = "/riverside/people/"
MINE = "/riverside/my-badges/"
COLUMNS = ["badges", "last_award", "next_end"]


@pytest.fixture
def hipaa(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 month")


@pytest.fixture
def burst(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", takes_nominations=True)


@pytest.fixture
def dora(organization: Organization, hipaa: Badge, burst: Badge, alice: Person, bob: Person) -> Person:
    """Bob's report. Both hold Kaizen Burst; she has HIPAA as well, and the latest."""
    dora: Person = PersonFactory(organization=organization, name="Dora Dale", manager=bob)
    with tenant(organization):
        for badge, person, hours in ((burst, bob, 72), (burst, dora, 49), (hipaa, dora, 48)):
            award = grant_by_hand(badge=badge, person=person, by=alice, reason="Well done.")
            Award.objects.filter(pk=award.pk).update(starts_at=now() - timedelta(hours=hours))
        recount_badges(organization.pk, [dora.pk, bob.pk])
    return dora


@pytest.fixture
def board(organization: Organization) -> Board:
    board: Board = BoardFactory(organization=organization)
    CardFactory(organization=organization, board=board, columns=COLUMNS, title="People")
    CardFactory(organization=organization, board=board, kind=CardKind.AWARDS, columns=[], title="Awards")
    return board


def hide(person: Person, *badges: Badge, everything: bool = False) -> None:
    with tenant(person.organization):
        hide_badges(person=person, badges=badges, everything=everything)


def names(client: Client, query: object = None) -> list[str]:
    return [row.person.name for row in client.get(LIST, query).context["table"].rows]


def on_people_page(client: Client, dora: Person) -> str:
    return str(client.get(LIST, {"q": "dora", "col": COLUMNS}).text.split("<tbody", 1)[1])


def exported(client: Client, dora: Person) -> str:
    query = "&".join(f"col={column}" for column in COLUMNS)
    data = client.post("/riverside/people/exports/", {"query": query}).content
    return next(" ".join(row) for row in csv.reader(io.StringIO(data.decode())) if "Dora Dale" in row)


READERS: dict[str, Callable[[Client, Person], str]] = {
    "her profile": lambda client, dora: client.get(dora.get_absolute_url()).text,
    "the People page": on_people_page,
    "an export": exported,
    "the home page": lambda client, dora: client.get("/riverside/").text.split("Your team", 1)[-1],
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("everything", [False, True])
def test_colleagues_do_not_see_it(
    as_bob: Client, dora: Person, hipaa: Badge, read: Callable[[Client, Person], str], everything: bool
) -> None:
    assert "HIPAA Certified" in read(as_bob, dora)
    hide(dora, *([] if everything else [hipaa]), everything=everything)
    seen = read(as_bob, dora)
    assert ("HIPAA Certified" in seen, "Kaizen Burst" in seen) == (False, not everything)
    hide(dora)
    assert "HIPAA Certified" in read(as_bob, dora)


@pytest.mark.parametrize("reader", ["her profile", "the People page", "an export"])
def test_who_may_see_histories_sees_it(as_mary: Client, dora: Person, reader: str) -> None:
    hide(dora, everything=True)
    assert "HIPAA Certified" in READERS[reader](as_mary, dora)


def test_the_profile_of_who_hides_all_is_not_said_to_be_of_somebody_without(
    as_bob: Client, dora: Person
) -> None:
    hide(dora, everything=True)
    seen = as_bob.get(dora.get_absolute_url()).text
    assert ("No badges to see" in seen, "Nothing to see." in seen) == (True, True)
    assert [words for words in ("No badge yet", "Nothing has happened yet") if words in seen] == []


def test_the_profile_says_what_is_hidden_to_those_who_see_it(
    as_bob: Client, as_mary: Client, bob: Person, burst: Badge, dora: Person
) -> None:
    said = 'Hidden<span class="vh"> from colleagues'
    hide(bob, burst)
    for client, seen in ((as_bob, 1), (as_mary, 1)):
        assert client.get(bob.get_absolute_url()).text.count(said) == seen
    assert said not in as_mary.get(dora.get_absolute_url()).text


def test_boards_show_it_to_managers_and_a_screen_on_the_wall_to_nobody(
    as_bob: Client, as_mary: Client, board: Board, dora: Person, hipaa: Badge
) -> None:
    address = board.get_absolute_url()
    assert as_bob.get(address).text.count("HIPAA Certified") >= 2
    hide(dora, hipaa)
    assert "HIPAA Certified" not in as_bob.get(address).text
    assert "HIPAA Certified" in as_mary.get(address).text
    assert "HIPAA Certified" not in as_mary.get(address, {"wall": "1"}).text


def test_who_holds_a_badge_is_counted_and_named_without_them(
    as_bob: Client, as_mary: Client, dora: Person, hipaa: Badge
) -> None:
    hide(dora, hipaa)
    for client, holders in ((as_bob, []), (as_mary, ["Dora Dale"])):
        page = client.get(hipaa.get_absolute_url())
        assert [person.name for person in page.context["page"]] == holders
        assert page.context["figures"].given == len(holders)
        sections = client.get("/riverside/badges/").context["sections"]
        counts = {entry.badge.slug: entry.holders for section in sections for entry in section.entries}
        assert counts == {"hipaa": len(holders), "burst": 2}


def test_the_award_itself_is_not_found(as_bob: Client, as_mary: Client, dora: Person, hipaa: Badge) -> None:
    with tenant(dora.organization):
        address = Award.objects.get(badge=hipaa).get_absolute_url()
    hide(dora, hipaa)
    assert [client.get(address).status_code for client in (as_bob, as_mary)] == [404, 200]


@pytest.mark.parametrize("everything", [False, True])
def test_filters_find_nobody_by_what_they_hide(
    as_bob: Client, as_mary: Client, dora: Person, hipaa: Badge, everything: bool
) -> None:
    hide(dora, hipaa, everything=everything)
    for query in ({"badge": "hipaa"}, {"ends": "soon"}, {"badge": ["hipaa", "burst"]}):
        assert (names(as_bob, query), names(as_mary, query)) == ([], ["Dora Dale"])
    for query, seen in (({"without": "hipaa"}, True), ({"badge": "burst"}, not everything)):
        assert ("Dora Dale" in names(as_bob, query)) == seen
    assert "Dora Dale" not in names(as_mary, {"without": "hipaa"})


def test_no_order_tells_of_it(
    as_bob: Client, as_mary: Client, bob: Person, dora: Person, hipaa: Badge, burst: Badge
) -> None:
    for order in (Order.BADGES, Order.LAST_AWARD):
        assert names(as_bob, {"sort": order})[0] == "Dora Dale"
    hide(dora, hipaa, burst)
    for order in (Order.BADGES, Order.LAST_AWARD):
        assert names(as_bob, {"sort": order})[0] == "Bob Brown"
        assert names(as_mary, {"sort": order})[0] == "Dora Dale"
        assert "Dora Dale" in names(as_bob, {"sort": order, "after": bob.pk})
        assert "Dora Dale" not in names(as_mary, {"sort": order, "after": bob.pk})


def test_the_order_by_next_end_tells_of_it_to_those_alone_who_see_it(
    as_bob: Client,
    as_mary: Client,
    inside: Organization,
    alice: Person,
    bob: Person,
    dora: Person,
    hipaa: Badge,
) -> None:
    """Dora's badge ends first; while she hides it, she is to colleagues like whoever has none to renew."""
    hand = BadgeFactory(organization=inside, slug="hand", ends_after="1 year")
    sooner = BadgeFactory(organization=inside, slug="sooner", ends_after="30 days")
    grant_by_hand(badge=sooner, person=dora, by=alice, reason="Passed.")
    grant_by_hand(badge=hand, person=bob, by=alice, reason="Passed.")
    assert names(as_bob, {"sort": "next_end"})[:2] == ["Dora Dale", "Bob Brown"]
    hide(dora, sooner, hipaa)
    assert names(as_bob, {"sort": "next_end"})[0] == "Bob Brown"
    assert "Dora Dale" in names(as_bob, {"sort": "next_end", "after": bob.pk})
    assert names(as_mary, {"sort": "next_end"})[:2] == ["Dora Dale", "Bob Brown"]


def test_what_comes_later_is_hidden_with_all(
    as_bob: Client, inside: Organization, alice: Person, dora: Person
) -> None:
    hide_badges(person=dora, badges=[], everything=True)
    later = BadgeFactory(organization=inside, slug="later", name="Later On")
    grant_by_hand(badge=later, person=dora, by=alice, reason="Well done.")
    assert tallies(dora) == {1: 3, 2: 0}
    assert "Later On" not in as_bob.get(dora.get_absolute_url()).text
    assert names(as_bob, {"badge": "later"}) == []


def tallies(person: Person) -> dict[int, int]:
    return dict(AwardTally.objects.filter(person=person).values_list("audience", "badge_count"))


def test_every_count_holds_for_both_kinds_of_readers(
    inside: Organization, alice: Person, dora: Person, hipaa: Badge, burst: Badge
) -> None:
    assert tallies(dora) == {0: 2}
    hide_badges(person=dora, badges=[hipaa], everything=False)
    assert tallies(dora) == {1: 2, 2: 1}
    third = BadgeFactory(organization=inside, slug="third")
    grant_by_hand(badge=third, person=dora, by=alice, reason="Well done.")
    assert tallies(dora) == {1: 3, 2: 2}
    assert recount_everybody(organization=inside) == 0
    hide_badges(person=dora, badges=[], everything=False)
    assert tallies(dora) == {0: 3}


def test_a_refused_nomination_tells_nothing_of_it(
    inside: Organization, bob: Person, dora: Person, burst: Badge
) -> None:
    with pytest.raises(Refused, match="holds Kaizen Burst already"):
        nominate(badge=burst, nominee=dora, by=bob, reason="She helped us.")
    hide_badges(person=dora, badges=[burst], everything=False)
    assert nominate(badge=burst, nominee=dora, by=bob, reason="She helped us.").pk


def test_two_records_that_are_merged_hide_what_either_hid(
    inside: Organization, alice: Person, bob: Person, dora: Person, hipaa: Badge
) -> None:
    hide_badges(person=dora, badges=[hipaa], everything=False)
    second = PersonFactory(organization=inside)
    merge = merge_people(kept=second, merged=dora, by=alice)
    assert (tallies(second), tallies(dora)) == ({1: 2, 2: 1}, {0: 0})
    part_people(merge=merge, by=alice)
    assert (tallies(second), tallies(dora)) == ({0: 0}, {1: 2, 2: 1})


# --- choosing


def test_somebody_chooses_on_a_page_of_their_own(
    as_bob: Client, bob: Person, dora: Person, burst: Badge
) -> None:
    page = as_bob.get(MINE)
    assert [str(badge) for badge in page.context["form"].fields["badges"].queryset] == ["Kaizen Burst"]
    done = as_bob.post(MINE, {"choice": "shown", "badges": [burst.pk]}, follow=True)
    assert "What colleagues see of your badges is saved." in done.text
    form = as_bob.get(MINE).context["form"]
    assert (form["choice"].value(), form["badges"].value()) == ("shown", [burst.pk])
    with tenant(bob.organization):
        entry = AuditEntry.objects.get(action="person.hid_badges")
        assert (entry.actor, entry.details) == (bob, {"person": bob.pk, "hides_all": False, "badges": 1})
    as_bob.post(MINE, {"choice": "shown", "badges": [burst.pk]})
    as_bob.post(MINE, {"choice": "hidden", "badges": [burst.pk]})
    with tenant(bob.organization):
        assert set(HiddenBadge.objects.values_list("person", "badge")) == {(bob.pk, burst.pk), (bob.pk, None)}
        assert AuditEntry.objects.filter(action="person.hid_badges").count() == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [({}, "Choose one of the two."), ({"choice": "shown", "badges": ["hipaa"]}, "is not yours")],
)
def test_nonsense_is_told_and_changes_nothing(
    as_bob: Client, dora: Person, hipaa: Badge, data: dict[str, object], said: str
) -> None:
    hers = {**data, "badges": [hipaa.pk]} if data else data
    response = as_bob.post(MINE, hers)
    assert (response.status_code, said in response.text) == (422, True)
    with tenant(hipaa.organization):
        assert not HiddenBadge.objects.exists()


def test_a_withdrawn_badge_stays_hidden(
    inside: Organization, alice: Person, dora: Person, hipaa: Badge, burst: Badge
) -> None:
    hide_badges(person=dora, badges=[hipaa], everything=False)
    Badge.objects.filter(pk=hipaa.pk).update(state="withdrawn")
    hide_badges(person=dora, badges=[burst], everything=False)
    assert set(HiddenBadge.objects.values_list("badge", flat=True)) == {hipaa.pk, burst.pk}
