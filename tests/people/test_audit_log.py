"""The audit log speaks the users' words, and names whom and what an entry is about."""

from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from badges.actions import grant_by_hand
from badges.defining import BADGE_FIELDS, edit_badge, set_badge_state
from badges.forms import BadgeForm
from people.history import _choices, _field
from people.history_words import CHOICES
from people.models import Organization, Person
from people.organizations import change_settings
from people.role_actions import give_role
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, PersonFactory, RoleAssignmentFactory, UserFactory

PAGE = "/riverside/settings/audit/"


@pytest.fixture
def olga(organization: Organization) -> Person:
    """An owner."""
    person = PersonFactory(organization=organization, name="Olga Owen", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
    return person


def rows(client: Client) -> list[str]:
    table = client.get(PAGE).content.decode().split("<tbody")[1].split("</tbody>")[0]
    return [" ".join(strip_tags(row.replace("<br>", ". ")).split()) for row in table.split("<tr")[1:]]


def test_whom_and_what_it_is_about_is_named_and_led_to(
    olga: Person, bob: Person, organization: Organization
) -> None:
    badge = BadgeFactory(organization=organization, name="Kind Words", slug="kind")
    with tenant(organization):
        award = grant_by_hand(badge=badge, person=bob, by=olga, reason="A card came.")
        give_role(person=bob, role=Role.MANAGER, location=None, by=olga)
    client = logged_in(olga)
    page = client.get(PAGE).content.decode()
    assert f'gave <a href="{award.get_absolute_url()}"><bdi>Kind Words</bdi></a>' in page
    assert f'Person: <a href="{bob.get_absolute_url()}"><bdi>Bob Brown</bdi></a>' in page
    assert [row.split(" Role: ")[1].split()[0] for row in rows(client) if " Role: " in row] == ["Manager"]


def test_fields_and_what_stands_in_them_go_by_their_names(olga: Person, organization: Organization) -> None:
    badge = BadgeFactory(organization=organization, name="Kind Words", state="draft")
    with tenant(organization):
        edit_badge(badge=badge, by=olga, needs_two=True, tells_on_loss=False)
        set_badge_state(badge=badge, by=olga, state="active")
        change_settings(organization=organization, by=olga, first_weekday=7)
    settings, state, edited = rows(logged_in(olga))[:3]
    assert "First day of the week: “Monday” to “Sunday”" in settings
    assert ("Before: Draft" in state, "State: Active" in state) == (True, True)
    assert (
        "Changed: two administrators must agree, mail to the person when it ends or is taken back" in edited
    )


def test_what_the_reader_may_not_open_is_no_link(organization: Organization, olga: Person) -> None:
    ines = PersonFactory(organization=organization, name="Ines Ivo", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=ines, role=Role.AUDITOR)
    badge = BadgeFactory(organization=organization, name="Secret Plan", slug="secret", state="draft")
    with tenant(organization):
        edit_badge(badge=badge, by=olga, name="Secret Plans")
    assert 'href="/riverside/badges/secret/"' in logged_in(olga).get(PAGE).content.decode()
    seen = logged_in(ines).get(PAGE).content.decode()
    assert ("Secret Plans" in seen, "/badges/secret/" in seen) == (True, False)


def test_more_entries_ask_no_more(olga: Person, organization: Organization) -> None:
    badge = BadgeFactory(organization=organization)
    client, counts = logged_in(olga), []
    for number in (1, 3):
        for _ in range(number):
            with tenant(organization):
                grant_by_hand(
                    badge=badge, person=PersonFactory(organization=organization), by=olga, reason=""
                )
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_fields_of_badges_are_called_what_their_form_calls_them() -> None:
    labels: dict[str, Any] = {name: field.label for name, field in BadgeForm.base_fields.items()}
    for name in BADGE_FIELDS & labels.keys() - {"name", "kind", "category", "emblem"}:
        assert _field("badge", name) == labels[name][0].lower() + labels[name][1:], name


def test_every_table_of_choices_is_there() -> None:
    try:
        assert all(_choices(where) for where in CHOICES.values())
    except (LookupError, FieldDoesNotExist) as gone:
        pytest.fail(str(gone))
