"""Uploaded pictures made safe: bytes of unknown origin in, square PNGs out."""

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

WIDTHS = (40, 80, 168, 384)  # shown at 20, 28 and 40, 64 and 84, 144 and 176 CSS pixels on dense screens
HINT = (
    "PNG, JPEG, WebP or GIF, at least 192 by 192 pixels, at most 5 MB. "
    "A picture that is not square is cut to its middle."
)

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MOST_BYTES = 5 * 1024 * 1024
_MOST_PIXELS = 12_500_000  # what phones take; more needs memory that others are using
_LEAST_SIDE = 192
# Each scan of a progressive JPEG is a pass over the whole picture: a small file can ask for thousands.
_MOST_SCANS = 100
_SCAN = b"\xff\xda"

warnings.simplefilter("error", Image.DecompressionBombWarning)


class Unusable(Exception):
    """The picture cannot become an emblem; the message says why in the user's words."""


@dataclass(frozen=True)
class Drawing:
    """`digest` is the hash of the largest picture's pixels; `pictures` are PNGs by their width."""

    digest: str
    pictures: dict[int, bytes]


def enough_width(wanted: int) -> int:
    """The stored width that looks sharp at `wanted` pixels: the next larger one, or the largest."""
    return next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])


def refuse_size(size: int) -> None:
    """Raise `Unusable` for a file that is too large to be worth reading."""
    if size > _MOST_BYTES:
        raise Unusable("The file is larger than 5 MB. Save the picture smaller and choose it again.")


def draw(data: bytes) -> Drawing:
    """An emblem from an uploaded file; raises `Unusable`.

    Nothing of the file survives but pixels: the first frame, turned upright, cut to its middle square.
    """
    refuse_size(len(data))
    if not data:
        raise Unusable("The file is empty. Choose another one.")
    largest = _square(data)
    pictures = {}
    for width in sorted({min(width, largest.width) for width in WIDTHS}):
        pictures[width] = _png(largest.resize((width, width), Image.Resampling.LANCZOS))
    name = f"{largest.mode} {largest.width} ".encode() + largest.tobytes()
    return Drawing(hashlib.sha256(name).hexdigest(), pictures)


def _square(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _refuse(image, data)
            return _upright(_shrunk(image))
    except Unusable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise Unusable(
            "This is not a PNG, JPEG, WebP or GIF picture. Save it as PNG and choose it again."
        ) from None
    except Exception as error:  # whatever decoders raise on broken or hostile bytes
        raise Unusable(
            "The picture is damaged and cannot be read. Save it again and choose it once more."
        ) from error


_TOO_MANY_PIXELS = "The picture has more than 12 million pixels. Save it smaller, 400 by 400 is enough."


def _refuse(image: Image.Image, data: bytes) -> None:
    """Say no from the header alone, before any pixel is decoded."""
    if image.width * image.height > _MOST_PIXELS:
        raise Unusable(_TOO_MANY_PIXELS)
    if min(image.size) < _LEAST_SIDE:
        raise Unusable(
            f"The picture is {image.width} by {image.height} pixels. Emblems need at least 192 by 192."
        )
    if image.format == "JPEG" and data.count(_SCAN) > _MOST_SCANS:
        raise Unusable("The picture is stored in too many passes. Save it as PNG and choose it again.")


def _shrunk(image: Image.Image) -> Image.Image:
    image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))  # lets the JPEG decoder leave out what is not needed
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    width = min(side, WIDTHS[-1])
    middle = (left, top, left + side, top + side)
    shrunk = _in_colour(image).resize((width, width), Image.Resampling.LANCZOS, middle, reducing_gap=3)
    shrunk.info = image.info
    return shrunk


def _in_colour(image: Image.Image) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):  # 16 bits a pixel, which conversion would clip instead of scale
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    turned.info = {}
    return turned


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
