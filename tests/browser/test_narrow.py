"""Every sort of page but the wall, with names as long as they get, on a phone and on a desk: nothing to scroll
sideways for."""

from typing import Any

from playwright.sync_api import Error, Page

from activity.models import WorkItem
from badges.models import Badge
from boards.models import Board, Card
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import is_narrow, member
from tests.browser.conftest import Lapel, log_in
from tests.test_access import world as world
from tests.test_offers import HOME, sort_of

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 800}


def test_no_page_is_wider_than_its_screen(
    page: Page, lapel: Lapel, organization: Organization, world: dict[str, Any]
) -> None:
    member(organization, "Olga Owen", Role.OWNER)
    with tenant(organization):
        for model, field in (
            (Person, "name"), (Person, "title"), (Badge, "name"), (Location, "name"), (Board, "title"),
            (Card, "title"), (WorkItem, "title"),
        ):  # fmt: skip
            model.objects.update(**{field: LONG})
    log_in(page, "olga@riverside.example")
    # Nothing asks how far it is and comes anew while it is looked at.
    page.route("**/htmx*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    ahead, seen, wide = [HOME], {sort_of(HOME)}, []
    while ahead:
        address = ahead.pop()
        if not is_page(page, address):
            continue
        for screen in (DESK, PHONE):
            page.set_viewport_size(screen)
            wide += [] if is_narrow(page) else [(screen["width"], address)]
        links: list[str] = page.evaluate("[...document.links].map(link => link.href.split('#')[0])")
        for found in sorted({link.removeprefix(lapel.url) for link in links}):
            if found.startswith(HOME) and "wall=" not in found and (sort := sort_of(found)) not in seen:
                seen.add(sort)
                ahead.append(found)
    assert wide == []
    assert len(seen) > 80


def is_page(page: Page, address: str) -> bool:
    """Go there; False where a file comes instead."""
    try:
        page.goto(address)
    except Error as error:
        if "Download is starting" in error.message:
            return False
        raise
    return True
