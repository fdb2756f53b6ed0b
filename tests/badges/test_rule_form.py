"""The rule as a form: what it says, what it refuses, what it shows before it is saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from activity.models import Activity, Kind, Source
from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import reconcile_rule, save_rule
from rules.criteria import parse, to_json
from rules.forms import RuleForm, initial_of
from rules.models import Rule, RuleVersion
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory

SAID = {
    "at_least": "3",
    "kinds": ["improvement.submitted"],
    "window": "within",
    "within_number": "7",
    "within_unit": "day",
    "per": "month",
    "role": "",
    "location": "",
    "retention": "permanent",
    "ends_unit": "year",
    "while_unit": "month",
}
BURST = {
    "id": "burst",
    "name": "Kaizen Burst",
    "repeatable": False,
    "criterion": {
        "type": "count",
        "at_least": 3,
        "within": "7 days",
        "select": {"kinds": ["improvement.submitted"]},
    },
    "retention": {"type": "permanent"},
}
SUBMITTED = {"kinds": ["improvement.submitted"]}
KEPT = {"retention": "while", "while_at_least": "1", "while_number": "2"}
PATH = "/riverside/badges/burst/rule/"


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="rule")


@pytest.fixture
def kind(organization: Organization) -> Kind:
    return KindFactory(organization=organization)


def submit(person: Person, kind: Kind, days_ago: list[int]) -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        for days in days_ago:
            at = now() - timedelta(days=days, minutes=1)
            Activity.objects.create(
                organization=person.organization, person=person, kind=kind, source=source,
                external_id=f"{person.pk}/{days}", occurred_at=at, recorded_at=at,
            )  # fmt: skip


def saved(organization: Organization) -> list[dict[str, Any]]:
    with tenant(organization):
        return list(RuleVersion.objects.order_by("number").values_list("definition", flat=True))


def post(client: Client, button: str = "save", **said: object) -> Any:
    return client.post(PATH, {**SAID, button: "1", **said})


def test_a_rule_is_saved_as_the_form_says_it(as_alice: Client, badge: Badge) -> None:
    assert as_alice.get(PATH).status_code == 200
    response = post(as_alice)
    assert (response.status_code, response["Location"]) == (302, "/riverside/badges/burst/")
    assert saved(badge.organization) == [{**BURST, "version": 1}]


@pytest.mark.parametrize(
    ("said", "criterion", "retention"),
    [
        ({"window": "ever"}, {"type": "count", "at_least": 3, "select": SUBMITTED}, {"type": "permanent"}),
        (
            {"window": "per", "per": "quarter", "retention": "expires", "ends_number": "1"},
            {"type": "count", "at_least": 3, "per": "quarter", "select": SUBMITTED},
            {"type": "expires", "after": "1 year"},
        ),
        (
            {**KEPT, "role": "leader", "min_value": "2.5", "per_day": "1"},
            {
                "type": "count", "at_least": 3, "within": "7 days",
                "select": {"kinds": ["improvement.submitted"], "roles": ["leader"], "min_value": 2.5, "per_day": 1},
            },
            {"type": "while", "at_least": 1, "within": "2 months"},
        ),
    ],
)  # fmt: skip
def test_every_slot_says_its_part(
    as_alice: Client, badge: Badge, said: dict[str, str], criterion: dict[str, Any], retention: dict[str, Any]
) -> None:
    assert post(as_alice, **said).status_code == 302
    definition = saved(badge.organization)[0]
    assert (definition["criterion"], definition["retention"]) == (criterion, retention)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"at_least": ""}, "Say how many."),
        ({"at_least": "0"}, "Write 1 or more."),
        ({"at_least": "x"}, "Write a whole number."),
        ({"at_least": "9" * 5000}, ""),
        ({"at_least": "1\0"}, ""),
        ({"kinds": []}, "Choose at least one thing that counts."),
        ({"kinds": ["improvement.submitted", "x' OR 1=1"]}, ""),
        ({"kinds": ["\0"]}, ""),
        ({"window": "always"}, ""),
        ({"within_number": ""}, "Say within how long."),
        ({"within_number": "30000", "within_unit": "year"}, "longer than a hundred years"),
        ({"role": "owner"}, ""),
        ({"location": "elsewhere"}, ""),
        ({"min_value": "NaN"}, ""),
        ({"min_value": "1e999999"}, ""),
        ({"retention": "expires"}, "Say after how long it ends."),
        ({"retention": "while"}, "Say how many keep it."),
        ({"retention": "while", "while_at_least": "2"}, "Say within how long they must be."),
        ({"again": "on"}, "Only a count or sum per period"),
        ({"again": "on", "window": "ever", **KEPT}, "kept for good"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("button", ["save", "preview"])
def test_contradictions_and_nonsense_are_told_in_words(
    as_alice: Client, badge: Badge, button: str, said: dict[str, Any], message: str
) -> None:
    response = post(as_alice, button, **said)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert saved(badge.organization) == []


def test_what_is_not_asked_cannot_be_wrong(as_alice: Client, badge: Badge) -> None:
    assert (
        post(as_alice, window="ever", within_number="x", ends_number="-1", while_unit="century").status_code
        == 302
    )


def test_looking_first_shows_who_gets_and_who_loses_it_and_saves_nothing(
    as_alice: Client, badge: Badge, kind: Kind, organization: Organization
) -> None:
    quick, slow = (
        PersonFactory(organization=organization, name="Quick"),
        PersonFactory(organization=organization, name="Slow"),
    )
    submit(quick, kind, [1, 2, 3])
    submit(slow, kind, [10, 30, 50])
    with tenant(organization):
        loose = {**BURST, "criterion": {"type": "count", "at_least": 3, "select": {"kinds": [kind.name]}}}
        reconcile_rule(rule=save_rule(badge=badge, definition=loose, by=None))
        assert Award.objects.standing().count() == 2
    response = post(as_alice, "preview")
    run = response.context["run"]
    assert ([row.person.name for row in run.rows], [p.name for p in run.losing]) == (["Quick"], ["Slow"])
    assert (run.people, run.gaining, run.mails) == (1, [], 1)
    assert "within 7 days" in response.content.decode()
    assert len(saved(organization)) == 1


def test_looking_first_costs_the_same_for_one_person_and_for_three(
    as_alice: Client, badge: Badge, kind: Kind, organization: Organization, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (1, 2):
        for _ in range(more):
            submit(PersonFactory(organization=organization), kind, [1, 2, 3])
        with CaptureQueriesContext(connection) as captured:
            assert len(post(as_alice, "preview").context["run"].gaining) == sum((1, 2)[:more])
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_rule_that_the_form_cannot_say_is_shown_and_left_as_it_is(as_alice: Client, badge: Badge) -> None:
    tenure = {**BURST, "criterion": {"type": "tenure", "of": "5 years"}}
    with tenant(badge.organization):
        save_rule(badge=badge, definition=tenure, by=None)
    page = as_alice.get(PATH).content.decode()
    assert "Given to anyone who has been here for 5 years." in page
    assert post(as_alice).status_code == 409
    assert len(saved(badge.organization)) == 1
    assert "Save the rule" in as_alice.get(f"{PATH}?replace=1").content.decode()
    assert post(as_alice, replace="1").status_code == 302
    assert saved(badge.organization)[-1] == {**BURST, "version": 2}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"criterion": {**BURST["criterion"], "within": "1 month"}},  # type: ignore[dict-item]
        {
            "criterion": {
                "type": "count",
                "at_least": 5,
                "select": {"kinds": ["event.attended"], "location": "ward"},
            }
        },
        {"retention": {"type": "expires", "after": "18 months"}},
        {"retention": {"type": "while", "at_least": 2, "within": "1 year"}},
        {
            "criterion": {"type": "count", "at_least": 1, "per": "week", "select": {"kinds": ["a.b"]}},
            "repeatable": True,
        },
    ],
)
def test_the_form_says_what_the_rule_says(inside: Organization, badge: Badge, change: dict[str, Any]) -> None:
    LocationFactory(organization=inside, external_id="ward", name="Ward 4B")
    KindFactory(organization=inside, name="a.b")
    definition = to_json(parse({**BURST, **change}))
    said = initial_of(badge, definition, inside)
    assert said is not None
    form = RuleForm(
        {k: v for k, v in said.items() if v not in (None, False)}, badge=badge, organization=inside
    )
    assert form.errors == {}
    assert form.definition == definition


@pytest.mark.parametrize(
    "change",
    [
        {"for": {"titles": ["Nurse"]}},
        {"counts": {"from": "2026-05-01T04:00:00Z"}},
        {"criterion": {**BURST["criterion"], "select": {"roles": ["author"]}}},  # type: ignore[dict-item]
        {"criterion": {**BURST["criterion"], "select": {"kinds": ["a.b"], "attributes": {"area": ["x"]}}}},  # type: ignore[dict-item]
        {"criterion": {**BURST["criterion"], "select": {"kinds": ["a.b"], "roles": ["author", "leader"]}}},  # type: ignore[dict-item]
        {"criterion": {**BURST["criterion"], "select": {"kinds": ["a.b"], "location": "gone"}}},  # type: ignore[dict-item]
        {"criterion": {"type": "from a later Lapel"}},
        {"criterion": {"type": "all_of", "parts": [BURST["criterion"]]}},
        {"retention": {"type": "while", "at_least": 1, "within": "1 year", "select": {"kinds": ["a.b"]}}},
    ],
)
def test_the_form_knows_what_it_cannot_say(
    inside: Organization, badge: Badge, change: dict[str, Any]
) -> None:
    KindFactory(organization=inside, name="a.b")
    assert initial_of(badge, {**BURST, **change}, inside) is None


def test_a_rule_is_paused_and_taken_up_again(as_alice: Client, badge: Badge) -> None:
    with tenant(badge.organization):
        save_rule(badge=badge, definition=BURST, by=None)
    for state in ("paused", "active"):
        assert as_alice.post(f"{PATH}{state}/").status_code == 302
        with tenant(badge.organization):
            assert Rule.objects.get().state == state
    assert as_alice.get(f"{PATH}paused/").status_code == 405
    assert as_alice.post(f"{PATH}x/").status_code == 404


def test_a_badge_given_by_hand_is_given_by_both_once_it_has_a_rule(
    as_alice: Client, organization: Organization
) -> None:
    BadgeFactory(organization=organization, slug="burst", mode="hand")
    assert post(as_alice).status_code == 302
    with tenant(organization):
        assert Badge.objects.get().mode == "both"


def test_a_rule_that_cannot_be_read_hides_no_page(as_alice: Client, badge: Badge) -> None:
    with tenant(badge.organization):
        rule = save_rule(badge=badge, definition=BURST, by=None)
        rule.versions.create(
            organization=badge.organization, number=2, definition={"criterion": "odd"}, made_at=now()
        )
        Rule.objects.update(current=2)
    for path in (PATH, "/riverside/badges/", "/riverside/badges/burst/"):
        assert as_alice.get(path).status_code == 200
