"""What the import commands share: opening the organization and the file, and telling what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

from integrations.reading import BadRows, Unreadable
from people.models import Organization
from people.tenancy import tenant

SHOWN = 100


def the_organization(slug: str) -> Organization:
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization {slug!r}.")
    return organization


@contextmanager
def importing(slug: str, path: Path) -> Iterator[tuple[Organization, IO[bytes]]]:
    """The organization, opened, and the file; a refusal names every bad row and stores nothing."""
    organization = the_organization(slug)
    try:
        with path.open("rb") as file, tenant(organization):
            yield organization, file
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was stored.") from None
    except Unreadable as error:
        raise CommandError(f"{path}: {error} Nothing was stored.") from None
    except BadRows as bad:
        raise CommandError(f"{path}: {describe(bad)}\nNothing was stored.") from None


def describe(bad: BadRows) -> str:
    lines = [f"{len(bad.faults)} rows cannot be taken.", *(f"  {fault}" for fault in bad.faults[:SHOWN])]
    if len(bad.faults) > SHOWN:
        lines.append(f"  and {len(bad.faults) - SHOWN} more")
    return "\n".join(lines)
