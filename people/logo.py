"""An organization's logo: bytes of unknown origin in, one small PNG out."""

import hashlib
import struct

from PIL import Image

from people.pictures import Unusable as Unusable
from people.pictures import in_colour, opened, png, upright

HINT = "PNG, JPEG, WebP or GIF, at most 5 MB. It is shown 28 pixels high, on white."
MOST_BYTES = 5 * 1024 * 1024
TALLEST, WIDEST = 84, 480  # for dense screens
LEAST = 28


def draw_logo(data: bytes) -> tuple[str, bytes]:
    """A digest of its pixels, and the PNG: nothing of the file survives but pixels. Raises `Unusable`."""
    if len(data) > MOST_BYTES:
        raise Unusable("The file is larger than 5 MB. Save the picture smaller and choose it again.")
    if not data:
        raise Unusable("The file is empty. Choose another one.")
    with opened(data, enough="480 by 84 is enough") as image:
        image.draft("RGB", (2 * WIDEST, 2 * WIDEST))
        drawn = _fitted(upright(_keeping_turn(image)))
    return hashlib.sha256(f"{drawn.mode} {drawn.size} ".encode() + drawn.tobytes()).hexdigest()[:20], png(
        drawn
    )


def size_shown(png: bytes) -> tuple[int, int]:
    """Width and height at which a drawn logo is shown."""
    width, height = struct.unpack(">II", png[16:24])
    return round(width * LEAST / height), LEAST


def _keeping_turn(image: Image.Image) -> Image.Image:
    told = image.info
    coloured = in_colour(image)
    coloured.info = told
    return coloured


def _fitted(image: Image.Image) -> Image.Image:
    """Whole, in its own proportions; one that is small stays as it is."""
    scale = min(1, TALLEST / image.height, WIDEST / image.width)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if size[1] < LEAST:
        raise Unusable(
            f"The picture is {image.width} by {image.height} pixels. Choose one that is at least 28 pixels high,"
            " and not more than 17 times as wide as high."
        )
    return image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)
