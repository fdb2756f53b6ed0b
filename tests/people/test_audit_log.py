"""The audit log speaks the users' words, and names whom and what an entry is about."""

from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from badges.actions import grant_by_hand
from badges.batches import draft_batch, plan_batch, start_batch
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


def test_what_was_done_to_somebody_is_found_by_their_name(
    olga: Person, bob: Person, mary: Person, organization: Organization
) -> None:
    """Though the sentence is about the badge."""
    badge = BadgeFactory(organization=organization, name="Kind Words")
    with tenant(organization):
        for person in (bob, mary):
            grant_by_hand(badge=badge, person=person, by=olga, reason="A card came.")
    found = logged_in(olga).get(PAGE, {"q": "bob bro"}).context["lines"]
    assert [(line.entry.action, line.entry.details["person"]) for line in found] == [
        ("award.granted", bob.pk)
    ]
    assert len(logged_in(olga).get(PAGE, {"q": "kind"}).context["lines"]) == 2


def test_a_bulk_edit_names_its_badges_and_its_page_is_open_to_whoever_reads_the_log(
    alice: Person, bob: Person, organization: Organization
) -> None:
    ines = PersonFactory(organization=organization, name="Ines Ivo", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=ines, role=Role.AUDITOR)
    badge = BadgeFactory(organization=organization, name="Kind Words")
    with tenant(organization):
        draft, batch = (draft_batch(by=alice, verb="add", person_ids=[bob.pk]) for _ in range(2))
        batch = plan_batch(batch=batch, verb="add", badges=[badge], reason="Course.")
        assert batch.planned_at
        start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    client, path = logged_in(ines), batch.get_absolute_url()
    page = client.get(PAGE).content.decode()
    assert f'started the bulk edit <a href="{path}">' in page
    assert "Badges: Kind Words" in rows(client)[0]
    assert "Bob Brown" in client.get(path).content.decode()
    assert "Bob Brown" in client.get(f"{path}people.csv").getvalue().decode()  # type: ignore[attr-defined]
    assert [client.post(path).status_code, client.post(f"{path}undo/").status_code] == [403, 403]
    assert client.get(draft.get_absolute_url()).status_code == 404
    listed = client.get("/riverside/bulk/").text
    assert [path in listed, draft.get_absolute_url() in listed] == [True, False]
    assert logged_in(bob).get(path).status_code == 403


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
