"""What work is expected to bring of each kind of impact: asked where the kind wants it, and measured later."""

import csv
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from activity.editing import edit_item, edition
from activity.impact_kinds import begin_impacts, edit_impact_kind
from activity.models import Expectation, ImpactKind, ItemChange, WorkItem
from activity.steps import complete_item, submit_improvement
from activity.verifying import verify_impact
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import somebody_else

LIST = "/riverside/improvements/"
NEW = f"{LIST}new/"
ITEM = f"{LIST}1/"


@pytest.fixture
def kinds(organization: Organization) -> dict[str, ImpactKind]:
    """Of hours and of safety it is asked what is expected."""
    with tenant(organization):
        begin_impacts(organization=organization)
        ImpactKind.objects.filter(name__in=["Time saved", "Safety"]).update(asks_expected=True)
        return {kind.name: kind for kind in ImpactKind.objects.select_related("writes")}


def expected(organization: Organization) -> list[tuple[str, str, Decimal | None, str]]:
    with tenant(organization):
        rows = Expectation.objects.order_by("item__number", "kind")
        return list(rows.values_list("item__title", "kind__name", "amount", "words"))


def test_it_is_asked_when_work_is_submitted_where_its_kind_wants_it(
    as_bob: Client, organization: Organization, kinds: dict[str, ImpactKind]
) -> None:
    hours, safety = (f"expected_{kinds[name].pk}" for name in ("Time saved", "Safety"))
    form = as_bob.get(NEW).context["form"]
    assert [bound.name for bound in form.expectations()] == [hours, safety]
    assert as_bob.get(f"{NEW}?kind=task").context["form"].expectations() == []
    said = {"kind": "improvement", "title": "Red lids", hours: "-1", safety: "Nobody is stung.", "once": "1"}
    refused = as_bob.post(NEW, said)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, [hours])
    assert "Nobody is stung." in refused.text
    for _ in range(2):  # a second click is one item
        assert as_bob.post(NEW, said | {hours: "80"}).headers["Location"] == ITEM
    assert as_bob.post(NEW, said | {hours: "90"}).headers["Location"] == f"{LIST}2/"
    assert expected(organization)[:2] == [
        ("Red lids", "Time saved", 80, ""), ("Red lids", "Safety", None, "Nobody is stung."),
    ]  # fmt: skip
    page = as_bob.get(ITEM).text
    assert ("80 hours a year" in page, "As expected" in page, "As reported" in page) == (True, True, False)


def test_it_can_be_changed_and_stays_with_a_kind_that_asks_no_more(
    as_bob: Client, bob: Person, mary: Person, organization: Organization, kinds: dict[str, ImpactKind]
) -> None:
    hours = kinds["Time saved"]
    with tenant(organization):
        item = submit_improvement(author=bob, title="Red lids", expectations={hours: Decimal(80)})
        edit_impact_kind(
            kind=hours,
            name="Time saved",
            unit="hours",
            yearly=True,
            is_active=True,
            asks_expected=False,
            by=mary,
        )
        submit_improvement(author=bob, title="Blue lids")
    form = as_bob.get(f"{ITEM}edit/").context["form"]
    asked = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    assert asked[f"expected_{hours.pk}"] == 80
    assert f"expected_{hours.pk}" not in as_bob.get(f"{LIST}2/edit/").context["form"].fields
    assert as_bob.post(f"{ITEM}edit/", asked).status_code == 302
    with tenant(organization):
        assert not ItemChange.objects.exists(), "nothing was changed"
    assert as_bob.post(f"{ITEM}edit/", asked | {f"expected_{hours.pk}": "60"}).status_code == 302
    assert "Time saved, expected" in as_bob.get(ITEM).text
    with tenant(organization):
        assert ItemChange.objects.get().changes == {
            "expectations": {"Time saved": ["80 hours a year", "60 hours a year"]}
        }
        edit_item(item=item, by=bob, seen=edition(item), said={"expectations": {hours: None}})
    assert expected(organization) == []


@pytest.fixture
def lids(bob: Person, mary: Person, kinds: dict[str, ImpactKind]) -> list[WorkItem]:
    """Two of which hours were expected, the second with more of them verified, and a third with a saving."""
    hours = kinds["Time saved"]
    with tenant(bob.organization):
        second = somebody_else(bob)
        items = []
        for title, foreseen, found in (("Red", 80, 20), ("Blue", 50, 40)):
            item = submit_improvement(author=bob, title=title, expectations={hours: Decimal(foreseen)})
            item = complete_item(item=item, by=second, impacts={hours: Decimal(45)})
            verify_impact(item=item, kind=hours, by=mary, value=Decimal(found))
            items.append(item)
        item = submit_improvement(author=bob, title="Green", expected=Decimal(900))
        items.append(complete_item(item=item, by=second, impact=Decimal(700)))
        verify_impact(item=items[-1], by=mary, value=Decimal(600))
    return items


def test_lists_are_ordered_by_a_figure_of_ones_choice_and_add_up_the_same(
    as_bob: Client, lids: list[WorkItem], kinds: dict[str, ImpactKind]
) -> None:
    def titles(**asked: Any) -> list[str]:
        return [item.title for item in as_bob.get(LIST, asked).context["page"]]

    hours = kinds["Time saved"]
    assert titles(sort="verified") == ["Green", "Blue", "Red"]
    assert titles(sort="verified", figure=hours.pk) == ["Blue", "Red", "Green"]
    assert titles(sort="expected", figure=hours.pk) == ["Red", "Blue", "Green"]
    assert titles(sort="expected", figure="999") == ["Green", "Blue", "Red"]
    assert titles(sort="expected", figure=kinds["Safety"].pk) == ["Green", "Blue", "Red"], (
        "words are no figure"
    )
    page = as_bob.get(LIST, {"sort": "verified", "figure": hours.pk})
    assert "Verified, <bdi>hours a year</bdi>" in page.text
    assert [(bar.label, bar.value) for bar in page.context["savings"]] == [
        ("As expected", 900), ("As reported", 700), ("Verified", 600),
    ]  # fmt: skip
    assert [(one.expected, one.reported, one.verified) for one in page.context["brought"]] == [
        ("130 hours a year", "90 hours a year", "60 hours a year")
    ]
    board = as_bob.get(f"{LIST}board/", {"figure": hours.pk}).text
    assert ("40 hours a year verified" in board, "600" in board) == (True, False)


def test_files_say_what_was_expected(as_bob: Client, lids: list[WorkItem]) -> None:
    answer: Any = as_bob.get(f"{LIST}export/", {"sort": "oldest"})
    heading, *lines = csv.reader(answer.getvalue().decode("utf-8-sig").splitlines())
    assert heading[14:20] == [
        "One-time saving", "One-time saving, verified", "Time saved, hours a year, expected",
        "Time saved, hours a year", "Time saved, hours a year, verified", "Safety",
    ]  # fmt: skip
    assert [line[16:19] for line in lines] == [
        ["80.00", "45.00", "20.00"], ["50.00", "45.00", "40.00"], ["", "", ""],
    ]  # fmt: skip


def test_the_database_holds_words_and_figures_apart(
    lids: list[WorkItem], kinds: dict[str, ImpactKind]
) -> None:
    of = {"organization": lids[0].organization, "item": lids[0]}
    with tenant(lids[0].organization):
        for kind, said in ((kinds["Safety"], {"amount": 5}), (kinds["One-time saving"], {"words": "Much"})):
            with pytest.raises(DatabaseError, match="as its kind is measured"), transaction.atomic():
                Expectation.objects.create(**of, kind=kind, **said)
