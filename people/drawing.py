"""Small pictures as SVG: values in, markup out. Sizes are attributes, so the content policy allows them."""

from collections.abc import Sequence
from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Outline and field of each silhouette, and where its icon sits, in a 96-unit square.
CIRCLE = (
    "M48 3A45 45 0 1 1 48 93A45 45 0 1 1 48 3Z",
    "M48 8.17A39.83 39.83 0 1 1 48 87.83A39.83 39.83 0 1 1 48 8.17Z",
    (27, 26, 42),
)
SHAPES = {
    "circle": CIRCLE,
    "rosette": CIRCLE,
    "hexagon": (
        "M40.21 5.5Q48 1 55.79 5.5L80.04 19.5Q87.84 24 87.84 33L87.84 61Q87.84 70 80.04 74.5L55.79 88.5"
        "Q48 93 40.21 88.5L15.96 74.5Q8.16 70 8.16 61L8.16 33Q8.16 24 15.96 19.5Z",
        "M41.1 10.27Q48 6.29 54.9 10.27L76.36 22.66Q83.26 26.65 83.26 34.61L83.26 59.39"
        "Q83.26 67.35 76.36 71.34L54.9 83.73Q48 87.71 41.1 83.73L19.64 71.34"
        "Q12.74 67.35 12.74 59.39L12.74 34.61Q12.74 26.64 19.64 22.66Z",
        (27, 26, 42),
    ),
    "shield": (
        "M48 2C57 8.5 68 12 80 12.4C83 12.5 85 14.4 85 17.4V46C85 68 70 83 51 91.2Q48 92.4 45 91.2"
        "C26 83 11 68 11 46V17.4C11 14.4 13 12.5 16 12.4C28 12 39 8.5 48 2Z",
        "M48 7.06C55.97 12.81 65.7 15.91 76.32 16.26C78.97 16.35 80.75 18.03 80.75 20.69V46"
        "C80.75 65.47 67.47 78.75 50.66 86Q48 87.06 45.34 86C28.53 78.75 15.26 65.47 15.26 46V20.69"
        "C15.26 18.03 17.02 16.35 19.68 16.26C30.3 15.91 40.03 12.81 48 7.06Z",
        (28, 24, 40),
    ),
}
# The silhouette of a badge tells its kind.
KINDS = {
    "step": ("circle", "seedling"),
    "habit": ("hexagon", "calendar-repeat"),
    "training": ("shield", "school"),
    "honour": ("rosette", "star"),
}


NOTHING = ' class="z"'  # of a bar: a month without anything


@lru_cache(maxsize=500)
def symbol(name: str) -> str:
    """The address of one icon in the sprite."""
    return f"{static('img/icons.svg')}#{name}"


def spoken(label: str) -> SafeString:
    """A picture with a label is an image; one without is decoration beside words that say the same."""
    return format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')


def shadow(*, shape: str, icon: str, picture: str, percent: int, size: int, label: str) -> SafeString:
    """A badge not held yet: its silhouette, with progress from 0 to 100 drawn along the outline."""
    outline, field, (x, y, width) = SHAPES.get(shape, CIRCLE)
    if picture:
        inside = format_html(
            '<image class="shadow__emblem" href="{}" x="6" y="6" width="84" height="84"/>', picture
        )
    else:
        inside = format_html(
            '<use class="shadow__icon" href="{}" x="{}" y="{}" width="{}" height="{}"/>',
            symbol(icon),
            x,
            y,
            width,
            width,
        )
    bar = format_html(
        '<path class="shadow__bar" pathLength="100" stroke-dasharray="{} 100" d="{}"/>', percent, outline
    )
    return format_html(
        '<svg class="shadow" viewBox="-2 -2 100 100" width="{0}" height="{0}" {1}>'
        '<path class="shadow__field" d="{2}"/><path class="shadow__track" d="{3}"/>{4}{5}</svg>',
        size,
        spoken(label),
        field,
        outline,
        bar if percent else "",
        inside,
    )


def spark(values: Sequence[int], *, label: str, top: int) -> SafeString:
    """One bar a month, oldest first. `top` is the full height, raised where a value is higher."""
    top = max(top, *values, 1)
    heights = [max(2.5, 20 * value / top) if value else 1.5 for value in values]
    bars = "".join(
        f'<rect{"" if value else NOTHING} x="{i * 6}" y="{22 - height:.1f}" width="4.4" height="{height:.1f}" rx="1"/>'
        for i, (value, height) in enumerate(zip(values, heights, strict=True))
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} 22" preserveAspectRatio="none" {}>{}</svg>',
        len(values) * 6 - 1,
        spoken(label),
        SafeString(bars),
    )
