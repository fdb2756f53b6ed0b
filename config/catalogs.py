"""The words of mails in other languages: `python -m config.catalogs` brings `locale/` up to date.

It takes what is to be translated from the sources, keeps what is translated already, and compiles. A development
tool (Babel): a running Lapel reads the compiled catalogs, which are in the repository.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de", "fr", "es")
SOURCES = ("notifications/*.py", "people/*.py")
TEMPLATES = ("notifications/mail/*", "people/mail/*", "account/email/*")
# Comments and headers that say nothing, or change with the day.
NOISE = ("#", '"POT-', '"PO-', '"Generated', '"Report-', '"Last-', '"Language-Team')
WORDS = {"_": None, "gettext": None, "gettext_lazy": None}


def messages() -> Iterator[str]:
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


def _extracted(source: bytes) -> Iterator[str]:
    for _, message, _, _ in extract("python", io.BytesIO(source), keywords=WORDS):
        yield str(message)


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


def refresh(language: str) -> list[str]:
    """Bring one language up to date; returns what it has no words for."""
    path, old = path_of(language), None
    if path.exists():
        old = catalog(language)
    new = Catalog(locale=language, project="Lapel", version="", fuzzy=False)
    for message in messages():
        known = old.get(message) if old else None
        new.add(message, known.string if known else "", flags=["python-format"] if "%(" in message else [])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, omit_header=False, sort_output=True, width=110)
    kept = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith(NOISE)]
    path.write_text("".join(kept))
    path.with_suffix(".mo").write_bytes(compiled(catalog(language)))
    return [str(message.id) for message in catalog(language) if message.id and not message.string]


def main() -> None:
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
