"""What an item is said to bring, sent back by a second person, and reported anew by its author and leader."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.editing import edit_item, edition
from activity.impact_kinds import begin_impacts
from activity.models import Activity, Impact, ImpactKind, ItemChange, SentBack, Verification, WorkItem
from activity.sending_back import Overtaken, report_anew, send_back, what_stands
from activity.steps import NotPossible, complete_item, reopen_item, submit_improvement, void_item
from activity.verifying import verify_impact
from badges.models import Award
from people.clock import now
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from rules.evaluation import evaluate_pending
from tests.conftest import logged_in
from tests.factories import BadgeFactory, PersonFactory, RoleAssignmentFactory, UserFactory

LIST = "/riverside/improvements/"
ITEM = f"{LIST}1/"
WHY = "The hours count the summer twice"


@pytest.fixture
def kinds(organization: Organization) -> dict[str, ImpactKind]:
    with tenant(organization):
        begin_impacts(organization=organization)
        return {kind.name: kind for kind in ImpactKind.objects.select_related("writes")}


@pytest.fixture
def max_(organization: Organization) -> Person:
    """Another manager."""
    person = PersonFactory(organization=organization, name="Max Mint", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=Role.MANAGER)
    return person


@pytest.fixture
def item(bob: Person, kinds: dict[str, ImpactKind]) -> WorkItem:
    """Bob's, completed by Cat, of which three things are said."""
    with tenant(bob.organization):
        cat = PersonFactory(organization=bob.organization, name="Cat Cole")
        said = {kinds["Time saved"]: Decimal(120), kinds["Safety"]: "Nobody is stung."}
        item = submit_improvement(author=bob, title="Red lids")
        return complete_item(item=item, by=cat, impact=Decimal(500), impacts=said)


def back(item: WorkItem, by: Person, kind: ImpactKind | None = None, why: str = WHY) -> SentBack:
    return send_back(item=item, by=by, reason=why, kind=kind, seen=what_stands(item, kind))


def counting() -> dict[str, Decimal | None]:
    """What stands on Bob's record since it is completed."""
    rows = Activity.objects.filter(voided_at=None).exclude(kind__name="improvement.submitted")
    return dict(rows.order_by("kind__name").values_list("kind__name", "value"))


def test_a_saving_that_is_sent_back_is_on_nobodys_record_until_it_is_reported_anew(
    item: WorkItem, bob: Person, mary: Person
) -> None:
    with tenant(item.organization):
        verify_impact(item=item, by=mary, value=Decimal(500))
        assert counting() == {"improvement.implemented": 500, "improvement.verified": 500}
        back(item, mary)
        assert counting() == {"improvement.implemented": None}
        item.refresh_from_db()
        assert (item.impact, Verification.objects.filter(withdrawn_at=None).count()) == (None, 0)
        with pytest.raises(NotPossible, match="Mary Moss sent it back. It is verified once"):
            verify_impact(item=item, by=mary, value=Decimal(500))
        report_anew(item=item, by=bob, said=Decimal(450), reason="Without the summer")
        assert counting() == {"improvement.implemented": 450}
        verify_impact(item=item, by=mary, value=Decimal(440))
        assert counting() == {"improvement.implemented": 450, "improvement.verified": 440}
        assert [change.changes for change in ItemChange.objects.all()[:2]] == [
            {"impact": ["", "450"], "reason": ["", "Without the summer"]},
            {"sent_back": {"Yearly saving": ["500", ""]}, "reason": ["", WHY]},
        ]


def test_so_is_what_else_it_brings_and_the_rest_stays(
    item: WorkItem, bob: Person, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    hours, safety = kinds["Time saved"], kinds["Safety"]
    with tenant(item.organization):
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(120))
        verify_impact(item=item, by=mary, kind=safety, value=None)
        back(item, mary, hours)
        back(item, mary, safety, "Who says so?")
        assert counting() == {"improvement.implemented": 500}
        assert not Impact.objects.exists()
        report_anew(item=item, by=bob, kind=hours, said=Decimal(120), reason="It is right as it is")
        report_anew(item=item, by=bob, kind=safety, said=None)
        assert [(one.kind, one.amount) for one in Impact.objects.all()] == [(hours, 120)]
        assert not SentBack.objects.filter(settled_at=None).exists()
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(120))
        assert counting() == {"improvement.implemented": 500, "impact.time_saved": 120}
        with pytest.raises(NotPossible, match="reported anew already"):
            report_anew(item=item, by=bob, kind=safety, said="Nobody at all.")


def test_rules_see_exactly_what_holds(item: WorkItem, bob: Person, mary: Person, alice: Person) -> None:
    badge = BadgeFactory(organization=bob.organization, slug="saver", mode="rule")
    select = {"kinds": ["improvement.implemented"], "min_value": 400}
    rule = {
        "id": "saver", "criterion": {"type": "count", "at_least": 1, "select": select},
        "retention": {"type": "permanent"},
    }  # fmt: skip

    def holders() -> int:
        evaluate_pending(organization=bob.organization)
        with tenant(bob.organization):
            return int(Award.objects.filter(ended_at=None).count())

    with tenant(bob.organization):
        save_rule(badge=badge, definition=rule, by=alice)
    assert holders() == 1
    with tenant(bob.organization):
        back(item, mary)
    assert holders() == 0
    with tenant(bob.organization):
        report_anew(item=item, by=bob, said=Decimal(400))
    assert holders() == 1


def test_of_two_who_judge_it_at_once_the_second_is_told(
    item: WorkItem, bob: Person, mary: Person, max_: Person, kinds: dict[str, ImpactKind]
) -> None:
    with tenant(item.organization):
        seen = what_stands(item, None)
        verify_impact(item=item, by=max_, value=Decimal(500))
        with pytest.raises(Overtaken):
            send_back(item=item, by=mary, reason=WHY, seen=seen)
        assert counting()["improvement.verified"] == 500
        first = back(item, mary)
        assert send_back(item=item, by=mary, reason=WHY, seen=seen) == first, "a second click"
        with pytest.raises(NotPossible, match="Mary Moss sent it back already"):
            send_back(item=item, by=max_, reason="No", seen=seen)
        report_anew(item=item, by=bob, said=Decimal(450))
        with pytest.raises(Overtaken):
            send_back(item=item, by=max_, reason="No", seen=seen)
        with pytest.raises(NotPossible, match="no hand"):
            back(item, bob)
        with pytest.raises(NotPossible, match="Nothing is said about Quality"):
            back(item, mary, kinds["Quality"])


def test_the_database_keeps_silent_what_was_sent_back(
    item: WorkItem, bob: Person, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    of = {"organization": item.organization, "item": item}
    hours = kinds["Time saved"]
    with tenant(item.organization):
        for kind in (None, hours):
            sent = {**of, "kind": kind, "amount": 1, "reason": WHY, "by": mary, "sent_at": now()}
            with pytest.raises(IntegrityError, match="said no more"), transaction.atomic():
                SentBack.objects.create(**sent)
            back(item, mary, kind)
            with pytest.raises(IntegrityError, match="sent_back_once"), transaction.atomic():
                SentBack.objects.create(**sent)
            with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
                SentBack.objects.create(**sent | {"by": bob})
            with pytest.raises(IntegrityError, match="said no more"), transaction.atomic():
                Verification.objects.create(**of, kind=kind, by=mary, value=1, verified_at=now())
        with pytest.raises(IntegrityError, match="said no more"), transaction.atomic():
            Impact.objects.create(**of, kind=hours, amount=1)
        for wrong in ({"impact": 5}, {"state": "started", "completed_at": None}):
            with pytest.raises(IntegrityError, match="said no more"), transaction.atomic():
                WorkItem.objects.filter(pk=item.pk).update(**wrong)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            SentBack.objects.update(reason="Another")


def test_changing_it_or_opening_it_again_settles_it(
    item: WorkItem, mary: Person, max_: Person, kinds: dict[str, ImpactKind]
) -> None:
    def open_ones() -> int:
        return int(SentBack.objects.filter(settled_at=None).count())

    with tenant(item.organization):
        for kind in (None, kinds["Time saved"], kinds["Safety"]):
            back(item, mary, kind)
        item.refresh_from_db()
        edit_item(item=item, by=max_, seen=edition(item), said={"title": "Blue lids"})
        assert open_ones() == 3
        said = {"impact": Decimal(7), "impacts": {kinds["Time saved"]: Decimal(8)}}
        edit_item(item=item, by=max_, seen=edition(item), said=said)
        assert (open_ones(), counting()) == (1, {"improvement.implemented": 7})
        item = reopen_item(item=item, by=mary)
        assert open_ones() == 0
        item = complete_item(item=item, by=max_)
        back(item, mary)
        void_item(item=item, by=mary, reason="Sent twice")
        assert open_ones() == 0


# --- pages


def waiting(client: Client, show: str) -> list[tuple[str, str]]:
    found = client.get(LIST, {"show": show}).context["page"]
    return [(item.title, getattr(item, "to_do", "")) for item in found]


def test_from_sending_back_to_verifying(
    as_mary: Client, as_bob: Client, item: WorkItem, mary: Person, bob: Person
) -> None:
    send, report = f"{ITEM}send-back/", f"{ITEM}report/"
    assert (send in as_mary.get(ITEM).text, send in as_bob.get(ITEM).text) == (True, False)
    form = as_mary.get(send).context["form"]
    refused = as_mary.post(send, {"seen": form["seen"].value(), "reason": " "})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    said = {"seen": form["seen"].value(), "reason": WHY}
    assert [as_bob.post(send, said).status_code, as_mary.post(send, said).status_code] == [403, 302]
    assert "You sent it back already." in as_mary.post(send, said, follow=True).text
    page = as_mary.get(ITEM)
    assert (WHY in page.text, "It said: 500" in page.text, f"{ITEM}verify/" in page.text) == (
        True,
        True,
        True,
    )
    assert f'action="{ITEM}verify/"' not in page.text
    assert waiting(as_bob, "waiting") == [("Red lids", "Report anew")]
    page = as_bob.get(ITEM)
    assert (report in page.text, "Yearly saving, sent back" in page.text) == (True, True)
    assert as_bob.get(report).context["form"]["said"].value() == 500
    wrong = as_bob.post(report, {"said": "-1"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["said"])
    assert "waits for a second person" in as_bob.post(report, {"said": "450"}, follow=True).text
    assert "Nothing of yours is saved" in as_bob.post(report, {"said": "1"}, follow=True).text
    assert waiting(as_bob, "waiting") == []
    assert waiting(as_mary, "waiting") == [("Red lids", "Verify")]
    assert 'value="450.00"' in as_mary.get(ITEM).text


def test_while_it_is_sent_back_it_is_not_to_verify(
    as_mary: Client, item: WorkItem, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    with tenant(item.organization):
        for kind in (None, kinds["Time saved"]):
            back(item, mary, kind)
    assert waiting(as_mary, "verify") == [("Red lids", "")], "its safety waits still"
    with tenant(item.organization):
        back(item, mary, kinds["Safety"])
    assert (waiting(as_mary, "verify"), waiting(as_mary, "waiting")) == ([], [])


def test_whoever_was_overtaken_keeps_what_they_wrote(
    as_mary: Client, item: WorkItem, max_: Person, kinds: dict[str, ImpactKind]
) -> None:
    hours = kinds["Time saved"]
    send = f"{ITEM}send-back/{hours.pk}/"
    form = as_mary.get(send).context["form"]
    with tenant(item.organization):
        verify_impact(item=item, by=max_, kind=hours, value=Decimal(100))
    late = as_mary.post(send, {"seen": form["seen"].value(), "reason": WHY})
    assert (late.status_code, WHY in late.text, "100 hours a year" in late.text) == (422, True, True)
    again = {"seen": late.context["form"]["seen"].value(), "reason": WHY}
    assert as_mary.post(send, again).status_code == 302
    verify = logged_in(max_).post(f"{ITEM}verify/{hours.pk}/", {"value": "100"}, follow=True)
    assert "Mary Moss sent it back. It is verified once it is reported anew." in verify.text


def test_only_its_people_and_those_who_may_change_it_report_it_anew(
    item: WorkItem, mary: Person, as_mary: Client, kinds: dict[str, ImpactKind]
) -> None:
    stranger = PersonFactory(organization=item.organization, user=UserFactory())
    with tenant(item.organization):
        back(item, mary, kinds["Safety"])
    report = f"{ITEM}report/{kinds['Safety'].pk}/"
    assert logged_in(stranger).post(report, {"said": "Safe"}).status_code == 403
    assert (report in logged_in(stranger).get(ITEM).text, report in as_mary.get(ITEM).text) == (False, True)
    assert as_mary.post(report, {"said": "Nobody at all."}).status_code == 302
    with tenant(item.organization):
        assert Impact.objects.get(kind=kinds["Safety"]).words == "Nobody at all."


def test_a_page_asks_the_same_however_much_is_sent_back(
    as_mary: Client, item: WorkItem, mary: Person, kinds: dict[str, ImpactKind]
) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(path).status_code == 200
        return len(captured)

    counts = []
    for kind in (kinds["Time saved"], None):
        with tenant(item.organization):
            back(item, mary, kind)
        counts.append([queries(path) for path in (ITEM, f"{LIST}?show=waiting")])
    assert counts[0] == counts[1]
