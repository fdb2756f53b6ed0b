"""Pictures for the tests, good and hostile, made in code."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(
    width: int = 400, height: int = 400, format: str = "PNG", colour: Any = "teal", **options: Any
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, format, **options)
    return out.getvalue()


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _zeros(count: int) -> bytes:
    """So many, packed: after a full flush a block of deflate stands for itself, and may be repeated."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count & 0xFFFFF)) + packer.flush()
    checksum = struct.pack(">HH", count % 65521, 1)
    return b"\x78\xda" + block * (count >> 20) + rest + checksum


def blank_png(width: int, height: int, *, bits: int = 8, colour_type: int = 0, extra: bytes = b"") -> bytes:
    """A few kilobytes that claim, and hold, any number of pixels."""
    samples = {0: 1, 2: 3, 6: 4}[colour_type]
    row = (width * bits * samples + 7) // 8 + 1
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), extra, _chunk(b"IDAT", _zeros(row * height)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def text_bomb(megabytes: int) -> bytes:
    return blank_png(400, 400, extra=_chunk(b"zTXt", b"Comment\0\0" + _zeros(megabytes << 20)))


def profile_bomb(megabytes: int) -> bytes:
    return blank_png(400, 400, extra=_chunk(b"iCCP", b"sRGB\0\0" + _zeros(megabytes << 20)))


def moving_gif(frames: int, side: int) -> bytes:
    out = io.BytesIO()
    first, *others = [Image.new("P", (side, side), n % 200) for n in range(frames)]
    first.save(out, "GIF", save_all=True, append_images=others)
    return out.getvalue()


def many_scans(scans: int) -> bytes:
    data = picture(format="JPEG", progressive=True)
    return data[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * scans + data[-2:]


def photo_with_secrets() -> bytes:
    """A JPEG, left half blue and right half red, to be turned by 90°, with a place, and PHP behind it."""
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "Ward 4B"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue() + b"<?php system($_GET['c']); ?>"
