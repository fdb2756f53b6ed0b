"""Uploaded files made safe: a name and bytes of unknown origin in; a picture, a PDF or plain text out."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from PIL import Image

from people.pictures import Unusable as Unusable
from people.pictures import in_colour, jpeg, opened, png, upright
from people.text import plain_text

MOST_BYTES = 10 * 1024 * 1024
HINT = (
    "A picture, a PDF or a plain text file, at most 10 MB. What a camera wrote into a picture is taken out."
)
TOO_LARGE = "The file is larger than 10 MB. Save it smaller and choose it again."

_LONGEST_SIDE = 2400
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_TEXT_ENDINGS = {"txt", "csv", "md", "log"}
_OTHER_ENDINGS = {"png", "jpg", "jpeg", "webp", "gif", "pdf"}
_LONGEST_NAME = 80


@dataclass(frozen=True)
class SafeFile:
    name: str
    content_type: str
    data: bytes


def made_safe(name: str, data: bytes) -> SafeFile:
    """The file as it is kept, its type told from its bytes alone; raises `Unusable`."""
    if not data:
        raise Unusable("The file is empty. Choose another one.")
    if len(data) > MOST_BYTES:
        raise Unusable(TOO_LARGE)
    stem, _, ending = re.split(r"[/\\]", name)[-1].rpartition(".")
    stem = _stem(stem or ending)
    if data.startswith(_PICTURES):
        return _picture(stem, data)
    if data.startswith(b"%PDF-"):
        return SafeFile(f"{stem}.pdf", "application/pdf", data)
    if (ending := ending.lower()) in _OTHER_ENDINGS:
        raise Unusable(
            f"The file is named .{ending} and is damaged, or something else. Save it again, or rename it."
        )
    if _is_text(data):
        ending = ending if ending in _TEXT_ENDINGS else "txt"
        return SafeFile(f"{stem}.{ending}", "text/plain; charset=utf-8", data)
    raise Unusable("Only pictures (PNG, JPEG, WebP, GIF), PDF and plain text files can be attached.")


def _stem(name: str) -> str:
    """What can be read of a name: nothing that hides, turns or steers."""
    kept = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    stem = " ".join(kept.split()).strip(". ")[:_LONGEST_NAME].strip() or "file"
    try:
        plain_text(stem)
    except ValidationError:
        return "file"
    return stem


def _picture(stem: str, data: bytes) -> SafeFile:
    with opened(data, enough=f"{_LONGEST_SIDE} pixels on the longer side are enough") as image:
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        info = image.info
        drawn = in_colour(image)
        drawn.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
        drawn.info = info
        drawn = upright(drawn)
    if drawn.mode == "RGBA" or data.startswith(b"\x89PNG"):
        made = SafeFile(f"{stem}.png", "image/png", png(drawn))
    else:
        made = SafeFile(f"{stem}.jpg", "image/jpeg", jpeg(drawn))
    if len(made.data) > MOST_BYTES:
        raise Unusable(TOO_LARGE)
    return made


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text)
