"""What is different between two versions of a rule is said in words, part by part."""

from typing import Any

import pytest
from django.test import Client

from badges.models import Badge
from people.models import Organization
from people.tenancy import tenant
from rules.actions import save_rule
from rules.comparing import Part, compared_in_words
from rules.criteria import parse
from rules.sentences import Names
from tests.factories import BadgeFactory

THREE: dict[str, Any] = {
    "type": "count",
    "at_least": 3,
    "within": "7 days",
    "select": {"kinds": ["improvement.submitted"]},
}
GOOD = {"type": "permanent"}


def parts(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, str]:
    """By name, [-taken out-] and {+added+}."""

    def drawn(part: Part) -> str:
        return "".join(
            f"[-{one.bare}-]{one.gap}"
            if one.was
            else f"{{+{one.bare}+}}{one.gap}"
            if one.is_new
            else one.text
            for one in part.pieces
        )

    rules = [parse({"id": "b", "retention": GOOD, **text}) for text in (earlier, later)]
    return {part.name: drawn(part) for part in compared_in_words(*rules, Names()) if part.is_changed}


@pytest.mark.parametrize(("changed", "said"), [
    ({}, {}),
    ({"criterion": {**THREE, "at_least": 5, "within": "14 days"}}, {
        "Given to anyone who": "has submitted at least [-3-] {+5+} improvements within [-7-] {+14+} days"}),
    ({"criterion": {"type": "tenure", "of": "5 years"}}, {
        "Given to anyone who": "[-has submitted at least 3 improvements within 7 days-]"
        " {+has been here for 5 years+}"}),
    ({"retention": {"type": "expires", "after": "1 year", "grace": "7 days"}}, {
        "How long it is kept": "[-Kept for good.-] {+Ends 1 year after it was last earned.+}",
        "Grace": "[-No grace.-] {+After its end there are 7 days of grace to earn it again.+}"}),
    ({"for": {"titles": ["Nurse"]}}, {"For whom": "[-For everybody.-] {+Only for people with the title “Nurse”.+}"}),
])  # fmt: skip
def test_each_part_says_what_was_taken_out_and_what_was_added(
    changed: dict[str, Any], said: dict[str, str]
) -> None:
    assert parts({"criterion": THREE}, {"criterion": THREE, **changed}) == said


def test_the_page_marks_it_and_keeps_the_text_at_hand(as_alice: Client, organization: Organization) -> None:
    badge: Badge = BadgeFactory(organization=organization, slug="burst", mode="rule")
    with tenant(organization):
        for within in ("7 days", "14 days"):
            criterion = {**THREE, "within": within}
            save_rule(badge=badge, definition={"criterion": criterion, "retention": GOOD}, by=None)
    page = as_alice.get("/riverside/badges/burst/rule/history/").content.decode()
    assert '<del><span class="vh">taken out: </span>7</del>' in page
    assert '<ins><span class="vh">added: </span>14</ins>' in page
    text = page.split('<pre class="pre">')[1].split("</pre>")[0]
    assert "&quot;within&quot;: &quot;7 days&quot;</del>" in text
