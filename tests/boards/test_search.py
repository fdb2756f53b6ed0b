"""One field for people, badges, work and boards."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.steps import submit_improvement
from boards.actions import create_board, share_board
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory

SEARCH = "/riverside/search/"


def make(organization: Organization, by: Person, word: str) -> None:
    """One of each that has the word in its name."""
    with tenant(organization):
        PersonFactory(organization=organization, name=f"{word} Moreau")
        BadgeFactory(organization=organization, name=f"Badge of {word}")
        submit_improvement(author=by, title=f"Improve {word}")
        create_board(title=f"Board of {word}", by=by)


def found(client: Client, text: str) -> list[str]:
    context = client.get(SEARCH, {"q": text}).context
    named = [one.name for part in ("people", "badges") for one in context.get(part, [])]
    return named + [one.title for part in ("work", "boards") for one in context.get(part, [])]


def test_everything_that_is_called_so(as_bob: Client, alice: Person, organization: Organization) -> None:
    make(organization, alice, "Zoë")
    assert found(as_bob, "zoe") == ["Zoë Moreau", "Badge of Zoë", "Board of Zoë"]
    assert found(as_bob, "improve zoë") == ["Improve Zoë"]
    assert "Zoë Moreau" in as_bob.get(SEARCH, {"q": "zo mor"}).text
    assert "Nothing is called so" in as_bob.get(SEARCH, {"q": "xyzzy"}).text
    assert "Write at least two letters." in as_bob.get(SEARCH, {"q": "z"}).text
    assert "Nothing is called so" not in as_bob.get(SEARCH).text


def test_nothing_that_one_may_not_see(
    as_alice: Client, as_bob: Client, alice: Person, organization: Organization
) -> None:
    elsewhere = OrganizationFactory()
    with tenant(elsewhere):
        make(elsewhere, PersonFactory(organization=elsewhere), "Quill")
    with tenant(organization):
        BadgeFactory(organization=organization, name="Quill draft", state="draft")
        board = create_board(title="Quill board", by=alice)
        share_board(board=board, people=[alice], locations=[], by=alice)
    assert found(as_bob, "quill") == []
    assert found(as_alice, "quill") == ["Quill draft", "Quill board"]


def test_as_many_questions_for_many(as_bob: Client, alice: Person, organization: Organization) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(found(as_bob, "quill")) > 3
        return len(asked)

    make(organization, alice, "Quill")
    questions()
    few = questions()
    for _ in range(5):
        make(organization, alice, "Quill")
    assert questions() == few
