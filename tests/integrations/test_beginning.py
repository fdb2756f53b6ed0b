"""An organization begun from the command line."""

import pytest
from django.core.management import CommandError, call_command

from people.models import Organization
from tests.factories import OrganizationFactory

OWNER = ("--owner-name", "Olga Owen", "--owner-email", "olga@halden.example")


def test_an_organization_begins_with_its_owner(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_organization", "halden", "Halden Works", "--zone", "Europe/Oslo", *OWNER)
    assert capsys.readouterr().out == "Halden Works is at /halden/.\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("Halden_Works", "Halden"), "slug: Write lowercase letters, digits and hyphens"),
        (("halden", "Halden", "--zone", "Mars"), "zone: This is not a time zone"),
        (("halden", "Halden", "--first-weekday", "9"), "--first-weekday: invalid choice: 9"),
        (("halden", "Halden", "--currency", "ZZZ"), "--currency: invalid choice: 'ZZZ'"),
        (("works", "Works"), "slug: "),
        (("halden", "Halden", "--owner-email", "olga"), "email: "),
    ],
)
def test_what_is_wrong_is_told_by_its_name_and_begins_nothing(
    db: None, given: tuple[str, ...], told: str
) -> None:
    OrganizationFactory(slug="works")
    with pytest.raises(CommandError, match=told):
        call_command("create_organization", *OWNER, *given)
    assert Organization.objects.count() == 1
