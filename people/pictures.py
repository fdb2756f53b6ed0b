"""Uploaded pictures made safe: bytes of unknown origin in, pixels and nothing else out."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MOST_PIXELS = 12_500_000  # what phones take; more needs memory that others are using
# Each scan of a progressive JPEG is a pass over the whole picture: a small file can ask for thousands.
_MOST_SCANS = 100
_SCAN = b"\xff\xda"

warnings.simplefilter("error", Image.DecompressionBombWarning)


class Unusable(Exception):
    """The file cannot be taken; the message says why in the user's words."""


@contextmanager
def opened(data: bytes, *, enough: str) -> Iterator[Image.Image]:
    """The picture, its pixels not decoded yet; raises `Unusable`, also for what decoding it inside runs into."""
    too_many_pixels = f"The picture has more than 12 million pixels. Save it smaller, {enough}."
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _refuse(image, data, too_many_pixels)
            yield image
    except Unusable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(too_many_pixels) from None
    except UnidentifiedImageError:
        raise Unusable(
            "This is not a PNG, JPEG, WebP or GIF picture. Save it as PNG and choose it again."
        ) from None
    except Exception as error:  # whatever decoders raise on broken or hostile bytes
        raise Unusable(
            "The picture is damaged and cannot be read. Save it again and choose it once more."
        ) from error


def _refuse(image: Image.Image, data: bytes, too_many_pixels: str) -> None:
    """Say no from the header alone, before any pixel is decoded."""
    if image.width * image.height > _MOST_PIXELS:
        raise Unusable(too_many_pixels)
    if image.format == "JPEG" and data.count(_SCAN) > _MOST_SCANS:
        raise Unusable("The picture is stored in too many passes. Save it as PNG and choose it again.")


def in_colour(image: Image.Image) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):  # 16 bits a pixel, which conversion would clip instead of scale
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def upright(image: Image.Image) -> Image.Image:
    """Turned as its camera said, which is forgotten with all else that it said."""
    turned = ImageOps.exif_transpose(image)
    turned.info = {}
    return turned


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def small(data: bytes, size: tuple[int, int] = (192, 144)) -> bytes:
    """A picture that was made safe, as a PNG no larger than `size`."""
    with opened(data, enough="") as image:
        image.draft("RGB", size)
        drawn = in_colour(image)
        drawn.thumbnail(size)
        drawn.info = {}
        return png(drawn)
