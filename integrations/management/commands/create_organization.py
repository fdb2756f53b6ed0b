from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from activity.impact_kinds import begin_impacts
from people.currencies import CURRENCIES
from people.organizations import create_organization
from people.tenancy import tenant

SLUG = "slug: Write lowercase letters, digits and hyphens between them, such as riverside-health."


class Command(BaseCommand):
    help = "Begin an organization with its owner, who then sets a password through “Forgot your password?”."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name in addresses, such as riverside")
        parser.add_argument("name")
        parser.add_argument("--zone", default="UTC", help="time zone, such as America/New_York")
        parser.add_argument(
            "--first-weekday", type=int, default=1, choices=range(1, 8), help="1 is Monday, 7 is Sunday"
        )
        parser.add_argument(
            "--currency",
            default="",
            choices=CURRENCIES,
            metavar="CURRENCY",
            help="what savings are counted in, such as EUR",
        )
        parser.add_argument("--owner-name", required=True)
        parser.add_argument("--owner-email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                organization = create_organization(
                    slug=options["slug"],
                    name=options["name"],
                    zone=options["zone"],
                    first_weekday=options["first_weekday"],
                    currency=options["currency"],
                    owner_name=options["owner_name"],
                    owner_email=options["owner_email"],
                )
                with tenant(organization):
                    begin_impacts(organization=organization)
        except ValidationError as error:
            raise CommandError(in_words(error)) from None
        self.stdout.write(f"{organization.name} is at {organization.get_absolute_url()}.")


def in_words(error: ValidationError) -> str:
    """What is wrong, and with which of the values."""
    told = []
    for name, errors in error.error_dict.items():
        for one in errors:
            words = " ".join(one.messages)
            is_spelled_wrong = name == "slug" and one.code == "invalid"
            told.append(
                SLUG if is_spelled_wrong else words if name == NON_FIELD_ERRORS else f"{name}: {words}"
            )
    return "\n".join(told)
