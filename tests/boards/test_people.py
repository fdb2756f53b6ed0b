"""The People page: who is on it, what it says of them, and at what cost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.counts import recount_improvements
from activity.models import Activity, Kind, Source
from activity.steps import submit_improvement
from badges.actions import grant_by_hand, revoke_award
from badges.counts import recount_badges
from badges.defining import set_badge_state
from badges.models import Award, AwardTally, Badge, BadgeKind, BadgeState
from boards import queries
from boards.models import Order
from people.clock import now
from people.models import Location, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory

LIST = "/riverside/people/"
ALL_COLUMNS = {"col": ["badges", "title", "location", "manager", "improvements", "last_award", "next_end"]}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def ward(organization: Organization) -> Location:
    return LocationFactory(organization=organization, name="Ward 4B")


def give(badge: Badge, person: Person, by: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(badge=badge, person=person, by=by, reason="Passed.")


def names(client: Client, query: object = None) -> list[str]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [row.person.name for row in response.context["table"].rows]


def cells(client: Client, name: str, column: str) -> object:
    rows = client.get(LIST, {"col": column}).context["table"].rows
    return next(row.cells[0].value for row in rows if row.person.name == name)


def asked(client: Client, path: str, query: object = None) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, query).status_code == 200
    return len(captured)


def test_everybody_who_is_here_by_name(as_bob: Client, alice: Person, organization: Organization) -> None:
    PersonFactory(organization=organization, name="Zoe Left", left_on="2026-01-31")
    assert names(as_bob) == ["Alice Adams", "Bob Brown"]
    assert names(as_bob, {"status": "left"}) == ["Zoe Left"]
    assert names(as_bob, {"status": "all"}) == ["Alice Adams", "Bob Brown", "Zoe Left"]


def test_a_stranger_finds_no_such_page(as_charlie: Client, bob: Person) -> None:
    assert as_charlie.get(LIST).status_code == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("brown", ["Bob Brown"]),
        ("bro bo", ["Bob Brown"]),
        ("BOB@river", ["Bob Brown"]),
        ("rown", []),
        ("nurse", ["Amélie Nurse-Ek"]),
        ("amelie", ["Amélie Nurse-Ek"]),
        ("%", []),
        ("_", []),
    ],
)
def test_search_by_words_of_name_title_and_address(
    as_bob: Client, organization: Organization, text: str, found: list[str]
) -> None:
    PersonFactory(organization=organization, name="Amélie Nurse-Ek", title="Ward nurse")
    assert names(as_bob, {"q": text}) == found


def test_a_location_means_everything_below_it(
    as_bob: Client, organization: Organization, ward: Location
) -> None:
    bay = LocationFactory(organization=organization, name="Bay 2", parent=ward)
    PersonFactory(organization=organization, name="Wendy Ward", location=ward)
    PersonFactory(organization=organization, name="Benny Bay", location=bay)
    assert names(as_bob, {"location": ward.pk}) == ["Benny Bay", "Wendy Ward"]
    assert names(as_bob, {"location": bay.pk}) == ["Benny Bay"]
    assert names(as_bob, {"location": ward.pk, "q": "wendy"}) == ["Wendy Ward"]


def test_by_a_badge_that_is_held_or_is_not(as_bob: Client, badge: Badge, alice: Person, bob: Person) -> None:
    award = give(badge, bob, alice)
    assert names(as_bob, {"badge": "hipaa"}) == ["Bob Brown"]
    assert names(as_bob, {"without": "hipaa"}) == ["Alice Adams"]
    assert names(as_bob, {"badge": "hipaa", "without": "hipaa"}) == []
    with tenant(badge.organization):
        revoke_award(award=award, by=alice, reason="A mistake.")
    assert names(as_bob, {"badge": "hipaa"}) == []


def test_several_badges_are_all_held(
    as_bob: Client, organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    burst = BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst")
    for one, person in ((badge, alice), (badge, bob), (burst, bob)):
        give(one, person, bob if person == alice else alice)
    assert names(as_bob, {"badge": ["hipaa", "burst"]}) == ["Bob Brown"]
    assert names(as_bob, {"badge": "hipaa", "without": "burst"}) == ["Alice Adams"]
    page = as_bob.get(LIST, {"badge": ["hipaa", "burst", "hipaa"], "without": ""})
    assert [badge.slug for badge in page.context["asked"].filters.badges] == ["hipaa", "burst"]
    assert 'href="?badge=burst&amp;without="' in page.text


def test_who_holds_what_ends_soon(as_bob: Client, badge: Badge, alice: Person, bob: Person) -> None:
    award = give(badge, bob, alice)
    assert names(as_bob, {"ends": "soon"}) == []
    with tenant(badge.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=59))
    assert names(as_bob, {"ends": "soon"}) == ["Bob Brown"]
    with tenant(badge.organization):
        Award.objects.create(
            organization=badge.organization, badge=badge, person=bob, origin="rule",
            starts_at=award.starts_at, recorded_at=now(),
        )  # fmt: skip
    assert names(as_bob, {"ends": "soon"}) == []


def test_by_role(as_bob: Client, alice: Person, mary: Person) -> None:
    assert names(as_bob, {"role": "manager"}) == ["Mary Moss"]
    assert names(as_bob, {"role": "user_administrator"}) == ["Alice Adams"]
    assert names(as_bob, {"role": "employee"}) == ["Bob Brown"]
    assert names(as_bob, {"role": "emperor"}) == ["Alice Adams", "Bob Brown", "Mary Moss"]


def test_names_are_ordered_without_regard_to_case_and_accents(
    as_bob: Client, organization: Organization
) -> None:
    for name in ("Étienne", "anna", "Zoe"):
        PersonFactory(organization=organization, name=name)
    assert names(as_bob) == ["anna", "Bob Brown", "Étienne", "Zoe"]


def test_the_longest_name_can_be_ordered(as_bob: Client, organization: Organization) -> None:
    name = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 150
    PersonFactory(organization=organization, name=name)
    assert names(as_bob) == ["Bob Brown", name]


def test_a_withdrawn_badge_is_no_filter(as_alice: Client, badge: Badge, alice: Person, bob: Person) -> None:
    give(badge, bob, alice)
    with tenant(badge.organization):
        set_badge_state(badge=badge, state="withdrawn", by=alice, reason="No course.")
    assert names(as_alice, {"badge": "hipaa"}) == ["Alice Adams", "Bob Brown"]


def test_most_badges_first(as_bob: Client, badge: Badge, alice: Person, bob: Person) -> None:
    give(badge, bob, alice)
    assert names(as_bob, {"sort": "badges"}) == ["Bob Brown", "Alice Adams"]


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "after=-1",
        "after=" + "9" * 18,
        "before=" + "9" * 5000,
        "before=%00",
        "location=1" + "0" * 18,
        "location=%00",
        "location=%D9%A1",
        "q=%00",
        "q=" + "%25_(" * 3000,
        "badge=%00",
        "badge=" + "x" * 10_000,
        "sort=user__password",
        "sort=__class__",
        "col=password&col=__class__",
        "without=%00&status=nobody&ends=%00&role=%00",
        "&".join(f"badge=b{n}&without=c{n}" for n in range(300)),
    ],
)
def test_nonsense_in_the_address_does_no_harm(as_bob: Client, query: str) -> None:
    assert as_bob.get(f"{LIST}?{query}").status_code == 200


def test_a_place_that_is_not_there_is_said(as_bob: Client, charlie: Person) -> None:
    place = LocationFactory(organization=charlie.organization)
    assert "It was left out." in as_bob.get(LIST, {"location": place.pk}).text
    assert "It was left out." not in as_bob.get(LIST).text


def test_nobody_found_says_what_to_do(as_bob: Client) -> None:
    assert "Nobody matches" in as_bob.get(LIST, {"q": "xyzzy"}).text


# --- columns


def test_columns_come_in_the_order_chosen(as_bob: Client) -> None:
    table = as_bob.get(LIST, {"col": ["title", "badges", "nonsense", "title"]}).context["table"]
    assert [column.name for column in table.columns] == ["title", "badges"]


def test_without_a_choice_the_usual_columns_show(as_bob: Client) -> None:
    table = as_bob.get(LIST).context["table"]
    assert [column.name for column in table.columns] == ["location", "badges", "improvements", "next_end"]


def test_the_badges_column_shows_each_badge_once_newest_first(
    as_bob: Client, badge: Badge, alice: Person, bob: Person, organization: Organization
) -> None:
    give(badge, bob, alice)
    better = BadgeFactory(organization=organization, name="HIPAA Master", supersedes=[badge])
    burst = BadgeFactory(organization=organization, name="Kaizen Burst")
    with tenant(organization):
        for n in (1, 2, 3):
            Award.objects.create(
                organization=organization, badge=burst, person=bob, origin="rule", key=f"{n}",
                starts_at=now() - timedelta(days=10 - n), recorded_at=now(),
            )  # fmt: skip
    shown = [(held.badge.name, held.times) for held in cells(as_bob, "Bob Brown", "badges")]
    assert shown == [("HIPAA Certified", 1), ("Kaizen Burst", 3)]
    give(better, bob, alice)
    shown = [held.badge.name for held in cells(as_bob, "Bob Brown", "badges")]
    assert shown == ["HIPAA Master", "Kaizen Burst"]
    with tenant(organization):
        set_badge_state(badge=better, state="withdrawn", by=alice, reason="A mistake.")
    shown = [held.badge.name for held in cells(as_bob, "Bob Brown", "badges")]
    assert shown == ["HIPAA Certified", "Kaizen Burst"]


def test_one_badge_by_hand_and_by_rule_is_not_earned_twice(
    as_bob: Client, badge: Badge, alice: Person, bob: Person
) -> None:
    award = give(badge, bob, alice)
    with tenant(badge.organization):
        Award.objects.create(
            organization=badge.organization, badge=badge, person=bob, origin="rule",
            starts_at=award.starts_at, recorded_at=now(),
        )  # fmt: skip
    assert [held.times for held in cells(as_bob, "Bob Brown", "badges")] == [1]
    assert cells(as_bob, "Bob Brown", "next_end") is None


def test_the_next_end(as_bob: Client, badge: Badge, alice: Person, bob: Person) -> None:
    award = give(badge, bob, alice)
    end = cells(as_bob, "Bob Brown", "next_end")
    assert (end.badge, end.at, end.soon) == ("HIPAA Certified", award.expires_at, False)
    with tenant(badge.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=18))
    assert "In 18 days" in as_bob.get(LIST, {"col": "next_end"}).text


@pytest.mark.parametrize("change", [{"kind": BadgeKind.HABIT}, {"reminds": False}])
def test_the_end_of_a_habit_or_without_reminders_is_none_to_look_to(
    as_bob: Client, badge: Badge, alice: Person, bob: Person, change: dict[str, object]
) -> None:
    award = give(badge, bob, alice)
    with tenant(badge.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=5))
        Badge.objects.filter(pk=badge.pk).update(**change)
    assert cells(as_bob, "Bob Brown", "next_end") is None
    assert names(as_bob, {"ends": "soon"}) == []


def test_improvements_of_twelve_months(as_bob: Client, bob: Person) -> None:
    with tenant(bob.organization):
        for _ in range(2):
            submit_improvement(author=bob, title="Red lids")
        kind, source = Kind.objects.get(name="improvement.submitted"), Source.objects.get()
        for n, days in ((1, 400), (2, 0)):
            Activity.objects.create(
                organization=bob.organization, person=bob, kind=kind, source=source, external_id=f"x{n}",
                occurred_at=now() - timedelta(days=days), recorded_at=now(),
                voided_at=None if days else now(),
            )  # fmt: skip
    rhythm = cells(as_bob, "Bob Brown", "improvements")
    assert rhythm.values == [0] * 11 + [2]


def test_title_location_manager_and_last_award(
    as_bob: Client, organization: Organization, ward: Location, badge: Badge, alice: Person
) -> None:
    wendy = PersonFactory(
        organization=organization, name="Wendy Ward", title="Nurse", location=ward, manager=alice
    )
    award = give(badge, wendy, alice)
    assert cells(as_bob, "Wendy Ward", "title") == "Nurse"
    assert cells(as_bob, "Wendy Ward", "location") == ward
    assert cells(as_bob, "Wendy Ward", "manager") == alice
    assert cells(as_bob, "Wendy Ward", "last_award") == award
    assert cells(as_bob, "Bob Brown", "last_award") is None


# --- pages


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "A_PAGE", 2)


@pytest.mark.parametrize("sort", ["name", "badges"])
def test_pages_forth_and_back_meet_everybody_once(
    as_bob: Client, organization: Organization, small_pages: None, sort: str
) -> None:
    people = [PersonFactory(organization=organization, name=name) for name in ("Cy", "Cy", "Dee", "Ed")]
    with tenant(organization):
        AwardTally.objects.filter(person__in=[people[1], people[3]]).update(badge_count=2)
    everybody = (
        ["Bob Brown", "Cy", "Cy", "Dee", "Ed"] if sort == "name" else ["Cy", "Ed", "Bob Brown", "Cy", "Dee"]
    )
    seen, query, pages = [], {"sort": sort}, []
    for _ in range(3):
        page = as_bob.get(LIST, query).context["page"]
        seen += [person.name for person in page.people]
        pages.append([person.pk for person in page.people])
        query = {"sort": sort, "after": page.after}
    assert seen == everybody
    assert page.after is None
    back = as_bob.get(LIST, {"sort": sort, "before": page.before}).context["page"]
    assert [person.pk for person in back.people] == pages[1]
    back = as_bob.get(LIST, {"sort": sort, "before": back.before}).context["page"]
    assert ([person.pk for person in back.people], back.before) == (pages[0], None)


def has_earned(badge: Badge, person: Person, at: datetime, **fields: Any) -> None:
    Award.objects.create(
        organization=badge.organization, badge=badge, person=person, origin="rule", starts_at=at, recorded_at=at,
        **fields,
    )  # fmt: skip


def has_submitted(kind: Kind, person: Person, at: datetime, count: int = 1) -> None:
    source, _ = Source.objects.get_or_create(organization=person.organization, name="sheet")
    for number in range(count):
        Activity.objects.create(
            organization=person.organization, person=person, kind=kind, role="author", occurred_at=at,
            recorded_at=at, source=source, external_id=f"{person.pk}-{number}",
        )  # fmt: skip


def count_anew(organization: Organization) -> None:
    everybody = list(Person.objects.values_list("pk", flat=True))
    recount_badges(organization.pk, everybody)
    recount_improvements(organization, everybody)


@pytest.mark.parametrize("sort", ["last_award", "improvements"])
def test_pages_by_what_people_did_meet_everybody_once(
    as_bob: Client, organization: Organization, badge: Badge, alice: Person, small_pages: None, sort: str
) -> None:
    """Alice and the two Cys are level, Bob and Dee have nothing; who is level comes by age."""
    cys = [PersonFactory(organization=organization, name="Cy") for _ in range(2)]
    PersonFactory(organization=organization, name="Dee")
    ann = PersonFactory(organization=organization, name="Ann")
    at = now() - timedelta(days=20)
    kind = KindFactory(organization=organization, name="improvement.submitted")
    with tenant(organization):
        for person, days, count in ((alice, 0, 1), (cys[0], 0, 1), (cys[1], 0, 1), (ann, 10, 2)):
            has_earned(badge, person, at + timedelta(days=days))
            has_submitted(kind, person, at, count)
        count_anew(organization)
    everybody = ["Ann", "Alice Adams", "Cy", "Cy", "Bob Brown", "Dee"]
    seen, query, pages = [], {"sort": sort}, []
    for _ in range(3):
        page = as_bob.get(LIST, query).context["page"]
        seen += [person.name for person in page.people]
        pages.append([person.pk for person in page.people])
        query = {"sort": sort, "after": page.after}
    assert (seen, page.after) == (everybody, None)
    back = as_bob.get(LIST, {"sort": sort, "before": page.before}).context["page"]
    assert [person.pk for person in back.people] == pages[1]


@pytest.fixture
def ranked(
    organization: Organization, badge: Badge, ward: Location, alice: Person, bob: Person
) -> dict[str, list[str]]:
    """By each order everybody from the first to the last. Bob has nothing to be ordered by but his name."""
    attic = LocationFactory(organization=organization, name="attic")
    fire = BadgeFactory(organization=organization)
    habit = BadgeFactory(organization=organization, kind=BadgeKind.HABIT)
    kind = KindFactory(organization=organization, name="improvement.submitted")
    cy, dee, ed = (
        PersonFactory(organization=organization, name=name, title=title, location=place, manager=manager)
        for name, title, place, manager in (
            ("Cy", "Nurse", ward, bob),
            ("Dee", "Porter", attic, bob),
            ("Ed", "Nurse", ward, alice),
        )
    )
    at = now()
    with tenant(organization):
        Person.objects.filter(pk=alice.pk).update(title="élève", location=attic, manager=dee)
        for person, of, starts, days, key in (
            (alice, badge, 9, 5, ""),
            (cy, badge, 7, 10, ""), (cy, badge, 7, 40, "again"), (cy, fire, 7, 30, ""),
            (dee, fire, 5, 20, ""), (dee, badge, 5, 50, ""),
            (ed, fire, 3, 60, ""), (ed, habit, 3, 2, ""),
        ):  # fmt: skip
            has_earned(of, person, at - timedelta(days=starts), expires_at=at + timedelta(days=days), key=key)
        for count, person in enumerate((alice, cy, dee, ed), start=1):
            has_submitted(kind, person, at, count)
        count_anew(organization)
    return {
        "name": ["Alice Adams", "Bob Brown", "Cy", "Dee", "Ed"],
        "-name": ["Ed", "Dee", "Cy", "Bob Brown", "Alice Adams"],
        "badges": ["Cy", "Dee", "Ed", "Alice Adams", "Bob Brown"],
        "-badges": ["Bob Brown", "Alice Adams", "Ed", "Dee", "Cy"],
        "last_award": ["Ed", "Dee", "Cy", "Alice Adams", "Bob Brown"],
        "-last_award": ["Bob Brown", "Alice Adams", "Cy", "Dee", "Ed"],
        "improvements": ["Ed", "Dee", "Cy", "Alice Adams", "Bob Brown"],
        "-improvements": ["Bob Brown", "Alice Adams", "Cy", "Dee", "Ed"],
        "next_end": ["Alice Adams", "Dee", "Cy", "Ed", "Bob Brown"],
        "-next_end": ["Ed", "Cy", "Dee", "Alice Adams", "Bob Brown"],
        "title": ["Alice Adams", "Cy", "Ed", "Dee", "Bob Brown"],
        "-title": ["Dee", "Ed", "Cy", "Alice Adams", "Bob Brown"],
        "location": ["Alice Adams", "Dee", "Cy", "Ed", "Bob Brown"],
        "-location": ["Ed", "Cy", "Dee", "Alice Adams", "Bob Brown"],
        "manager": ["Ed", "Cy", "Dee", "Alice Adams", "Bob Brown"],
        "-manager": ["Alice Adams", "Dee", "Cy", "Ed", "Bob Brown"],
    }


@pytest.mark.parametrize("sort", Order.values)
def test_every_order_goes_both_ways_page_by_page(
    as_bob: Client, ranked: dict[str, list[str]], small_pages: None, sort: str
) -> None:
    """Whoever has no title, place, manager or badge to renew comes last in either direction."""
    seen, after, pages = [], None, []
    for _ in range(3):
        page = as_bob.get(LIST, {"sort": sort} | ({"after": after} if after else {})).context["page"]
        pages.append([person.name for person in page.people])
        seen += pages[-1]
        after = page.after
    assert (seen, after) == (ranked[sort], None)
    back = as_bob.get(LIST, {"sort": sort, "before": page.before}).context["page"]
    assert [person.name for person in back.people] == pages[1]
    back = as_bob.get(LIST, {"sort": sort, "before": back.before}).context["page"]
    assert ([person.name for person in back.people], back.before) == (pages[0], None)


def test_the_order_by_next_end_is_that_of_its_column(
    as_bob: Client, ranked: dict[str, list[str]], organization: Organization, badge: Badge, alice: Person
) -> None:
    """What a higher badge supersedes is not looked to, even where the higher one never ends."""
    higher = BadgeFactory(organization=organization, supersedes=[badge])
    with tenant(organization):
        has_earned(higher, alice, now())
    rows = as_bob.get(LIST, {"sort": "next_end", "col": "next_end"}).context["table"].rows
    ends = [(row.person.name, row.cells[0].value and row.cells[0].value.days) for row in rows]
    assert ends == [("Dee", 20), ("Cy", 30), ("Ed", 60), ("Alice Adams", None), ("Bob Brown", None)]


def test_a_second_press_on_a_head_turns_the_order_round(as_bob: Client) -> None:
    heads = "col=badges&col=title&col=next_end"
    page = as_bob.get(f"{LIST}?{heads}").text
    assert page.count("aria-sort") == page.count('aria-sort="ascending"') == 1
    assert all(f"sort={order}" in page for order in ("-name", "badges", "title", "next_end"))
    page = as_bob.get(f"{LIST}?{heads}&sort=badges").text
    assert ('aria-sort="descending"' in page, "sort=-badges" in page) == (True, True)
    page = as_bob.get(f"{LIST}?{heads}&sort=-badges").text
    assert ('aria-sort="ascending"' in page, "sort=badges" in page) == (True, True)


def test_an_order_that_is_not_there_is_said(as_bob: Client) -> None:
    for unknown in ({"sort": "shoe_size"}, {"status": "asleep"}, {"login": "maybe"}):
        assert "It was left out." in as_bob.get(LIST, unknown).text
    assert "It was left out." not in as_bob.get(LIST, {"sort": "-improvements"}).text


def test_what_is_over_withdrawn_or_long_ago_ranks_nobody(
    as_bob: Client, organization: Organization, badge: Badge, alice: Person
) -> None:
    gone = BadgeFactory(organization=organization, state=BadgeState.WITHDRAWN)
    kind = KindFactory(organization=organization, name="improvement.submitted")
    with tenant(organization):
        has_earned(gone, alice, now())
        has_earned(badge, alice, now(), ended_at=now(), ended_why="expired")
        has_submitted(kind, alice, now() - timedelta(days=400))
        count_anew(organization)
    for sort in ("last_award", "improvements"):
        assert names(as_bob, {"sort": sort}) == ["Bob Brown", "Alice Adams"]


def test_who_has_a_login(as_bob: Client, organization: Organization, bob: Person) -> None:
    PersonFactory(organization=organization, name="Cy")
    assert names(as_bob, {"login": "yes"}) == ["Bob Brown"]
    assert names(as_bob, {"login": "no"}) == ["Cy"]
    assert names(as_bob, {"login": "perhaps"}) == ["Bob Brown", "Cy"]
    assert [cells(as_bob, name, "login") for name in ("Bob Brown", "Cy")] == [True, False]


def test_counting_stops_where_it_would_take_long(
    as_bob: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 person<" in as_bob.get(LIST).text
    PersonFactory.create_batch(2, organization=organization)
    monkeypatch.setattr(queries, "COUNTED", 2)
    assert "2+ people<" in as_bob.get(LIST).text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"badge": ["hipaa"]}, ["Ann One", "Bea Two", "Cy Two"]),
        ({"badge": ["hipaa", "lean"]}, ["Bea Two", "Cy Two"]),
        ({"badge": ["lean", "hipaa"], "without": ["gone"]}, ["Bea Two", "Cy Two"]),
        ({"badge": ["hipaa"], "without": ["lean"]}, ["Ann One"]),
        ({"badge": ["hipaa", "lean"], "sort": "badges", "q": "two"}, ["Bea Two", "Cy Two"]),
        ({"ends": "soon"}, []),
    ],
)
@pytest.mark.parametrize("counted", [1, 1000])
def test_the_same_people_are_found_whether_few_or_many_match(
    as_bob: Client, badge: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch,
    query: dict[str, object], shown: list[str], counted: int,
) -> None:  # fmt: skip
    lean = BadgeFactory(organization=badge.organization, slug="lean")
    BadgeFactory(organization=badge.organization, slug="gone")
    for name, held in {"Ann One": [badge], "Bea Two": [badge, lean], "Cy Two": [lean, badge]}.items():
        person = PersonFactory(organization=badge.organization, name=name)
        for one in held:
            give(one, person, alice)
    monkeypatch.setattr(queries, "COUNTED", counted)
    assert names(as_bob, query) == shown
    monkeypatch.setattr(queries, "A_PAGE", 1)
    assert names(as_bob, query) == shown[:1]


def test_htmx_gets_the_list_alone(as_bob: Client) -> None:
    whole, part = as_bob.get(LIST), as_bob.get(LIST, headers={"HX-Request": "true"})
    assert ("<html" in whole.text, "<html" in part.text) == (True, False)
    assert "Bob Brown" in part.text
    assert "HX-Request" in whole["Vary"]


def test_the_way_back_gets_the_whole_page(as_bob: Client) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in as_bob.get(LIST, headers=headers).text


def test_a_name_is_text(as_bob: Client, organization: Organization) -> None:
    PersonFactory(organization=organization, name="<img src=x onerror=alert(1)>", title="{{7*7}}")
    page = as_bob.get(LIST).text
    assert ("<img src=x" in page, "{{7*7}}" in page) == (False, True)


def test_the_list_costs_the_same_for_one_person_and_for_three(
    as_bob: Client, organization: Organization, badge: Badge, ward: Location, alice: Person, bob: Person
) -> None:
    KindFactory(organization=organization)
    with tenant(organization):
        Person.objects.filter(pk=alice.pk).update(left_on="2026-01-31")
        Person.objects.filter(pk=bob.pk).update(location=ward, manager=alice)
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
    next_end = ALL_COLUMNS | {"sort": "next_end"}
    with_one, with_one_by_end = asked(as_bob, LIST, ALL_COLUMNS), asked(as_bob, LIST, next_end)
    for _ in range(2):
        person = PersonFactory(organization=organization, location=ward, manager=alice)
        give(badge, person, alice)
        give(BadgeFactory(organization=organization), person, alice)
        with tenant(organization):
            submit_improvement(author=person, title="Red lids")
            recount_badges(organization.pk, [person.pk])
    assert asked(as_bob, LIST, ALL_COLUMNS) == with_one
    assert asked(as_bob, LIST, next_end) == with_one_by_end
    assert names(as_bob) == sorted(names(as_bob))
    assert len(names(as_bob)) == 3
