"""Categories of badges, and the order of both."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.arranging import add_category, remove_category, rename_category, shift_badge, shift_category
from badges.batches import draft_batch
from badges.bulk_forms import BatchForm
from badges.defining import create_badge, edit_badge
from badges.give_forms import GiveForm
from badges.models import Badge, BadgeCategory
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory

PATH = "/riverside/badges/categories/"


def order() -> list[tuple[str, str]]:
    rows = Badge.objects.in_order().values_list("category__name", "name")
    return [(category or "", badge) for category, badge in rows]


def made(name: str, category: BadgeCategory | None, by: Person) -> Badge:
    return create_badge(organization=by.organization, by=by, name=name, description="x", category=category)


def test_badges_stand_by_category_each_in_its_place(inside: Organization, alice: Person) -> None:
    safety, learning = (add_category(name=name, by=alice) for name in ("Safety", "Learning"))
    zebra, _, _, loose = (
        made(name, category, alice)
        for name, category in (("Zebra", safety), ("Ant", safety), ("Bee", learning), ("Loose", None))
    )
    assert order() == [("Safety", "Zebra"), ("Safety", "Ant"), ("Learning", "Bee"), ("", "Loose")]
    shift_badge(badge=zebra, by=1)
    shift_badge(badge=zebra, by=1)  # beyond the end nothing happens
    shift_category(category=safety, by=1)
    assert order() == [("Learning", "Bee"), ("Safety", "Ant"), ("Safety", "Zebra"), ("", "Loose")]
    edit_badge(badge=loose, by=alice, category=learning)
    assert order()[:2] == [("Learning", "Bee"), ("Learning", "Loose")]


def test_a_category_that_is_removed_leaves_its_badges_to_another_or_to_none(
    inside: Organization, alice: Person
) -> None:
    safety, learning = (add_category(name=name, by=alice) for name in ("Safety", "Learning"))
    made("Ant", safety, alice), made("Bee", learning, alice)
    remove_category(category=safety, to=learning, by=alice)
    assert order() == [("Learning", "Bee"), ("Learning", "Ant")]
    remove_category(category=learning, to=None, by=alice)
    assert (order(), BadgeCategory.objects.count()) == ([("", "Ant"), ("", "Bee")], 0)


def test_a_name_is_there_once(inside: Organization, alice: Person) -> None:
    add_category(name="Safety", by=alice)
    learning = add_category(name="Learning", by=alice)
    with pytest.raises(Refused, match="already"):
        rename_category(category=learning, name="safety", by=alice)
    with pytest.raises(IntegrityError, match="badge_category_name_once"), transaction.atomic():
        BadgeCategory.objects.create(organization=inside, name="SAFETY")


def choices(person: Person) -> list[Any]:
    field: Any = GiveForm(person=person).fields["badge"]
    return list(field.choices)[1:]


def test_what_another_administrator_removed_meanwhile(inside: Organization, alice: Person) -> None:
    safety = add_category(name="Safety", by=alice)
    remove_category(category=BadgeCategory.objects.get(pk=safety.pk), to=None, by=alice)
    with pytest.raises(Refused, match="removed this category meanwhile"):
        rename_category(category=safety, name="Health", by=alice)
    shift_category(category=safety, by=1)
    remove_category(category=safety, to=None, by=alice)
    assert AuditEntry.objects.filter(action="category.removed").count() == 1


def test_lists_to_choose_from_are_grouped_and_in_order(
    inside: Organization, alice: Person, bob: Person
) -> None:
    assert choices(bob) == []
    made("Bee", None, alice), made("Ant", None, alice)
    assert [label for _, label in choices(bob)] == ["Ant", "Bee"]
    made("Zebra", add_category(name="Safety", by=alice), alice)
    assert [(group, [label for _, label in its]) for group, its in choices(bob)] == [
        ("Safety", ["Zebra"]),
        ("Other badges", ["Ant", "Bee"]),
    ]
    form = BatchForm(batch=draft_batch(by=alice, verb="add", person_ids=[bob.pk]))
    assert [one.data["heading"] for one in form["badges"].subwidgets] == [
        "Safety",
        "Other badges",
        "Other badges",
    ]


def test_the_pages_keep_categories(as_alice: Client, organization: Organization, alice: Person) -> None:
    for name in ("Safety", "Learning", "Third"):
        assert as_alice.post(PATH, {"name": name}).status_code == 302
    for bad in ("", "safety", "x" * 61, "a\0b", "\u202eevil"):
        answer = as_alice.post(PATH, {"name": bad})
        assert (answer.status_code, "has-error" in answer.content.decode()) == (422, True)
    with tenant(organization):
        safety, learning, third = BadgeCategory.objects.all()
        BadgeFactory(organization=organization, slug="ant", category=safety)
        BadgeFactory(organization=organization, slug="bee", category=safety, position=1)
    own = f"{PATH}{safety.pk}/"
    assert as_alice.post(own, {"name": "learning"}).status_code == 422
    assert as_alice.post(own, {"name": "Health and safety"}).status_code == 302
    assert as_alice.post(f"{own}shift/", {"direction": "down"}).status_code == 302
    assert as_alice.post("/riverside/badges/bee/shift/", {"direction": "up"}).status_code == 302
    page = as_alice.get(own).content.decode()
    assert page.index("/badges/bee/") < page.index("/badges/ant/")
    assert as_alice.post(f"{own}remove/", {"to": "9" * 30}).status_code == 404
    assert as_alice.post(f"{own}remove/", {"to": str(third.pk)}).status_code == 302
    assert as_alice.post(f"{PATH}{learning.pk}/remove/").status_code == 302
    with tenant(organization):
        assert order() == [("Third", "Badge " + name.split()[-1]) for name in [one[1] for one in order()]]
    assert "2 badges" in as_alice.get(PATH).content.decode()


def test_the_catalogue_follows_them_and_can_be_narrowed_to_one(
    as_bob: Client, organization: Organization, alice: Person
) -> None:
    with tenant(organization):
        safety = add_category(name="Safety first", by=alice)
        made("Ant", safety, alice), made("Bee", None, alice)
    page = as_bob.get("/riverside/badges/").content.decode()
    assert page.index("Safety first</h2>") < page.index("Steps</h2>")
    narrowed = as_bob.get(f"/riverside/badges/?category={safety.pk}").content.decode()
    assert ("<h3>Ant" in narrowed, "<h3>Bee" in narrowed) == (True, False)
    assert as_bob.get("/riverside/badges/?category=9999999999999999999999").status_code == 200


def test_however_many_categories_the_pages_ask_as_often(
    as_alice: Client, organization: Organization, alice: Person
) -> None:
    asked = []
    for number in (1, 3):
        with tenant(organization):
            while BadgeCategory.objects.count() < number:
                made("Ant", add_category(name=f"No {BadgeCategory.objects.count()}", by=alice), alice)
        for path in (PATH, "/riverside/badges/"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert as_alice.get(path).status_code == 200
            asked.append(len(queries))
    assert asked[:2] == asked[2:]
