from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from integrations.actions import import_voids
from integrations.commands import importing


class Command(BaseCommand):
    help = "Void the activities of a CSV (external_id, voided_at, source); may be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV, perhaps gzipped")
        parser.add_argument("--organization", required=True, help="the organization's short name")
        parser.add_argument("--source", default="import", help="where rows without a source column come from")

    def handle(self, *args: Any, **options: Any) -> None:
        with importing(options["organization"], options["file"], self.stdout.write) as read:
            voided = import_voids(source=options["source"], **read)
        self.stdout.write(f"{voided} voided.")
