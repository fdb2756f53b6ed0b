"""A rule as a file, from a file, and its versions and runs on a page."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.actions import Delivery, record_activities
from activity.models import Activity, Kind, Source
from badges.models import Badge
from people.clock import now, telling
from people.models import Organization, Person, RoleAssignment
from people.roles import Role
from people.tenancy import tenant
from rules import reconciling
from rules.actions import reconcile_rule, save_rule, unchecked_rules
from rules.models import Policy, Rule, RuleRun, RuleVersion
from rules.watching import silent_rules
from tests.conftest import logged_in
from tests.factories import BadgeFactory, KindFactory, PersonFactory, UserFactory

BURST = {
    "criterion": {
        "type": "count",
        "at_least": 3,
        "within": "7 days",
        "select": {"kinds": ["improvement.submitted"]},
    },
    "retention": {"type": "permanent"},
}
LOOSE = {
    **BURST,
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
}
PATH = "/riverside/badges/burst/rule/"


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="rule")


def save(badge: Badge, definition: dict[str, Any] = BURST, policy: str = Policy.RECHECK) -> None:
    with tenant(badge.organization):
        save_rule(badge=badge, definition=definition, by=None, policy=policy)


def test_what_is_downloaded_can_be_imported(as_alice: Client, badge: Badge) -> None:
    save(badge)
    response = as_alice.get("/riverside/badges/burst/rule.json")
    assert response["Content-Disposition"] == 'attachment; filename="burst.json"'
    text = response.content.decode()
    assert json.loads(text)["criterion"] == BURST["criterion"]
    for said in ({"text": text}, {"file": SimpleUploadedFile("burst.json", text.encode())}):
        page = as_alice.post(f"{PATH}import/", said)
        assert page.status_code == 200
        assert page.context["form"].root.values["at_least"] == 3
    with tenant(badge.organization):
        assert RuleVersion.objects.count() == 1


def test_without_a_rule_there_is_nothing_to_download(as_alice: Client, badge: Badge) -> None:
    assert as_alice.get("/riverside/badges/burst/rule.json").status_code == 404
    assert as_alice.get(f"{PATH}history/").status_code == 404


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Paste a rule"),
        ("{", "This is no JSON in line 1."),
        ("[" * 100_000, "This is no JSON"),
        ("[]", "A rule is a JSON object."),
        ('"x"', "A rule is a JSON object."),
        ('{"criterion": {"type": "odd"}, "retention": {"type": "permanent"}}', "condition (criterion): This “type”"),
        (json.dumps({**LOOSE, "counts": {"from": 1}}), "From when, the beginning (counts.from):"),
        *((json.dumps({**LOOSE, "counts": {"from": at}}), "(counts.from): Write a year from 1900")
          for at in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")),
        (json.dumps({**LOOSE, "criterions": 1}), "“criterions” (criterions): This is not known here."),
        ("x\0", ""),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_told_where(as_alice: Client, badge: Badge, text: str, message: str) -> None:
    response = as_alice.post(f"{PATH}import/", {"text": text})
    assert response.status_code == 422
    assert message in response.content.decode()


def test_all_that_is_wrong_is_told_at_once_each_with_its_place(as_alice: Client, badge: Badge) -> None:
    count = {"type": "count", "at_least": 1, "select": {"kinds": []}}
    text = {
        "criterion": {"type": "all_of", "parts": [
            LOOSE["criterion"], {"type": "any_of", "parts": [{**count, "at_least": 0}]}]},
        "retention": {"type": "expires", "after": "soon"},
        "for": {"colour": "blue"},
    }  # fmt: skip
    form = as_alice.post(f"{PATH}import/", {"text": json.dumps(text)}).context["form"]
    inner = "criterion.parts[1].parts[0]"
    assert form.mistakes() == [
        f"Condition 2.1, kinds of activity ({inner}.select.kinds): An empty list is refused; leave it out instead.",
        f"Condition 2.1, how many at least ({inner}.at_least): This must be 1 or more.",
        "How long it is kept, after how long it ends (retention.after): "
        "Say how long as “7 days”, “2 weeks”, “1 month” or “1 year”.",
        "For whom, “colour” (for.colour): This is not known here.",
    ]
    clash = {**BURST, "repeatable": True, "retention": {"type": "satisfied"}}
    page = as_alice.post(f"{PATH}import/", {"text": json.dumps(clash)}).text
    assert "3 things are wrong" in page
    assert "What is repeatable is kept for good, or expires after a time." in page


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"x" * 300_000])
def test_a_file_that_is_none_is_told(as_alice: Client, badge: Badge, data: bytes) -> None:
    response = as_alice.post(f"{PATH}import/", {"file": SimpleUploadedFile("x", data)})
    assert response.status_code == 422
    assert 'id="id_file-err"' in response.content.decode()


def test_names_that_nobody_here_knows_are_told(as_alice: Client, badge: Badge) -> None:
    strange = {
        **BURST,
        "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["x.y"], "location": "z"}},
    }
    page = as_alice.post(f"{PATH}import/", {"text": json.dumps(strange)}).content.decode()
    assert "Nothing here is called x.y or z." in page


def test_what_nobody_here_knows_stays_in_the_form_until_another_is_chosen(
    as_alice: Client, badge: Badge
) -> None:
    select = {"kinds": ["improvement.submitted", "made.up"], "location": "nowhere", "roles": ["coach"]}
    text = {**LOOSE, "criterion": {"type": "count", "at_least": 1, "select": select}}
    form = as_alice.post(f"{PATH}import/", {"text": json.dumps(text)}).context["form"].root.form
    assert [form[name].value() for name in select] == list(select.values())

    sent = {"type": "count", "at_least": "1", "window": "ever", **select, "retention": "permanent"}
    refused = as_alice.post(PATH, {**sent, "save": "1"})
    assert refused.status_code == 422
    assert "“made.up” is not known here. Choose something else instead." in refused.text
    assert "“nowhere” is not known here." in refused.text
    known = {**sent, "kinds": ["improvement.submitted"], "location": ""}
    assert as_alice.post(PATH, {**known, "save": "1"}).status_code == 302
    with tenant(badge.organization):
        assert RuleVersion.objects.get().definition["criterion"]["select"]["roles"] == ["coach"]


def test_versions_stand_side_by_side(as_alice: Client, badge: Badge) -> None:
    save(badge)
    save(badge, LOOSE, Policy.KEEP)
    response = as_alice.get(f"{PATH}history/")
    page = response.content.decode()
    assert "at least 3 improvements within 7 days" in page
    assert "Keep present holders" in page
    found = [
        (line.text.strip(), line.was, line.is_new)
        for line in response.context["lines"]
        if line.was or line.is_new
    ]
    assert found == [
        ('"at_least": 3,', True, False),
        ('"at_least": 1,', False, True),
        ('"within": "7 days"', True, False),
    ] or (('"at_least": 1,', False, True) in found and ('"at_least": 3,', True, False) in found)
    backwards = as_alice.get(f"{PATH}history/", {"from": "2", "to": "1"}).context
    assert (backwards["earlier"].number, backwards["later"].number) == (2, 1)
    assert as_alice.get(f"{PATH}history/", {"from": "x", "to": "99" * 50, "page": "-1"}).status_code == 200


def test_runs_are_listed_and_cost_the_same(as_alice: Client, badge: Badge) -> None:
    save(badge)

    def run_and_count() -> int:
        with tenant(badge.organization):
            rule = RuleVersion.objects.get().rule
        reconcile_rule(rule=rule)
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(f"{PATH}history/").status_code == 200
        return len(captured)

    assert run_and_count() == run_and_count()


def test_a_run_that_fails_is_on_record_and_is_not_taken_for_one(
    as_alice: Client, badge: Badge, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(badge)
    with tenant(badge.organization):
        rule = RuleVersion.objects.get().rule

    def fails(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(reconciling, "rulebook", fails)
        from people.models import Person as People

        assert People  # somebody must be there to ask about
        with pytest.raises(RuntimeError):
            reconcile_rule(rule=rule)
    with tenant(badge.organization):
        assert RuleRun.objects.get().error == "RuntimeError: the disk is full"
    assert unchecked_rules(organization=badge.organization, asked_before=now()) == [rule.pk]
    assert "the disk is full" in as_alice.get(f"{PATH}history/").content.decode()


def test_an_auditor_reads_the_history_and_has_nothing_to_press(
    organization: Organization, badge: Badge, as_alice: Client
) -> None:
    save(badge)
    save(badge, LOOSE)
    with tenant(organization):
        rule = Rule.objects.get()
        RuleRun.objects.create(
            organization=organization, rule=rule, started_at=now(), seconds=1, error="DataError: odd"
        )
        auditor = PersonFactory(organization=organization, user=UserFactory())
        RoleAssignment.objects.create(organization=organization, person=auditor, role=Role.AUDITOR)
    reader = logged_in(auditor)
    assert f'href="{PATH}history/"' in reader.get("/riverside/badges/burst/").text
    page, whole = reader.get(f"{PATH}history/").text, as_alice.get(f"{PATH}history/").text
    assert "at least 3 improvements within 7 days" in page
    assert "What is different" in page
    assert "What ended because its time came needs no run, and is not in it." in page
    denied = (f'href="{PATH}"', "rule.json", f"{PATH}import/", f"{PATH}paused/", "DataError: odd")
    assert [one for one in denied if one in page] == []
    assert [one for one in denied if one not in whole] == []


def test_a_version_beside_itself_does_not_differ(as_alice: Client, badge: Badge) -> None:
    save(badge)
    save(badge, LOOSE)
    asked = {"from": "1", "to": "1"}
    assert "Nothing differs: this is version 1 beside itself." in as_alice.get(f"{PATH}history/", asked).text
    assert "Nothing differs" not in as_alice.get(f"{PATH}history/").text


def test_a_silent_source_is_flagged(as_alice: Client, badge: Badge, bob: Person) -> None:
    save(badge)
    assert "nothing of this kind has ever arrived" in as_alice.get(f"{PATH}history/").content.decode()
    deliver(bob, days_ago=40)
    assert "is silent: the last one is of" in as_alice.get(f"{PATH}history/").content.decode()
    deliver(bob, days_ago=2)
    assert "is silent" not in as_alice.get(f"{PATH}history/").content.decode()


@pytest.mark.parametrize("page", ["/riverside/", "/riverside/badges/"])
def test_a_source_that_went_silent_is_told_where_badge_administrators_look(
    as_alice: Client, as_bob: Client, badge: Badge, bob: Person, page: str
) -> None:
    told = "Nothing has arrived for a month of what rules count"
    save(badge)
    assert told not in as_alice.get(page).text  # the rule is new, and has not waited for long
    with telling(now() - timedelta(days=40)):
        deliver(bob, days_ago=40)
    answer = as_alice.get(page).text
    assert told in answer
    assert f'<a href="{PATH}history/">{badge.name}</a>' in answer
    assert told not in as_bob.get(page).text
    deliver(bob, days_ago=2)
    deliver(bob, days_ago=50)  # what comes late takes nothing away
    assert told not in as_alice.get(page).text


def test_looking_for_silence_costs_two_queries(
    inside: Organization, badge: Badge, alice: Person, django_assert_num_queries: Any
) -> None:
    with telling(now() - timedelta(days=31)):
        for n in range(3):
            other = BadgeFactory(organization=inside, slug=f"other-{n}", name=f"Other {n}", mode="rule")
            kinds = {"kinds": [f"training.number{n}"]}
            save_rule(
                badge=other,
                definition={**LOOSE, "criterion": {**LOOSE["criterion"], "select": kinds}},
                by=None,
            )
    alice.can("manage_badges")  # type: ignore[arg-type]
    with django_assert_num_queries(2):
        assert len(silent_rules(alice)) == 3


def test_latency_is_that_of_what_came_since_the_version(as_alice: Client, badge: Badge, bob: Person) -> None:
    with telling(now() - timedelta(hours=1)):
        save(badge, LOOSE)
    kind = KindFactory(organization=badge.organization)
    come(bob, kind, days_ago=0)
    with tenant(badge.organization):
        rule = RuleVersion.objects.get().rule
    with telling(now() + timedelta(seconds=30)):
        reconcile_rule(rule=rule)
    found = as_alice.get(f"{PATH}history/").context["latency"]
    assert (found.awards, 30 <= found.median < 60) == (1, True)


def come(person: Person, kind: Kind, days_ago: int) -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        at = now() - timedelta(days=days_ago)
        Activity.objects.create(
            organization=person.organization, person=person, kind=kind, source=source,
            external_id=f"{days_ago}", occurred_at=at, recorded_at=at,
        )  # fmt: skip


def deliver(person: Person, days_ago: int) -> None:
    at = now() - timedelta(days=days_ago)
    delivery = Delivery(person.external_id, "improvement.submitted", at, f"{days_ago}")
    with tenant(person.organization):
        record_activities(organization=person.organization, source="feed", deliveries=[delivery])
