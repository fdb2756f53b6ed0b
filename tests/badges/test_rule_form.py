"""The rule as a form: what it says, what it refuses, what it shows before it is saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from activity.models import Activity, Kind, Source
from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import reconcile_rule, save_rule
from rules.criteria import named_in, parse, to_json
from rules.forms import RuleForm
from rules.forms_shown import initial_of
from rules.models import Rule, RuleVersion
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory

SAID = {
    "at_least": "3",
    "kinds": ["improvement.submitted"],
    "window": "within",
    "within_number": "7",
    "within_unit": "day",
    "per": "month",
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


def test_what_somebody_saved_meanwhile_is_not_overwritten_unasked(as_alice: Client, badge: Badge) -> None:
    post(as_alice)
    assert 'name="seen" value="1"' in as_alice.get(PATH).content.decode()
    post(as_alice, seen="1", at_least="2")

    late = post(as_alice, seen="1", at_least="4")
    assert late.status_code == 422
    text = late.content.decode()
    assert "Somebody saved this rule while you were changing it" in text
    assert "submitted at least 2 improvements" in text
    assert len(saved(badge.organization)) == 2
    assert post(as_alice, seen="1", at_least="2").status_code == 302, "the same again is no conflict"

    assert 'name="seen" value="2"' in text
    assert post(as_alice, seen="2", at_least="4").status_code == 302
    assert saved(badge.organization)[-1]["criterion"]["at_least"] == 4


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
            {"type": "sum", "total": "12,500.5", "window": "ever"},
            {"type": "sum", "at_least": 12500.5, "select": SUBMITTED},
            {"type": "permanent"},
        ),
        (
            {**KEPT, "roles": "leader", "min_value": "2.5", "per_day": "1"},
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
        ({"roles": "\0"}, ""),
        ({"min_value": "1,00"}, "such as 12500"),
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
    assert ([row.person.name for row in run.rows], [row.person.name for row in run.had]) == (
        ["Quick"],
        ["Slow"],
    )
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


def test_a_rule_that_cannot_be_read_is_never_overwritten_unasked(as_alice: Client, badge: Badge) -> None:
    with tenant(badge.organization):
        rule = save_rule(badge=badge, definition=BURST, by=None)
        later: dict[str, Any] = {"number": 2, "definition": {"criterion": "from a later Lapel"}}
        rule.versions.create(organization=badge.organization, made_at=now(), **later)
        Rule.objects.update(current=2)
    assert post(as_alice).status_code == 409
    assert "Save the rule" in as_alice.get(f"{PATH}?replace=1").content.decode()
    assert post(as_alice, replace="1").status_code == 302
    assert saved(badge.organization)[-1] == {**BURST, "version": 3}


def sent(form: RuleForm) -> dict[str, Any]:
    """What a browser sends of a form as it is shown."""
    forms = [form, form.keep, *(part.form for part in form.root.everything() if part.form)]
    found = {}
    for one in forms:
        for bound in one:
            value = bound.value()
            if value not in (None, False, "", []):
                found[bound.html_name] = "on" if value is True else value
    return found


ATTENDED = {"type": "count", "at_least": 5, "select": {"kinds": ["event.attended"], "location": "ward"}}
TWICE = {"type": "count", "at_least": 2, "within": "3 weeks", "select": {"kinds": ["a.b"], "per_day": 1}}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"criterion": {**BURST["criterion"], "within": "1 month"}},  # type: ignore[dict-item]
        {"criterion": ATTENDED},
        {"retention": {"type": "expires", "after": "18 months"}},
        {"retention": {"type": "while", "at_least": 2, "within": "1 year"}},
        {"retention": {"type": "while", "at_least": 2, "within": "1 year", "select": {"kinds": ["a.b"]}}},
        {"criterion": {**TWICE, "per": "week", "within": None}, "repeatable": True},
        {"criterion": {**TWICE, "select": {}}},
        {"criterion": {**TWICE, "select": {"roles": ["author", "leader"], "min_value": 0.5}}},
        {"criterion": {"type": "sum", "at_least": 10000.25, "per": "year", "select": {"kinds": ["a.b"]}}},
        {"criterion": {"type": "sum", "at_least": -1, "select": {"kinds": ["a.b"]}}},
        {"criterion": {"type": "average", "at_least": 4.5, "over": 20, "within": "3 months", "select": {}}},
        {
            "criterion": {"type": "streak", "length": 4, "per": "week", "each": 2, "select": {}},
            "retention": {"type": "satisfied"},
        },
        {"criterion": {"type": "tenure", "of": "5 years"}},
        {"criterion": {"type": "holds", "at_least": 1, "badges": ["yellow", "green"]}},
        {"criterion": {"type": "holds", "at_least": 1, "badges": ["gone"]}},
        {"criterion": {"type": "all_of", "parts": [ATTENDED]}},
        {
            "criterion": {
                "type": "at_least", "k": 2, "within": "90 days",
                "parts": [TWICE, ATTENDED, {"type": "any_of", "parts": [{"type": "tenure", "of": "1 year"}, TWICE]}],
            }
        },
        {"criterion": {**TWICE, "select": {"kinds": ["a.b", "un.known"], "location": "gone"}}},
        {"criterion": {**TWICE, "select": {"attributes": {"area": ["docs", "floor"], "pilot": [True]}}}},
        {"criterion": {**TWICE, "select": {"attributes": {"a": ["1", 1, "true", None, "x, y", ' "q"', "", "NaN"]}}}},
        {"criterion": {**TWICE, "select": {"attributes": {"list": [["a"], {"b": 1}]}}}},
        {"for": {"titles": ["Nurse", "Ward clerk"], "locations": ["ward"], "joined_from": "2026-01-01"}},
        {"counts": {"from": "2026-05-01T04:00:00Z", "until": "2026-06-01T04:00:00.000001Z"}},
        {"counts": {"from": "2026-11-01T06:30:00Z"}},  # half past one for the second time
    ],
)  # fmt: skip
def test_the_form_says_what_the_rule_says(inside: Organization, badge: Badge, change: dict[str, Any]) -> None:
    """Any rule, shown in the form and sent as it stands, is the same rule."""
    LocationFactory(organization=inside, external_id="ward", name="Ward 4B")
    KindFactory(organization=inside, name="a.b")
    for slug in ("yellow", "green"):
        BadgeFactory(organization=inside, slug=slug)
    criterion = {name: value for name, value in {**BURST, **change}["criterion"].items() if value is not None}
    definition = to_json(parse({**BURST, **change, "criterion": criterion}))
    known: Any = {"badge": badge, "organization": inside, "named": named_in(parse(definition))}
    shown = RuleForm(**known, draft=initial_of(badge, definition, inside))
    data = QueryDict(mutable=True)
    for name, value in sent(shown).items():
        data.setlist(name, value if isinstance(value, list) else [str(value)])
    form = RuleForm(data, **known)
    assert (form.is_valid(), form.errors) == (True, {})
    assert form.definition == definition


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


# ---- conditions within conditions, without scripts
NESTED = {
    **{name: value for name, value in SAID.items() if name in {"retention", "ends_unit", "while_unit"}},
    "type": "all_of",
    "together_number": "90",
    "together_unit": "day",
    "0-type": "count", "0-at_least": "2", "0-kinds": ["improvement.submitted"], "0-window": "ever",
    "1-type": "any_of",
    "1-0-type": "tenure", "1-0-of_number": "5", "1-0-of_unit": "year",
    "1-1-type": "streak", "1-1-each": "1", "1-1-length": "4", "1-1-per": "week", "1-1-any_kind": "on",
}  # fmt: skip
DEFINED = {
    "type": "all_of", "within": "90 days",
    "parts": [
        {"type": "count", "at_least": 2, "select": SUBMITTED},
        {"type": "any_of", "parts": [
            {"type": "tenure", "of": "5 years"},
            {"type": "streak", "length": 4, "per": "week", "each": 1, "select": {}},
        ]},
    ],
}  # fmt: skip


def test_conditions_nest(as_alice: Client, badge: Badge) -> None:
    assert as_alice.post(PATH, {**NESTED, "save": "1"}).status_code == 302
    assert saved(badge.organization)[0]["criterion"] == DEFINED
    page = as_alice.get(PATH).content.decode()
    assert 'name="1-1-length"' in page
    assert "Condition 2.2" in page


@pytest.mark.parametrize(
    ("do", "sorts"),
    [
        ("add ", ["count", ["tenure", "streak"], "count"]),
        ("add 1", ["count", ["tenure", "streak", "count"]]),
        ("add 0", [["count", "count"], ["tenure", "streak"]]),
        ("remove 0", [["tenure", "streak"]]),
        ("remove 1-0", ["count", ["streak"]]),
        ("ungroup 1", ["count", "tenure", "streak"]),
        ("group 0", [["count"], ["tenure", "streak"]]),
        ("remove 7-7", ["count", ["tenure", "streak"]]),
        ("dance 0", ["count", ["tenure", "streak"]]),
        ("add x", ["count", ["tenure", "streak"]]),
        ("", ["count", ["tenure", "streak"]]),
    ],
)
def test_buttons_rearrange_the_conditions_and_lose_nothing(
    as_alice: Client, badge: Badge, do: str, sorts: list[Any]
) -> None:
    response = as_alice.post(PATH, {**NESTED, "do": do, "for_titles": "Nurse", "ends_number": "x"})
    assert response.status_code == 200

    def shape(part: Any) -> Any:
        return [shape(below) for below in part.parts] if part.is_group else part.values["type"]

    assert shape(response.context["form"].root) == sorts
    page = response.content.decode()
    assert 'value="90"' in page
    assert ">\nNurse</textarea>" in page
    assert saved(badge.organization) == []


@pytest.mark.parametrize("levels", [1, 9])
def test_more_conditions_than_the_buttons_make_stay(as_alice: Client, badge: Badge, levels: int) -> None:
    """As an import brings them."""
    group = "0-" * (levels - 1)
    said = {f"{group[: 2 * level]}type": "any_of" for level in range(levels)}
    for i in range(25):
        one = {"type": "count", "at_least": str(i + 1), "window": "ever", "any_kind": "on"}
        said |= {f"{group}{i}-{name}": value for name, value in one.items()}
    as_alice.post(PATH, {**SAID, **said, "save": "1"})
    criterion = saved(badge.organization)[0]["criterion"]
    for _ in range(levels - 1):
        [criterion] = criterion["parts"]
    assert [part["at_least"] for part in criterion["parts"]] == list(range(1, 26))


def test_a_single_condition_becomes_a_group_when_another_is_added(as_alice: Client, badge: Badge) -> None:
    root = post(as_alice, "do").context["form"].root
    assert not root.is_group
    root = as_alice.post(PATH, {**SAID, "do": "add "}).context["form"].root
    assert [part.values["at_least"] for part in root.parts] == ["3", 1]


def test_what_was_said_stays_where_a_group_is_chosen_first(as_alice: Client, badge: Badge) -> None:
    root = as_alice.post(PATH, {**SAID, "type": "any_of", "do": "add "}).context["form"].root
    assert root.values["type"] == "any_of"
    assert [part.values["at_least"] for part in root.parts] == ["3", 1]


def test_the_outermost_group_comes_apart_only_where_one_condition_is_left(
    as_alice: Client, badge: Badge
) -> None:
    page = as_alice.post(PATH, {**NESTED, "do": ""}).text
    assert ('value="ungroup "' in page, 'value="ungroup 1"' in page) == (False, True)
    assert 'value="ungroup "' in as_alice.post(PATH, {**NESTED, "do": "remove 0"}).text


def test_places_are_told_from_their_namesakes(as_alice: Client, badge: Badge) -> None:
    main = LocationFactory(organization=badge.organization, name="Main")
    LocationFactory(organization=badge.organization, name="Ward 4B", parent=main, external_id="w4b")
    places = as_alice.get(PATH).context["form"].offers.places
    assert places == [(main.external_id, "Main"), ("w4b", "Ward 4B (Main)")]


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"1-0-of_number": ""}, "1-0-of_number", "Say how long."),
        ({"1-type": "at_least", "1-k": "3"}, "1-k", "It asks for more conditions than it has."),
        ({"1-1-type": "holds", "1-1-held": "2", "1-1-badges": ["other"]}, "1-1-held", "more badges than it names"),
        ({"1-1-any_kind": ""}, "1-1-kinds_0", "Choose at least one thing that counts."),
        ({"0-within_number": "101", "0-within_unit": "year", "0-window": "within"}, "0-within_number", "hundred years"),
        ({"0-attributes": "area"}, "0-attributes", "is not of the form"),
        ({"retention": "satisfied"}, "retention", "choose another way to keep it"),
        ({"retention": "while", "while_at_least": "1", "while_number": "1"}, "own", "say here which of them keeps it"),
        ({"again": "on"}, "again", "can be earned again and again"),
        ({"counts_from": "2026-05-01", "counts_until": "2026-04-01"}, "counts_until", "It ends before it begins."),
        ({"counts_from": "soon"}, "counts_from", "Write a day and a time"),
        ({"joined_from": "soon"}, "joined_from", "Write the day"),
    ],
)  # fmt: skip
def test_what_contradicts_is_told_at_its_part(
    as_alice: Client, badge: Badge, organization: Organization, said: dict[str, Any], field: str, message: str
) -> None:
    BadgeFactory(organization=organization, slug="other")
    data = {name: value for name, value in {**NESTED, **said}.items() if value != ""}
    response = as_alice.post(PATH, {**data, "save": "1"})
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert f'href="#id_{field}"' in page
    assert saved(badge.organization) == []


def test_what_is_deeper_than_any_rule_is_cut_off(as_alice: Client, badge: Badge) -> None:
    deep = {f"{'-'.join('0' * n)}-type": "all_of" for n in range(1, 40)}
    response = as_alice.post(PATH, {**NESTED, **deep, "save": "1"})
    assert response.status_code == 422
    assert max(part.depth for part in response.context["form"].root.everything()) == 30


# ---- what a change does
def test_each_choice_is_shown_with_its_figures_and_saved(
    as_alice: Client, badge: Badge, kind: Kind, organization: Organization
) -> None:
    submit(PersonFactory(organization=organization, name="One"), kind, [10])
    submit(PersonFactory(organization=organization, name="Two"), kind, [10, 20])
    with tenant(organization):
        loose = {**BURST, "criterion": {"type": "count", "at_least": 1, "select": {"kinds": [kind.name]}}}
        reconcile_rule(rule=save_rule(badge=badge, definition=loose, by=None))
    strict = {**SAID, "window": "ever", "at_least": "2", "policy": "keep"}
    response = as_alice.post(PATH, {**strict, "preview": "1"})
    assert [(people, losing, chosen) for _, chosen, people, _, losing in response.context["choices"]] == [
        (1, 1, False), (2, 0, True), (2, 0, False),
    ]  # fmt: skip
    assert as_alice.post(PATH, {**strict, "save": "1"}).status_code == 302
    with tenant(organization):
        assert RuleVersion.objects.get(number=2).policy == "keep"


def test_a_local_time_that_comes_twice_is_the_later_one_and_is_shown_as_it_was_written(
    as_alice: Client, badge: Badge
) -> None:
    assert post(as_alice, counts_from="2026-03-08 02:30", counts_until="2026-11-01 01:30").status_code == 302
    [definition] = saved(badge.organization)
    assert definition["counts"] == {"from": "2026-03-08T07:30:00Z", "until": "2026-11-01T06:30:00Z"}
    page = as_alice.get(PATH).content.decode()
    assert 'value="2026-11-01 01:30"' in page


@pytest.mark.parametrize(
    ("state", "words"),
    [("active", "Lapel is looking at everybody by its rule now."), ("draft", "It is at rest.")],
)
@pytest.mark.usefixtures("kind")
def test_saving_says_whether_the_rule_looks_at_anybody(
    as_alice: Client, organization: Organization, state: str, words: str
) -> None:
    BadgeFactory(organization=organization, slug="burst", mode="rule", state=state)
    assert f"The rule is saved. {words}" in as_alice.post(PATH, SAID, follow=True).text
    again = as_alice.post(PATH, SAID, follow=True).text
    assert "It says what it said before, so nothing changes." in again
    assert f"The rule is saved. {words}" not in again
