"""Pages of what several people look after: the second of two tabs does not silently undo what the first saved."""

from dataclasses import dataclass
from typing import Any

import pytest

from activity.impact_kinds import add_impact_kind
from activity.models import ImpactKind, Kind, Measure, Step
from boards.models import BoardShare, Card
from notifications.models import NoticeText
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    KindFactory,
    LocationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@dataclass(frozen=True)
class Case:
    """A page, what two tabs send, what the second is told it would change, and what is stored."""

    path: str
    first: dict[str, str]
    late: dict[str, str]
    told: str
    stored: Any


TEXT = {"subject": "Hooray", "body": "You earned {badge}.", "html": ""}
CARD = {"title": "Rules of the house", "text": "Lids on.", "width": "half"}
SETTINGS = {"name": "Riverside Health", "zone": "America/New_York", "first_weekday": "1", "language": "en-gb"}
CASES = {
    "text": Case(
        "/riverside/notices/texts/earned/",
        TEXT,
        {**TEXT, "subject": "Well done"},
        "in: Subject.",
        lambda: NoticeText.objects.get().subject,
    ),
    "text of a badge": Case(
        "/riverside/notices/texts/earned/?badge=coach",
        TEXT,
        {**TEXT, "body": "Thank you."},
        "in: Text.",
        lambda: NoticeText.objects.get().body,
    ),
    "settings": Case(
        "/riverside/settings/organization/",
        {**SETTINGS, "language": "de"},
        {**SETTINGS, "name": "Riverside"},
        "in: Name, Language of mails.",
        lambda: Organization.objects.values_list("name", "language").get(),
    ),
    "location": Case(
        "/riverside/settings/locations/{location}/",
        {"name": "Ward 4"},
        {"name": "Ward 4B, east"},
        "in: Name.",
        lambda: Location.objects.get().name,
    ),
    "step": Case(
        "/riverside/improvements/steps/{step}/",
        {"name": "Tested", "writes": "training.completed"},
        {"name": "On trial", "writes": ""},
        "in: Name of the step, Counts as.",
        lambda: Step.objects.values_list("name", "writes__name").get(),
    ),
    "impact": Case(
        "/riverside/settings/impacts/{impact}/",
        {"name": "Hours", "unit": "hours", "is_active": "on"},
        {"name": "Time saved", "unit": "minutes", "yearly": "on", "is_active": "on"},
        "in: Name, A number of what, Each year; otherwise once.",
        lambda: ImpactKind.objects.values_list("name", "unit").get(),
    ),
    "kind": Case(
        "/riverside/settings/kinds/safety.walk/",
        {"label": "Safety walk", "expects_value": "on", "unit": "hours"},
        {"label": "Walk"},
        "in: What people read, Each one has a value, Unit of the value.",
        lambda: Kind.objects.filter(name="safety.walk").values_list("label", "unit").get(),
    ),
    "sharing": Case(
        "/riverside/boards/{board}/share/",
        {"people": "olga@riverside.example"},
        {"locations": "{location}", "people": ""},
        "in: People of, And these people.",
        lambda: list(BoardShare.objects.values_list("location__name", "person__name")),
    ),
    "card": Case(
        "/riverside/boards/{board}/cards/{card}/",
        {**CARD, "text": "Lids on.\nAlways."},
        {**CARD, "title": "House rules"},
        "in: Card title, Text.",
        lambda: Card.objects.values_list("title", "text").get(),
    ),
}


@pytest.fixture
def olga(organization: Organization) -> Person:
    """An owner, who may do it all."""
    olga = PersonFactory(
        organization=organization,
        email="olga@riverside.example",
        user=UserFactory(email="olga@riverside.example"),
    )
    RoleAssignmentFactory(organization=organization, person=olga, role=Role.OWNER)
    return olga


@pytest.fixture
def ids(organization: Organization, olga: Person) -> dict[str, int]:
    BadgeFactory(organization=organization, name="Coach", slug="coach")
    KindFactory(organization=organization, name="safety.walk")
    board = BoardFactory(organization=organization, made_by=olga)
    card = CardFactory(
        organization=organization, board=board, kind="text", title="Rules of the house", text="Lids on."
    )
    location = LocationFactory(organization=organization, name="Ward 4B")
    with tenant(organization):
        step = Step.objects.create(organization=organization, kind="improvement", name="On trial", position=0)
        impact = add_impact_kind(
            name="Time saved", measure=Measure.NUMBER, unit="hours", yearly=True, by=olga
        )
    return {"impact": impact.pk, "board": board.pk, "card": card.pk, "location": location.pk, "step": step.pk}


@pytest.mark.parametrize("name", CASES)
def test_who_was_overtaken_is_told_before_they_overwrite(
    organization: Organization, olga: Person, ids: dict[str, int], name: str
) -> None:
    def stored() -> Any:
        with tenant(organization):
            return case.stored()

    def send(data: dict[str, str], seen: str) -> Any:
        filled = {
            name: value.format(**ids) if value.startswith("{l") else value for name, value in data.items()
        }
        return client.post(path, {**filled, "seen": seen})

    case, client = CASES[name], logged_in(olga)
    path = case.path.format(**ids)
    seen = given_along(client.get(path))
    assert send(case.first, seen).status_code == 302
    once = stored()
    assert send(case.first, seen).status_code == 302, "the same twice is no conflict"

    refused = send(case.late, seen)
    assert refused.status_code == 422
    assert case.told in refused.content.decode()
    assert stored() == once
    assert send(case.late, given_along(refused)).status_code == 302
    assert stored() != once


def test_a_page_that_comes_back_for_another_reason_tells_of_nothing(
    olga: Person, ids: dict[str, int]
) -> None:
    client, path = logged_in(olga), CASES["text"].path
    seen = given_along(client.get(path))
    client.post(path, {**TEXT, "seen": seen})
    shown = client.post(path, {**TEXT, "subject": "Mine", "preview": "1", "seen": seen})
    settings = CASES["settings"].path
    before = given_along(client.get(settings))
    client.post(settings, {**SETTINGS, "language": "de", "seen": before})
    wrong = client.post(settings, {**SETTINGS, "name": "", "seen": before})
    arranged = client.post(
        CASES["card"].path.format(**ids), {**CARD, "seen": "as it was", "move": "up:badges"}
    )
    assert [given_along(page) for page in (shown, wrong, arranged)] == [seen, before, "as it was"]


def test_a_text_is_not_removed_over_what_somebody_wrote_meanwhile(
    organization: Organization, olga: Person
) -> None:
    client, path = logged_in(olga), CASES["text"].path
    client.post(path, TEXT)
    seen = given_along(client.get(path))
    client.post(path, {**TEXT, "subject": "Well done", "seen": seen})
    late = client.post(path, {**TEXT, "remove": "1", "seen": seen})
    assert (late.status_code, "Somebody changed this meanwhile" in late.content.decode()) == (422, True)
    assert client.post(path, {**TEXT, "remove": "1", "seen": given_along(late)}).status_code == 302
    with tenant(organization):
        assert not NoticeText.objects.exists()


def given_along(page: Any) -> str:
    edition: str = page.context["form"].edition
    assert f'name="seen" value="{edition}"' in page.content.decode()
    return edition
