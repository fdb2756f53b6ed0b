"""Evidence as people hand it in, as clean values."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator

from badges.evidence import MOST_FILES, MOST_LINKS, Piece
from badges.forms import prose
from badges.models import LONGEST_LINK, LONGEST_NOTE
from people.files import HINT, MOST_BYTES, TOO_LARGE, SafeFile, Unusable, made_safe
from people.text import plain_text

NO_LINK = "{} is not a link that can be opened. Write it as https://example.org/page."

_is_link = URLValidator(schemes=["http", "https"])


def safe_link(text: str) -> str:
    """An address on the web that leads where it seems to; raises `ValidationError`."""
    shown = f"“{text[:60]}{'…' if len(text) > 60 else ''}”"
    if len(text) > LONGEST_LINK:
        raise ValidationError(f"{shown} has more than {LONGEST_LINK} characters.")
    try:
        plain_text(text)
        _is_link(text)
    except ValidationError:
        raise ValidationError(NO_LINK.format(shown)) from None
    scheme, _, rest = text.partition("://")
    if "@" in re.split("[/?#]", rest)[0]:  # https://bank.example@elsewhere.example leads elsewhere
        raise ValidationError(NO_LINK.format(shown))
    return f"{scheme.lower()}://{rest}"


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each made safe."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[SafeFile]:
        files = [file for file in data or [] if file]
        if len(files) > MOST_FILES:
            raise ValidationError(f"Choose at most {MOST_FILES} files at once.")
        return [_safe(file) for file in files]


def _safe(file: UploadedFile) -> SafeFile:
    name, size = file.name or "", file.size or 0
    try:
        if size > MOST_BYTES:
            raise Unusable(TOO_LARGE)
        return made_safe(name, file.read())
    except Unusable as unusable:
        shown = made_name(name)
        raise ValidationError(f"{shown}: {unusable}" if shown else str(unusable)) from None


def made_name(name: str) -> str:
    try:
        plain_text(name)
    except ValidationError:
        return ""
    return name[:80]


class EvidenceForm(forms.Form):
    """At most some links, a note, and some files: `pieces()`."""

    links = forms.CharField(
        label="Links",
        required=False,
        max_length=MOST_LINKS * (LONGEST_LINK + 2),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="To a certificate, a report or a page; one a line.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=LONGEST_NOTE,
        validators=[prose],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What was seen or checked. Whoever sees the award can read it, and follow the links.",
    )
    documents = FilesField(
        label="Files",
        required=False,
        help_text=f"{HINT} Its holder and those who see histories can read them.",
    )

    def clean_links(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["links"].splitlines()]
        links = list(dict.fromkeys(line for line in lines if line))
        if len(links) > MOST_LINKS:
            raise ValidationError(f"Give at most {MOST_LINKS} links.")
        return [safe_link(link) for link in links]

    def pieces(self) -> list[Piece]:
        clean = self.cleaned_data
        links = [Piece(link=link) for link in clean["links"]]
        notes = [Piece(note=clean["note"])] if clean["note"] else []
        return [*links, *notes, *(Piece(file=file) for file in clean["documents"])]

    @property
    def says_nothing(self) -> bool:
        """Where nothing is wrong with the fields, but all of them are empty."""
        return not any(self.cleaned_data.get(name) or self.errors.get(name) for name in PARTS)


PARTS = ("links", "note", "documents")


class AddEvidenceForm(EvidenceForm):
    def clean(self) -> dict[str, Any]:
        if self.says_nothing:
            self.add_error("links", "Add a link, a note or a file.")
        return self.cleaned_data
