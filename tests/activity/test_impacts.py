"""What work brings besides its yearly saving: its kinds, what is said of them, and what a second person found."""

import csv
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.editing import EditRefused, edit_item, edition
from activity.impact_kinds import add_impact_kind, begin_impacts, edit_impact_kind
from activity.models import Activity, Impact, ImpactKind, ItemChange, Kind, Measure, Verification, WorkItem
from activity.steps import NotPossible, complete_item, reopen_item, submit_improvement, void_item
from activity.verifying import verify_impact
from badges.models import Award
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import save_rule
from rules.evaluation import evaluate_pending
from tests.factories import BadgeFactory, KindFactory, PersonFactory

LIST = "/riverside/improvements/"
ITEM = f"{LIST}1/"
KINDS = "/riverside/settings/impacts/"


@pytest.fixture
def kinds(organization: Organization) -> dict[str, ImpactKind]:
    with tenant(organization):
        begin_impacts(organization=organization)
        return {kind.name: kind for kind in ImpactKind.objects.select_related("writes")}


@pytest.fixture
def cat(organization: Organization) -> Person:
    """Who completes Bob's work."""
    return PersonFactory(organization=organization, external_id="cat", name="Cat Cole")


@pytest.fixture
def item(bob: Person, cat: Person, kinds: dict[str, ImpactKind]) -> WorkItem:
    with tenant(bob.organization):
        ben = PersonFactory(organization=bob.organization, external_id="ben", name="Ben Bay")
        item = submit_improvement(author=bob, title="Red lids", team=[ben])
        said = {kinds["Time saved"]: Decimal(120), kinds["Safety"]: "Nobody is stung any more."}
        return complete_item(item=item, by=cat, impacts=said)


def counting() -> list[tuple[str, str, Decimal | None]]:
    rows = Activity.objects.filter(kind__name__startswith="impact.", voided_at=None)
    return sorted(rows.values_list("person__name", "kind__name", "value"))


def edit(item: WorkItem, by: Person, **said: Any) -> WorkItem:
    return edit_item(item=item, by=by, seen=edition(item), said=said)


def test_what_is_verified_counts_for_its_people_and_a_correction_takes_its_place(
    item: WorkItem, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    hours, safety = kinds["Time saved"], kinds["Safety"]
    with tenant(item.organization):
        assert counting() == []
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(120))
        verify_impact(item=item, by=mary, kind=safety, value=None)
        verify_impact(
            item=item, by=mary, kind=hours, value=Decimal(100), reason="Two rounds a day, not three"
        )
        assert counting() == [
            ("Ben Bay", "impact.safety", None), ("Ben Bay", "impact.time_saved", 100),
            ("Bob Brown", "impact.safety", None), ("Bob Brown", "impact.time_saved", 100),
        ]  # fmt: skip
        assert {row.corrects.value for row in Activity.objects.filter(value=100)} == {Decimal(120)}
        verify_impact(
            item=item, by=mary, kind=safety, value=Decimal(0), reason="Somebody was stung on Monday"
        )
        assert {kind for _, kind, _ in counting()} == {"impact.time_saved"}
        edit(item, mary, team=[])
        assert counting() == [("Bob Brown", "impact.time_saved", 100)]
        reopen_item(item=item, by=mary)
        assert (counting(), Verification.objects.filter(withdrawn_at=None).count()) == ([], 0)


def test_void_work_brings_nothing(item: WorkItem, mary: Person, kinds: dict[str, ImpactKind]) -> None:
    with tenant(item.organization):
        verify_impact(item=item, by=mary, kind=kinds["Time saved"], value=Decimal(120))
        void_item(item=item, by=mary, reason="Sent twice")
        assert counting() == []


@pytest.mark.parametrize("who", ["bob", "cat", "editor"])
def test_nobody_who_had_a_hand_in_it_verifies_it(
    item: WorkItem, mary: Person, cat: Person, bob: Person, kinds: dict[str, ImpactKind], who: str
) -> None:
    hours = kinds["Time saved"]
    with tenant(item.organization):
        edit(item, mary, impacts={hours: Decimal(130)})
        one = {"bob": bob, "cat": cat, "editor": mary}[who]
        with pytest.raises(NotPossible, match="no hand"):
            verify_impact(item=item, by=one, kind=hours, value=Decimal(1))
        with pytest.raises(DatabaseError, match="second person"), transaction.atomic():
            Verification.objects.create(
                organization=item.organization, item=item, kind=hours, by=one, value=1, verified_at=now()
            )


def test_who_verified_one_impact_reports_none(
    item: WorkItem, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    with tenant(item.organization):
        verify_impact(item=item, by=mary, kind=kinds["Safety"], value=None)
        with pytest.raises(EditRefused, match="You verified"):
            edit(item, mary, impacts={kinds["Time saved"]: Decimal(5)})
        change = {"impacts": {"Time saved": ["", "5 hours a year"]}}
        with pytest.raises(DatabaseError, match="second person"), transaction.atomic():
            ItemChange.objects.create(
                organization=item.organization, item=item, by=mary, changed_at=now(), changes=change
            )


def test_other_words_need_another_look_and_another_figure_does_not(
    item: WorkItem, mary: Person, cat: Person, kinds: dict[str, ImpactKind], as_mary: Client
) -> None:
    hours, safety = kinds["Time saved"], kinds["Safety"]
    with tenant(item.organization):
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(100))
        verify_impact(item=item, by=mary, kind=safety, value=None)
    assert waiting(as_mary) == []
    with tenant(item.organization):
        edit(item, cat, impacts={hours: Decimal(150), safety: "Hardly anybody is stung."})
        assert {kind for _, kind, _ in counting()} == {"impact.time_saved"}
    assert waiting(as_mary) == ["Red lids"]
    with tenant(item.organization):
        edit(item, cat, impacts={hours: None, safety: None})
        assert (counting(), Impact.objects.count()) == ([], 0)
        with pytest.raises(NotPossible, match="Nothing is said about Time saved"):
            verify_impact(item=item, by=mary, kind=hours, value=Decimal(1))
    assert waiting(as_mary) == []


def waiting(client: Client) -> list[str]:
    return [item.title for item in client.get(LIST, {"show": "verify"}).context["page"]]


def test_who_joins_as_an_impact_is_taken_back_has_none_of_it(
    item: WorkItem, cat: Person, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    safety = kinds["Safety"]
    with tenant(item.organization):
        verify_impact(item=item, kind=safety, by=mary, value=None)
        team = [member.person for member in item.team.all()]
        new = PersonFactory(organization=item.organization, external_id="new", name="Nia New")
        edit(item, cat, impact=Decimal(500), impacts={safety: None}, team=[*team, new])
        assert counting() == []
        credited = Activity.objects.filter(person=new, voided_at=None).values_list("kind__name", "value")
        assert list(credited) == [("improvement.implemented", 500)]


def test_a_rule_counts_verified_hours(
    item: WorkItem, bob: Person, mary: Person, alice: Person, kinds: dict[str, ImpactKind]
) -> None:
    badge = BadgeFactory(organization=bob.organization, slug="hundred-hours", mode="rule")
    rule = {
        "id": "hundred-hours",
        "criterion": {"type": "sum", "at_least": 100, "select": {"kinds": ["impact.time_saved"]}},
        "retention": {"type": "permanent"},
    }
    with tenant(bob.organization):
        save_rule(badge=badge, definition=rule, by=alice)
    evaluate_pending(organization=bob.organization)
    with tenant(bob.organization):
        assert Award.objects.count() == 0
        verify_impact(item=item, by=mary, kind=kinds["Time saved"], value=Decimal(100))
    evaluate_pending(organization=bob.organization)
    with tenant(bob.organization):
        assert sorted(Award.objects.values_list("person__name", flat=True)) == ["Ben Bay", "Bob Brown"]


def test_the_database_holds_words_and_figures_apart(item: WorkItem, kinds: dict[str, ImpactKind]) -> None:
    with tenant(item.organization):
        for kind, said in ((kinds["Quality"], {"amount": 5}), (kinds["One-time saving"], {"words": "Much"})):
            with pytest.raises(DatabaseError, match="as its kind is measured"), transaction.atomic():
                Impact.objects.create(organization=item.organization, item=item, kind=kind, **said)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            ImpactKind.objects.filter(name="Quality").update(measure="money")


# --- pages


def test_impacts_are_reported_with_the_completion_and_told_in_words(
    as_mary: Client, as_bob: Client, mary: Person, bob: Person, kinds: dict[str, ImpactKind]
) -> None:
    with tenant(bob.organization):
        submit_improvement(author=bob, title="Red lids")
    name = {kind.name: f"impact_{kind.pk}" for kind in kinds.values()}
    said = {name["Time saved"]: "52.5", name["Safety"]: "No stings.\r\nNone."}
    refused = as_mary.post(f"{ITEM}move/", {"step": "complete", **said, name["One-time saving"]: "much"})
    page = refused.content.decode()
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, [name["One-time saving"]])
    assert ("<details open>" in page, "No stings." in page, 'value="52.5"' in page) == (True, True, True)
    assert as_mary.post(f"{ITEM}move/", {"step": "complete", **said}).status_code == 302
    page = as_bob.get(ITEM).content.decode()
    assert ("52.50 hours a year" in page, "not verified yet" in page) == (True, True)
    assert "<b>Time saved:</b> nothing" in page
    with tenant(bob.organization):
        assert Impact.objects.get(kind=kinds["Safety"]).words == "No stings.\nNone."


def test_authors_report_while_editing_and_two_do_not_overwrite_each_other(
    as_bob: Client, bob: Person, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    with tenant(bob.organization):
        item = submit_improvement(author=bob, title="Red lids")
    hours = f"impact_{kinds['Time saved'].pk}"
    form = as_bob.get(f"{ITEM}edit/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {hours: "40"}
    with tenant(bob.organization):
        edit(item, mary, impacts={kinds["Time saved"]: Decimal(30)})
    late = as_bob.post(f"{ITEM}edit/", sent)
    assert (late.status_code, "30 hours a year" in late.content.decode()) == (422, True)
    again = {**sent, "seen": late.context["form"]["seen"].value()}
    assert as_bob.post(f"{ITEM}edit/", again).status_code == 302
    with tenant(bob.organization):
        assert Impact.objects.get().amount == 40
        assert [change.changes for change in ItemChange.objects.all()] == [
            {"impacts": {"Time saved": ["30 hours a year", "40 hours a year"]}},
            {"impacts": {"Time saved": ["", "30 hours a year"]}},
        ]


def test_a_second_person_verifies_on_a_page_of_its_own(
    as_mary: Client, as_bob: Client, item: WorkItem, kinds: dict[str, ImpactKind]
) -> None:
    hours, safety = (f"{ITEM}verify/{kinds[name].pk}/" for name in ("Time saved", "Safety"))
    assert (hours in as_mary.get(ITEM).content.decode(), hours in as_bob.get(ITEM).content.decode()) == (
        True, False,
    )  # fmt: skip
    assert [as_bob.get(hours).status_code, as_bob.post(hours, {"value": "1"}).status_code] == [403, 403]
    assert as_mary.get(f"{ITEM}verify/{kinds['Quality'].pk}/").status_code == 404
    assert as_mary.get(hours).context["form"]["value"].value() == 120
    for address, said, wrong in (
        (hours, {"value": ""}, "value"), (hours, {"value": "-1"}, "value"), (hours, {"value": "0"}, "reason"),
        (safety, {}, "value"), (safety, {"value": "perhaps"}, "value"), (safety, {"value": "not"}, "reason"),
    ):  # fmt: skip
        answer = as_mary.post(address, said)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [wrong]), said
    as_mary.post(hours, {"value": "100", "reason": "Counted"})
    as_mary.post(safety, {"value": "not", "reason": "Stung on Monday"})
    page = as_bob.get(ITEM).content.decode()
    assert [said in page for said in ("100 hours a year", "Counted", "It is not so", "Stung on Monday")] == [
        True, True, True, True,
    ]  # fmt: skip
    as_mary.post(safety, {"value": "so"})
    assert "It is so" in as_bob.get(ITEM).content.decode()


def test_lists_and_files_add_them_up(
    as_bob: Client, bob: Person, cat: Person, mary: Person, item: WorkItem, kinds: dict[str, ImpactKind]
) -> None:
    hours, safety, once = kinds["Time saved"], kinds["Safety"], kinds["One-time saving"]
    Organization.objects.filter(pk=bob.organization_id).update(currency="EUR")
    with tenant(bob.organization):
        more = submit_improvement(author=bob, title="Blue lids")
        complete_item(
            item=more, by=cat, impacts={hours: Decimal("30.5"), safety: "Safer", once: Decimal(900)}
        )
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(100))
        verify_impact(item=item, by=mary, kind=safety, value=None)
        verify_impact(item=more, by=mary, kind=safety, value=Decimal(0), reason="It is not")

    def told(**asked: str) -> list[tuple[str, str, str]]:
        found = as_bob.get(LIST, asked).context["brought"]
        return [(one.kind.name, one.reported, one.verified) for one in found]

    assert told() == [
        ("One-time saving", "900 EUR", ""), ("Time saved", "150.50 hours a year", "100 hours a year"),
        ("Safety", "2 items", "1 item"),
    ]  # fmt: skip
    assert told(q="Red") == [
        ("Time saved", "120 hours a year", "100 hours a year"),
        ("Safety", "1 item", "1 item"),
    ]
    answer: Any = as_bob.get(f"{LIST}export/", {"sort": "oldest"})
    heading, *lines = csv.reader(answer.getvalue().decode("utf-8-sig").splitlines())
    assert heading[14:20] == [
        "One-time saving, EUR", "One-time saving, EUR, verified",
        "Time saved, hours a year", "Time saved, hours a year, verified", "Safety", "Safety, verified",
    ]  # fmt: skip
    assert [line[14:20] for line in lines] == [
        ["", "", "120.00", "100.00", "Nobody is stung any more.", "yes"],
        ["900.00", "", "30.50", "", "Safer", "no"],
    ]


@pytest.mark.parametrize("page", [LIST, ITEM, f"{LIST}?show=verify", f"{ITEM}edit/"])
def test_pages_ask_the_same_however_much_work_brings(
    as_mary: Client, mary: Person, cat: Person, kinds: dict[str, ImpactKind], bob: Person, page: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(page).status_code == 200
        return len(captured)

    counts = []
    with tenant(bob.organization):
        item = complete_item(item=submit_improvement(author=bob, title="Red lids"), by=cat)
        edit(item, cat, impacts={kinds["Time saved"]: Decimal(1)})
    for name in ("One-time saving", "Safety", "Quality"):
        kind = kinds[name]
        with tenant(bob.organization):
            more = submit_improvement(author=bob, title=name)
            said = {kind: Decimal(1) if kind.has_figure else "Better"}
            complete_item(item=more, by=cat, impacts=said)
            edit(item, cat, impacts=said)
            verify_impact(item=more, by=mary, kind=kind, value=Decimal(1) if kind.has_figure else None)
        counts.append(queries())
    assert len(set(counts)) == 1


# --- the kinds


def test_badge_administrators_name_the_kinds(as_alice: Client, alice: Person, kinds: object) -> None:
    new = {"name": "Infections avoided", "measure": "number", "unit": "infections", "yearly": "on"}
    for wrong, field in (
        ({"name": ""}, "name"), ({"name": "safety"}, "name"), ({"unit": ""}, "unit"),
        ({"measure": "words"}, "unit"), ({"measure": "words", "unit": ""}, "yearly"), ({"measure": "x"}, "measure"),
    ):  # fmt: skip
        answer = as_alice.post(KINDS, {**new, **wrong})
        assert (answer.status_code, field in answer.context["form"].errors) == (422, True), wrong
    assert as_alice.post(KINDS, new).status_code == 302
    with tenant(alice.organization):
        kind = ImpactKind.objects.select_related("writes").get(name="Infections avoided")
        assert (kind.writes.name, str(kind.writes)) == (
            "impact.infections_avoided", "Infections avoided, verified",
        )  # fmt: skip
        assert (kind.writes.unit, kind.measured_in("EUR")) == ("infections", "infections a year")
    as_alice.post(f"{KINDS}{kind.pk}/shift/", {"direction": "up"})
    as_alice.post(f"{KINDS}{kind.pk}/", {"name": "Harm avoided", "unit": "harms", "is_active": ""})
    with tenant(alice.organization):
        names = list(ImpactKind.objects.values_list("name", "is_active"))
        assert names[-2:] == [("Harm avoided", False), ("Satisfaction", True)]
        assert Kind.objects.filter(name="impact.infections_avoided").values_list("label", "unit").get() == (
            "Harm avoided, verified", "harms",
        )  # fmt: skip
    page = as_alice.get("/riverside/settings/kinds/").content.decode()
    assert f'href="{KINDS}{kind.pk}/"' in page
    moved = as_alice.get("/riverside/settings/kinds/impact.infections_avoided/")
    assert moved.headers["Location"] == f"{KINDS}{kind.pk}/"


def test_what_is_not_in_use_is_asked_only_where_it_was_said(
    item: WorkItem, bob: Person, alice: Person, kinds: dict[str, ImpactKind], as_mary: Client
) -> None:
    hours = kinds["Time saved"]
    with tenant(bob.organization):
        edit_impact_kind(kind=hours, name=hours.name, unit=hours.unit, yearly=True, is_active=False, by=alice)
        submit_improvement(author=bob, title="Blue lids")

    def asked(number: int) -> bool:
        return f"impact_{hours.pk}" in as_mary.get(f"{LIST}{number}/edit/").context["form"].fields

    assert (asked(1), asked(2)) == (True, False)


def test_no_more_than_ten_are_in_use(alice: Person, as_alice: Client, kinds: object) -> None:
    with tenant(alice.organization):
        for number in range(5):
            add_impact_kind(name=f"Further {number}", measure=Measure.WORDS, unit="", yearly=False, by=alice)
    answer = as_alice.post(KINDS, {"name": "One more", "measure": "words"})
    assert (answer.status_code, "At most 10 kinds are in use" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("is_new", [True, False])
def test_an_organization_begins_with_the_usual_kinds(organization: Organization, is_new: bool) -> None:
    """One that was there before there were kinds, too."""
    if is_new:
        call_command(
            "create_organization",
            "halden",
            "Halden Works",
            owner_name="Olga Oak",
            owner_email="o@halden.example",
        )
    else:
        KindFactory(organization=organization, name="impact.safety", label="Safety walks, imported")
        with connection.cursor() as cursor:
            cursor.execute(import_module("activity.migrations.0028_usual_impacts").USUAL)
    with tenant(Organization.objects.get(slug="halden" if is_new else "riverside")):
        assert list(ImpactKind.objects.values_list("name", "measure", "unit", "yearly", "writes__name")) == [
            ("One-time saving", "money", "", False, "impact.one_time_saving"),
            ("Time saved", "number", "hours", True, "impact.time_saved"),
            ("Safety", "words", "", False, "impact.safety"),
            ("Quality", "words", "", False, "impact.quality"),
            ("Satisfaction", "words", "", False, "impact.satisfaction"),
        ]
