"""Rules read aloud."""

from typing import Any

import pytest

from activity.impact_kinds import begin_impacts
from people.models import Organization
from people.tenancy import tenant
from rules.queries import names_of
from rules.sentences import Names, sentence
from tests.factories import KindFactory

SUBMITTED = {"kinds": ["improvement.submitted"]}
COUNT = {"type": "count", "at_least": 3, "within": "7 days", "select": SUBMITTED}
HOLDS = {"type": "holds", "at_least": 2, "badges": ["yellow-belt", "green-belt"]}
TENURE = {"type": "tenure", "of": "5 years"}
MONTHLY = {"type": "while", "at_least": 1, "within": "1 month"}
NARROW = {
    "kinds": ["improvement.submitted", "ward.walk"],
    "roles": ["team_member"],
    "attributes": {"area": ["docs", 1]},
    "min_value": "500.50",
    "location": "w3",
    "per_day": 1,
}
NAMES = Names(
    kinds={"ward.walk": "Ward walk"},
    badges={"yellow-belt": "Yellow Belt", "green-belt": "Green Belt"},
    locations={"w3": "Ward 3"},
    zone="America/New_York",
)


def rule(criterion: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"id": "x", "criterion": criterion, "retention": {"type": "permanent"}} | values


SAID = [
    (rule(COUNT), "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good."),
    (
        rule(COUNT | {"at_least": 1, "within": "1 day"}, retention=MONTHLY),
        "Given to anyone who has submitted at least 1 improvement within 1 day."
        " Kept as long as they have submitted at least 1 improvement within 1 month.",
    ),
    (
        rule({"type": "sum", "at_least": 10000, "per": "year", "select": {"kinds": ["improvement.implemented"]}},
             retention={"type": "expires", "after": "1 year"}),
        "Given to anyone who has reached a total of at least 10,000 with improvements implemented in one calendar year."
        " Ends 1 year after it was last earned.",
    ),
    (
        rule({"type": "average", "at_least": 4.5, "over": 20, "select": {"kinds": ["feedback.received"]}}),
        "Given to anyone who has reached an average of at least 4.5 over at least 20 pieces of feedback received."
        " Kept for good.",
    ),
    (
        rule({"type": "streak", "length": 4, "per": "week", "select": SUBMITTED}, retention={"type": "satisfied"}),
        "Given to anyone who has submitted at least 1 improvement in each of 4 weeks in a row."
        " Kept until a week goes by without it.",
    ),
    (
        rule(HOLDS, retention={"type": "satisfied"}),
        "Given to anyone who holds Yellow Belt and Green Belt. Kept as long as that is so.",
    ),
    (
        rule({"type": "all_of", "parts": [TENURE, {"type": "any_of", "parts": [HOLDS, COUNT]}], "within": "90 days"}),
        "Given to anyone who has been here for 5 years, and (holds Yellow Belt and Green Belt, or has submitted at"
        " least 3 improvements within 7 days), within 90 days of each other. Kept for good.",
    ),
    (
        rule({"type": "at_least", "k": 2, "parts": [TENURE, HOLDS, COUNT]}),
        "Given to anyone who meets at least 2 of these: has been here for 5 years; holds Yellow Belt and Green Belt;"
        " has submitted at least 3 improvements within 7 days. Kept for good.",
    ),
    (
        rule({"type": "count", "at_least": 2, "select": NARROW}),
        "Given to anyone who has done at least 2 things (improvements submitted or “Ward walk”) as team member with"
        " area “docs” or 1 worth at least 500.5 in Ward 3 (counting at most 1 a day). Kept for good.",
    ),
    (
        rule({"type": "count", "at_least": 10, "select": SUBMITTED}, repeatable=True),
        "Given to anyone who has submitted at least 10 improvements. Given again for every further 10. Kept for good.",
    ),
    (
        rule(COUNT, **{"for": {"locations": ["w3"], "titles": ["Nurse"], "joined_from": "2026-01-01"},
                       "counts": {"from": "2026-05-01T04:00:00Z", "until": "2026-06-01T16:30:00Z"}}),
        "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good."
        " Only for people in Ward 3, with the title “Nurse”, who joined on 1 January 2026 or later."
        " Only what is done from 1 May 2026 and before 1 June 2026, 12:30 counts.",
    ),
    (
        rule({"type": "streak", "length": 1, "per": "week", "select": SUBMITTED}, repeatable=True),
        "Given to anyone who has submitted at least 1 improvement in one week."
        " Given again for each further week in a row. Kept for good.",
    ),
    (
        rule({"type": "count", "at_least": 1, "select": SUBMITTED}, repeatable=True,
             retention={"type": "expires", "after": "1 year", "grace": "1 day"}),
        "Given to anyone who has submitted at least 1 improvement. Given again for every further one."
        " Ends 1 year after it was earned. After its end there is 1 day of grace to earn it again.",
    ),
    (
        rule({"type": "average", "at_least": 4, "over": 1, "select": SUBMITTED}),
        "Given to anyone who has reached an average of at least 4 over improvements submitted. Kept for good.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "said"), SAID)
def test_sentences(definition: dict[str, Any], said: str) -> None:
    assert sentence(definition, NAMES) == said


@pytest.mark.parametrize(("kinds", "total"), [
    (["improvement.verified"], "10,000 EUR"), (["ward.walk"], "10,000 steps"),
    (["improvement.verified", "ward.walk"], "10,000"), (["improvement.submitted"], "10,000"),
    (["impact.one_time_saving", "improvement.verified"], "10,000 EUR"), (["impact.time_saved"], "10,000 hours"),
])  # fmt: skip
def test_values_are_said_in_their_unit(organization: Organization, kinds: list[str], total: str) -> None:
    """The currency of savings; a kind's own unit; none where different ones are added up."""
    Organization.objects.filter(pk=organization.pk).update(currency="EUR")
    organization.refresh_from_db()
    with tenant(organization):
        begin_impacts(organization=organization)
        KindFactory(organization=organization, name="ward.walk", expects_value=True, unit="steps")
        names = names_of(organization)
    select = {"kinds": kinds, "min_value": 50}
    said = sentence(rule({"type": "sum", "at_least": 10_000, "select": select}), names)
    assert f"a total of at least {total} with" in said
    assert f"worth at least {total.replace('10,000', '50')}." in said
