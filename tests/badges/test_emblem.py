"""Uploads B1 to B10 of the attack list: refused with a reason, or nothing of them survives but pixels."""

import io

import pytest
from PIL import Image

from badges.emblem import WIDTHS, Unusable, draw, enough_width
from tests.badges.pictures import (
    blank_png,
    many_scans,
    moving_gif,
    opened,
    photo_with_secrets,
    picture,
    profile_bomb,
    text_bomb,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def saved(format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 400)).save(out, format)
    return out.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_square_pngs(format: str) -> None:
    drawing = draw(picture(500, 700, format))
    assert {width: opened(png).size for width, png in drawing.pictures.items()} == {w: (w, w) for w in WIDTHS}
    assert {opened(png).format for png in drawing.pictures.values()} == {"PNG"}


def test_a_small_picture_is_never_enlarged() -> None:
    assert sorted(draw(picture(200, 260)).pictures) == [40, 80, 168, 200]


def test_the_same_pixels_have_the_same_name_in_whatever_file() -> None:
    assert draw(picture(format="PNG")).digest == draw(picture(format="WEBP", lossless=True)).digest
    assert draw(picture()).digest != draw(picture(colour="navy")).digest


def test_what_is_clear_stays_clear() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(draw(out.getvalue()).pictures[384]).getpixel((5, 5)) == (0, 0, 0, 0)


def test_sixteen_bit_greys_keep_their_brightness() -> None:
    out = io.BytesIO()
    Image.new("I;16", (400, 400), 40_000).save(out, "PNG")
    assert opened(draw(out.getvalue()).pictures[384]).getpixel((5, 5)) == (156, 156, 156)


def test_a_photo_is_turned_upright_and_loses_what_was_hidden_in_it() -> None:
    pictures = draw(photo_with_secrets()).pictures
    largest = opened(pictures[200])
    top, bottom = largest.getpixel((100, 10)), largest.getpixel((100, 190))
    assert top[2] > 250 > 5 > top[0]  # type: ignore[index]
    assert bottom[0] > 250 > 5 > bottom[2]  # type: ignore[index]
    assert (dict(largest.getexif()), largest.info) == ({}, {})
    assert [b"php" in png or b"Ward" in png for png in pictures.values()] == [False] * 4


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    assert opened(draw(moving_gif(20, 500)).pictures[384]).size == (384, 384)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(lambda: blank_png(13_300, 13_300), "12 million pixels", id="grey"),
        pytest.param(lambda: blank_png(13_300, 13_300, colour_type=6), "12 million pixels", id="colour"),
        pytest.param(lambda: blank_png(30_000, 30_000, bits=1), "12 million pixels", id="one bit"),
        pytest.param(lambda: blank_png(100_000, 192), "12 million pixels", id="strip"),
        pytest.param(lambda: text_bomb(200), "damaged", id="zTXt"),
        pytest.param(lambda: profile_bomb(200), "damaged", id="iCCP"),
        pytest.param(lambda: many_scans(500), "too many passes", id="scans"),
        pytest.param(lambda: picture(191, 400), "191 by 400 pixels", id="small"),
        pytest.param(lambda: picture()[:300], "damaged", id="truncated"),
        pytest.param(
            lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG, JPEG, WebP or GIF", id="only a signature"
        ),
        pytest.param(lambda: b"", "empty", id="empty"),
        pytest.param(lambda: picture() + bytes(5 * 1024 * 1024), "5 MB", id="large"),
        pytest.param(lambda: SVG, "PNG, JPEG, WebP or GIF", id="SVG"),
        pytest.param(lambda: saved("TIFF"), "PNG, JPEG, WebP or GIF", id="TIFF"),
        pytest.param(lambda: saved("EPS"), "PNG, JPEG, WebP or GIF", id="EPS"),
        pytest.param(lambda: saved("PDF"), "PNG, JPEG, WebP or GIF", id="PDF"),
        pytest.param(lambda: saved("BMP"), "PNG, JPEG, WebP or GIF", id="BMP"),
        pytest.param(lambda: b"8BPS\0\1" + bytes(400), "PNG, JPEG, WebP or GIF", id="PSD"),
        pytest.param(lambda: b"SIMPLE  =" + bytes(4000), "PNG, JPEG, WebP or GIF", id="FITS"),
    ],
)
def test_what_cannot_be_an_emblem_is_refused_with_a_reason(data, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unusable, match=reason):
        draw(data())


@pytest.mark.parametrize(
    ("wanted", "stored"), [(20, 40), (56, 80), (80, 80), (144, 168), (288, 384), (9_999, 384)]
)
def test_the_next_larger_picture_is_served(wanted: int, stored: int) -> None:
    assert enough_width(wanted) == stored
