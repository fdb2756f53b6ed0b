from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from integrations.actions import import_activities, import_voids
from integrations.commands import SHOWN, importing


class Command(BaseCommand):
    help = "Record the activities of a CSV (external_id, person_external_id, kind, occurred_at, …); may be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV, perhaps gzipped")
        parser.add_argument("--organization", required=True, help="the organization's short name")
        parser.add_argument("--source", default="import", help="where rows without a source column come from")
        parser.add_argument(
            "--voids", type=Path, help="a CSV of mistaken activities (external_id, voided_at)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source, slug, tell = options["source"], options["organization"], self.stdout.write
        with (
            importing(slug, options["file"], tell) as read,
            tqdm(unit=" activities", disable=None) as bar,
        ):
            imported = import_activities(source=source, progress=bar.update, **read)
            if options["voids"]:
                with importing(slug, options["voids"], tell) as voids:
                    voided = import_voids(source=source, **voids)
        self.stdout.write(f"{imported.new} new, {imported.same} known before.")
        for remark in imported.remarks:
            self.stdout.write(remark)
        if options["voids"]:
            self.stdout.write(f"{voided} voided.")
        for external_id in imported.differing[:SHOWN]:
            self.stdout.write(f"  {external_id} was delivered before with other content; the first stands.")
        if len(imported.differing) > SHOWN:
            self.stdout.write(f"  and {len(imported.differing) - SHOWN} more")
