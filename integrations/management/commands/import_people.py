from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from integrations.actions import import_people
from integrations.commands import importing


class Command(BaseCommand):
    help = "Put the people of a CSV (external_id, name, email, title, location, joined_on, manager); may be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV, perhaps gzipped")
        parser.add_argument("--organization", required=True, help="the organization's short name")

    def handle(self, *args: Any, **options: Any) -> None:
        with importing(options["organization"], options["file"], self.stdout.write) as read:
            put = import_people(**read)
        self.stdout.write(f"{put.new} new, {put.changed} changed, {put.same} as they were.")
