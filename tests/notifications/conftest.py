import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from badges.actions import grant_by_hand
from badges.models import Award, Badge
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory
from tests.notifications.sink import Sink, listening, mailers_at

Give = Callable[..., Award]


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with listening() as sink:
        settings.MAILERS = sink.mailers()
        yield sink


@pytest.fixture
def nobody() -> Iterator[dict[str, object]]:
    """A mail server that is away: its port is held, so that nobody else listens there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield mailers_at(held.getsockname()[1])


@pytest.fixture
def later(settings: Settings, tmp_path: Path) -> Callable[[timedelta], None]:
    """Moves the clock on by so much, all in all."""

    def move(by: timedelta) -> None:
        file = tmp_path / "clock"
        file.write_text(str(by.total_seconds()))
        settings.CLOCK_FILE = str(file)

    return move


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="coach", name="Coach", description="Helps others.")


@pytest.fixture
def give(organization: Organization, badge: Badge, alice: Person) -> Give:
    """Alice gives somebody the badge."""

    def give(person: Person, badge: Badge = badge, reason: str = "For the hand-over card") -> Award:
        with tenant(organization):
            return grant_by_hand(badge=badge, person=person, by=alice, reason=reason)

    return give
