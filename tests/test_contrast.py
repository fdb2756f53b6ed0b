"""Every pair of text and background, and of mark and ground, in both themes, as WCAG 2.2 AA asks."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR, "static/css/app.css").read_text()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
INKS = ("ink", "ink-2", "ink-3")
STATES = ("ok", "warn", "bad")
SOFT = tuple(f"{state}-soft" for state in (*STATES, "accent"))

TEXT = [
    *((ink, ground) for ink in INKS for ground in ("bg", "surface", "surface-2", "surface-3", "picked")),
    *((ink, soft) for ink in ("ink", "ink-2") for soft in SOFT),
    *(("accent", ground) for ground in ("bg", "surface", "surface-2", "accent-soft")),
    ("on-accent", "accent"),
    ("accent-2", "accent-soft"),
    *((state, ground) for state in STATES for ground in ("surface", f"{state}-soft")),
]
MARKS = [
    *(("line-strong", ground) for ground in ("surface", "bg")),
    *(("focus", ground) for ground in ("surface", "bg", "accent-soft")),
    *((colour, "surface") for colour in ("c-1", "c-2", "c-3", "c-4", "c-down", "bad-fill")),
]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("needed", "pairs"), [(4.5, TEXT), (3.0, MARKS)], ids=["text", "marks"])
def test_contrast_in_both_themes(needed: float, pairs: list[tuple[str, str]]) -> None:
    too_low = {
        (front, ground, theme)
        for front, ground in pairs
        for theme, i in (("light", 0), ("dark", 1))
        if ratio(TOKENS[front][i], TOKENS[ground][i]) < needed
    }
    assert too_low == set()
