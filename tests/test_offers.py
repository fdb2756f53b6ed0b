"""What a page offers, it lets one do: every link and every form that each kind of visitor comes across."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from people.models import Organization
from tests.conftest import logged_in
from tests.factories import LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory
from tests.test_access import ROLES, ROUTES, visitor
from tests.test_access import world as world

HOME = "/riverside/"
# What a form answers with, a page shows inside of itself, or takes more than the world here has.
OTHERWISE = {
    "activity:attach", "activity:comment", "activity:move", "activity:verify", "activity:verify_impact",
    "activity:send_back", "activity:send_back_impact", "activity:report_anew", "activity:report_impact_anew",
    "activity:preview",
    "administration:trial", "badges:reinstate", "integrations:import_faults", "integrations:let_people_return",
    "notifications:text_shown",
    "people:lists", "people:merge_preview", "rules:trial",
}  # fmt: skip


class Offers(HTMLParser):
    """The addresses of a page that are read, and those that are sent to."""

    def __init__(self, address: str, content: str) -> None:
        super().__init__()
        self.address, self.read, self.sent = address, set[str](), set[str]()
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            sends = (said.get("method") or "get").lower() == "post"
            self._take(self.sent if sends else self.read, said.get("action") or self.address)
        if tag == "button" and said.get("formaction"):
            self._take(self.sent, said["formaction"])
        if tag == "a" and said.get("href"):
            self._take(self.read, said["href"])

        for fetched in ("hx-get", "data-suggestions"):
            if said.get(fetched):
                self._take(self.read, said[fetched])

    def _take(self, into: set[str], where: str | None) -> None:
        found = urldefrag(urljoin(self.address, where))[0]
        if found.startswith(HOME):
            into.add(found)


def sort_of(address: str) -> tuple[str, frozenset[str]]:
    """The view and what is asked of it: one page of each sort is looked at.

    Of badges and awards each: only some have a rule, only some have evidence.
    """
    parts = urlsplit(address)
    name, asked = resolve(parts.path).view_name, {name for name, _ in parse_qsl(parts.query)}
    return name, frozenset(asked | {parts.path} if name in {"badges:award", "badges:detail"} else asked)


def walked(client: Client) -> Iterator[tuple[str, int, Offers]]:
    """Every sort of page that links lead to, from home on."""
    ahead, seen = [HOME], {sort_of(HOME)}
    while ahead:
        address = ahead.pop()
        answer = client.get(address, follow=True)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        offers = Offers(address, answer.content.decode() if is_page else "")
        yield address, answer.status_code, offers
        for found in sorted(offers.read):
            if (sort := sort_of(found)) not in seen:
                seen.add(sort)
                ahead.append(found)


@pytest.mark.parametrize("letter", [*sorted(ROLES.keys() - {"a"}), "bound"])
def test_everything_offered_is_allowed(
    organization: Organization, world: dict[str, Any], letter: str
) -> None:
    client = bound(organization) if letter == "bound" else visitor(organization, letter)
    senders = "a" if letter == "bound" else letter
    refused: list[str] = []
    seen = set()
    for address, status, offers in walked(client):
        seen.add(sort_of(address)[0])
        refused += [f"{address} answers {status}"] if status != 200 else []
        names = {sort_of(sent)[0] for sent in offers.sent}
        refused += [
            f"{address} offers {name}"
            for name in names
            if ROUTES[name].send and senders not in ROUTES[name].send
        ]
    assert refused == []
    if letter != "bound":
        allowed = {name for name, route in ROUTES.items() if letter in route.read}
        assert sorted(allowed - seen - OTHERWISE) == []


def bound(organization: Organization) -> Client:
    """Badge and user administrator of a place where nobody works yet."""
    place = LocationFactory(organization=organization)
    person = PersonFactory(organization=organization, user=UserFactory())
    for role in ROLES["a"]:
        RoleAssignmentFactory(organization=organization, person=person, role=role, location=place)
    return logged_in(person)
