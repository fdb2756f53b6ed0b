from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.demodata import LOGINS, PASSWORD, peps, riverside
from people.checks import refuse_unsafe_role
from people.models import Organization


class Command(BaseCommand):
    help = "Load the organizations to try Lapel with, once; one that exists is left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help="only say who can log in")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print_logins"]:
            self._print_logins()
            return
        refuse_unsafe_role()
        self._once("riverside", riverside.load)
        if peps.RECORD.exists():
            self._once("peps", peps.load)
        else:
            self.stdout.write("Peps is left out: its record is not at hand.")

    def _once(self, slug: str, load: Any) -> None:
        if Organization.objects.filter(slug=slug).exists():
            return
        try:
            with transaction.atomic():
                load(self.stdout.write)
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing of it was kept.") from None

    def _print_logins(self) -> None:
        self.stdout.write(f"Log in with the password {PASSWORD} as")
        has_peps = Organization.objects.filter(slug="peps").exists()
        for email, role in LOGINS:
            also = ", and of Peps" if has_peps and role.startswith("owner") else ""
            self.stdout.write(f"  {email:28} {role}{also}")
