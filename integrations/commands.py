"""What the import commands share: opening the organization and the file, and telling what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypedDict

from django.core.management.base import CommandError

from integrations.encodings import WESTERN
from integrations.reading import BadRows, Unreadable, encoding_of
from people.models import Organization
from people.tenancy import tenant

SHOWN = 100


def the_organization(slug: str) -> Organization:
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization {slug!r}.")
    return organization


class Read(TypedDict):
    organization: Organization
    file: IO[bytes]
    encoding: str


@contextmanager
def importing(slug: str, path: Path, tell: Callable[[str], object]) -> Iterator[Read]:
    """What each import takes, the organization opened; a refusal names every bad row and stores nothing.

    Where it is guessed what the file is written in, `tell` is given words to judge that by.
    """
    organization = the_organization(slug)
    try:
        with path.open("rb") as file, tenant(organization):
            encoding, words = encoding_of(file)
            if encoding == WESTERN:
                tell(f"{path} is read as Windows-1252{_such_as(words)}.")
            file.seek(0)
            yield {"organization": organization, "file": file, "encoding": encoding}
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was stored.") from None
    except Unreadable as error:
        raise CommandError(f"{path}: {error} Nothing was stored.") from None
    except BadRows as bad:
        raise CommandError(f"{path}: {describe(bad)}\nNothing was stored.") from None


def _such_as(words: list[str]) -> str:
    return f", with words such as {', '.join(words)}" if words else ""


def describe(bad: BadRows) -> str:
    lines = [f"{len(bad.faults)} rows cannot be taken.", *(f"  {fault}" for fault in bad.faults[:SHOWN])]
    if len(bad.faults) > SHOWN:
        lines.append(f"  and {len(bad.faults) - SHOWN} more")
    return "\n".join(lines)
