"""Uploaded pictures made safe: bytes of unknown origin in, square PNGs out."""

import hashlib
from dataclasses import dataclass

from PIL import Image

from people.pictures import Unusable as Unusable
from people.pictures import in_colour, opened, png, upright

WIDTHS = (40, 80, 168, 384)  # shown at 20, 28 and 40, 64 and 84, 144 and 176 CSS pixels on dense screens
HINT = (
    "PNG, JPEG, WebP or GIF, at least 192 by 192 pixels, at most 5 MB. "
    "A picture that is not square is cut to its middle."
)

_MOST_BYTES = 5 * 1024 * 1024
_LEAST_SIDE = 192


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
        pictures[width] = png(largest.resize((width, width), Image.Resampling.LANCZOS))
    name = f"{largest.mode} {largest.width} ".encode() + largest.tobytes()
    return Drawing(hashlib.sha256(name).hexdigest(), pictures)


def _square(data: bytes) -> Image.Image:
    with opened(data, enough="400 by 400 is enough") as image:
        if min(image.size) < _LEAST_SIDE:
            raise Unusable(
                f"The picture is {image.width} by {image.height} pixels. Emblems need at least 192 by 192."
            )
        return upright(_shrunk(image))


def _shrunk(image: Image.Image) -> Image.Image:
    image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))  # lets the JPEG decoder leave out what is not needed
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    width = min(side, WIDTHS[-1])
    middle = (left, top, left + side, top + side)
    shrunk = in_colour(image).resize((width, width), Image.Resampling.LANCZOS, middle, reducing_gap=3)
    shrunk.info = image.info
    return shrunk
