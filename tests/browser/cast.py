"""Whom the browser tests sign in as, and what has to hold of every page that they see."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from people.models import Location, Organization, Person
from people.roles import Role
from tests.browser.conftest import PASSWORD
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory

GIVERS = (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR)
# A rule for the first improvement.
FIRST: dict[str, Any] = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}


def member(
    organization: Organization, name: str, *roles: Role, bound_to: Location | None = None, **fields: object
) -> Person:
    """Somebody with a login: Bob Brown is bob@riverside.example."""
    user = UserFactory(email=f"{name.split()[0].lower()}@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    person: Person = PersonFactory(organization=organization, name=name, user=user, **fields)
    for role in roles:
        RoleAssignmentFactory(organization=organization, person=person, role=role, location=bound_to)
    return person


def is_narrow(page: Page) -> bool:
    """Whether nothing of the whole page has to be scrolled sideways for."""
    page.wait_for_load_state()
    narrow: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return narrow


def is_sound(page: Page) -> None:
    page.wait_for_load_state()
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]] == []
    assert is_narrow(page), page.url
