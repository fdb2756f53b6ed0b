"""What can never be is refused at its place; what is odd is said, and may be saved."""

from typing import Any

import pytest
from django.test import Client

from activity.actions import Delivery, record_activities
from badges.models import Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.criteria import Invalid, in_order, parse
from rules.doubts import doubts
from rules.models import Rule
from tests.badges.test_rule_form import PATH, SAID
from tests.factories import BadgeFactory, KindFactory

ONE_A_DAY = {"kinds": ["improvement.submitted"], "per_day": 1}
PERMANENT: dict[str, Any] = {"type": "permanent"}
MAY = {"from": "2026-05-01T04:00:00Z", "until": "2026-06-01T04:00:00Z"}


def count(n: int, **others: Any) -> dict[str, Any]:
    return {"type": "count", "at_least": n, "select": ONE_A_DAY, **others}


def streak(length: int, per: str, each: int = 1) -> dict[str, Any]:
    return {"type": "streak", "length": length, "per": per, "each": each, "select": ONE_A_DAY}


def impossible(criterion: Any, retention: Any = None, **others: Any) -> list[str]:
    rule = parse({"id": "b", "criterion": criterion, "retention": retention or PERMANENT, **others})
    return [doubt.path for doubt in doubts(rule) if doubt.impossible]


@pytest.mark.parametrize(("criterion", "paths"), [
    (count(2, per="day"), ["criterion.at_least"]),
    (count(1, per="day"), []),
    (count(9, within="7 days"), ["criterion.at_least"]),
    (count(8, within="7 days"), []),  # a window of seven days touches eight
    (count(32, per="month"), ["criterion.at_least"]),
    (count(31, per="month"), []),
    (count(500), []),
    (streak(4, "week", 8), ["criterion.each"]),
    (streak(4, "week", 7), []),
    ({"type": "all_of", "parts": [count(1), count(2, per="day")]}, ["criterion.parts[1].at_least"]),
    ({"type": "any_of", "parts": [count(1), count(2, per="day")]}, []),
])  # fmt: skip
def test_more_than_fits_can_never_be(criterion: Any, paths: list[str]) -> None:
    assert impossible(criterion) == paths


@pytest.mark.parametrize(("length", "per", "paths"), [
    (9, "week", ["criterion.length"]), (6, "week", []), (2, "year", []), (4, "month", ["criterion.length"]),
])  # fmt: skip
def test_a_run_must_fit_in_the_time_that_counts(length: int, per: str, paths: list[str]) -> None:
    assert impossible(streak(length, per), counts=MAY) == paths


def test_what_keeps_it_must_fit(organization: Organization) -> None:
    keep = {"type": "while", "at_least": 4, "within": "2 days"}
    assert impossible(count(1), keep) == ["retention.at_least"]
    assert impossible(count(1), {**keep, "at_least": 3}) == []


def test_what_is_odd_is_no_error() -> None:
    select = {"min_value": 5}
    average = {"type": "average", "at_least": 4, "over": 3, "select": select}
    rule = parse({"id": "b", "criterion": average, "retention": PERMANENT})
    assert [(doubt.path, doubt.impossible) for doubt in doubts(rule)] == [("criterion.at_least", False)]


def test_a_circle_is_told_as_a_path() -> None:
    def holding(slug: str, other: str) -> Any:
        holds = {"type": "holds", "at_least": 1, "badges": [other]}
        return parse({"id": slug, "criterion": holds, "retention": PERMANENT})

    book = {"a": holding("a", "b"), "b": holding("b", "c"), "c": holding("c", "b")}
    with pytest.raises(Invalid, match="in a circle: b → c → b"):
        in_order(book)


# ---- in the form
@pytest.fixture
def badge(organization: Organization) -> Badge:
    KindFactory(organization=organization)
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="rule")


def say(client: Client, **said: Any) -> str:
    answer = client.post(PATH, {**SAID, **said, "say": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text


def test_the_form_says_what_can_never_be(organization: Organization, badge: Badge, as_alice: Client) -> None:
    wrong = {**SAID, "window": "per", "per": "day", "per_day": "1", "save": "1"}
    page = as_alice.post(PATH, wrong)
    assert page.status_code == 422
    assert "no more than 1 fit in a day" in page.text
    with tenant(organization):
        assert Rule.objects.count() == 0


def test_the_sentence_follows_what_is_chosen(badge: Badge, as_alice: Client) -> None:
    said = say(as_alice)
    assert "submitted at least 3 improvements within 7 days" in said
    assert "<form" not in said  # a part of the page, not the page
    assert "submitted at least 5 improvements within 7 days" in say(as_alice, at_least="5")
    assert "Nothing of the kind" in said  # none has arrived yet


def box(said: str, name: str) -> str:
    """What stands beside some fields, with the ids of the controls that it is about."""
    [_, found] = said.split(f'<div id="says-{name}" hx-swap-oob="true">')
    return found.split("</div>")[0]


def test_what_contradicts_is_said_at_once_beside_all_parts_concerned(badge: Badge, as_alice: Client) -> None:
    said = say(as_alice, window="per", per="day", per_day="1")
    assert "Not a rule yet" in said
    assert "no more than 1 fit in a day" in box(said, "-sentence")
    assert 'data-of="id_at_least id_per_day id_per"' in box(said, "-sentence")
    assert "Say after how long it ends." in box(say(as_alice, retention="expires"), "rule-sentence")
    assert "can be earned again" in box(say(as_alice, type="tenure", of_number="5", again="on"), "rule-again")
    assert "Write a day and a time" in box(say(as_alice, counts_from="May"), "rule-limits")


def test_what_cannot_be_as_it_is_meant_here_is_said(badge: Badge, as_alice: Client, bob: Person) -> None:
    with tenant(badge.organization):
        record_activities(
            organization=badge.organization,
            source="test",
            deliveries=[Delivery(bob.external_id, "improvement.submitted", now(), "1")],
        )
    said = say(as_alice, type="sum", total="5", for_titles="Wizard")
    assert "“Improvement submitted” has come without a value so far" in said
    assert "Nobody here has ever had the title “Wizard”." in said


def test_what_is_odd_is_said_at_the_condition_that_names_it(badge: Badge, as_alice: Client) -> None:
    draft = BadgeFactory(organization=badge.organization, name="Green Belt", slug="green", state="draft")
    parts = {"0-type": "count", "0-at_least": "1", "0-window": "ever", "0-kinds": "project.completed"}
    holds = {"1-type": "holds", "1-held": "1", "1-badges": draft.slug}
    said = say(as_alice, type="all_of", **parts, **holds)
    assert "Nothing of the kind “Project completed” has ever arrived here." in box(said, "0-kinds")
    assert 'data-of="id_0-kinds_0"' in box(said, "0-kinds")
    assert "Green Belt is draft: nobody new gets it." in box(said, "1-badges")
    assert "Nothing of the kind" not in box(said, "-kinds")
