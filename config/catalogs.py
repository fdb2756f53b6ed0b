"""The words of mails and of rules in other languages: `python -m config.catalogs` brings `locale/` up to date.

It takes what is to be translated from the sources, keeps what is translated already, and compiles. A development
tool (Babel): a running Lapel reads the compiled catalogs, which are in the repository.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de", "fr", "es")
# Lapel's words for what Django says of forms, in the English of all pages.
OF_FORMS = "en_GB"
SOURCES = ("notifications/*.py", "people/*.py", "rules/*.py")
TEMPLATES = ("notifications/mail/*", "people/mail/*", "account/email/*")
# Comments and headers that say nothing, or change with the day.
NOISE = ("#", '"POT-', '"PO-', '"Generated', '"Report-', '"Last-', '"Language-Team')
IN_CONTEXT = (1, "c")
WORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": (IN_CONTEXT, 2),
    "npgettext": (IN_CONTEXT, 2, 3),
}
# The context of a message, if it has one, and the message, or its singular and its plural.
type Word = tuple[str | None, str | tuple[str, ...]]


def messages() -> Iterator[Word]:
    """Everything that is to be translated."""
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            yield from _extracted(path.read_bytes())
    for pattern in TEMPLATES:
        for path in sorted((ROOT / "templates").glob(pattern)):
            yield from _extracted(_as_python(path).encode())


def _as_python(template: Path) -> str:
    from django.utils.translation.template import templatize

    return templatize(template.read_text(), origin=str(template))


def _extracted(source: bytes) -> Iterator[Word]:
    for _, message, _, context in extract("python", io.BytesIO(source), keywords=WORDS):
        yield context, message


def word_of(message: Message) -> Word:
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def catalog(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def path_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def compiled(of: Catalog) -> bytes:
    """The same for the same words, on any day."""
    file = io.BytesIO()
    of.creation_date = of.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(file, of)
    return file.getvalue()


def put(language: str) -> None:
    path_of(language).with_suffix(".mo").write_bytes(compiled(catalog(language)))


def refresh(language: str) -> list[str]:
    """Bring one language up to date; returns what it has no words for."""
    path, old = path_of(language), None
    if path.exists():
        old = catalog(language)
    new = Catalog(locale=language, project="Lapel", version="", fuzzy=False)
    for context, message in messages():
        known = old.get(message, context) if old else None
        as_before = known is not None and isinstance(known.id, str) == isinstance(message, str)
        new.add(message, known.string if known and as_before else "", context=context)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, omit_header=False, sort_output=True, width=110)
    kept = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith(NOISE)]
    path.write_text("".join(kept))
    put(language)
    return [str(message.id) for message in catalog(language) if message.id and not all(said_by(message))]


def said_by(message: Message) -> tuple[str, ...]:
    """A translation; of what has a plural, each form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def main() -> None:
    put(OF_FORMS)
    for language in LANGUAGES:
        missing = refresh(language)
        print(f"{language}: {len(missing)} without words", *missing, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    django.setup()
    main()
