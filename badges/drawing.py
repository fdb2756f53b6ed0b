"""Emblems composed from five choices: values in, SVG out.

The silhouette tells the kind, rim and pips the level; colours, pattern and icon are free. The layers, from the bottom:
tails (rosette only), edge (the thickness of the pin), rim (the level's metal), field, pattern, inline, icon, pips.
Nothing uses a style, so that the content policy lets it through.
"""

from dataclasses import dataclass

from badges.silhouettes import PATTERNS, SHAPES, number

IVORY = "#fffdf6"
# deep: edge, and the rim without a level; base: the field; light: pattern and inline. Ivory on base is at least 4.2:1.
PALETTES = {
    "moss": ("#1d4d38", "#2b7554", "#8ccaa8"),
    "petrol": ("#0f465a", "#196c8a", "#84c3da"),
    "cobalt": ("#203b73", "#3259a8", "#9bb7ea"),
    "plum": ("#4b2546", "#7d3f73", "#cb9bc1"),
    "rosewood": ("#662238", "#a23c5b", "#e2a0b5"),
    "brick": ("#6e251c", "#b14134", "#eca79d"),
    "ochre": ("#6b4406", "#a86c0c", "#f0cd84"),
    "slate": ("#2c3a42", "#506470", "#a9bac3"),
}
# By level: bronze, silver, gold as edge, face, shine.
METALS = [
    ("#6b3d1c", "#b9763f", "#dca778"),
    ("#5d6b73", "#b3c0c6", "#e2e9ec"),
    ("#7d5a10", "#d9a932", "#f2d98a"),
]
STRENGTH = {"half": ".17", "rays": ".17", "chevrons": ".17", "stripes": ".15", "grid": ".42"}
TAILS = (
    "M29 60L20.6 89Q20.2 91 22.1 90.4L30.6 87.4 36.2 94.4Q37.4 95.6 38.2 93.8L47 68Z"
    "M67 60L75.4 89Q75.8 91 73.9 90.4L65.4 87.4 59.8 94.4Q58.6 95.6 57.8 93.8L49 68Z"
)
FOLDS = "M29 60L27 67Q36 76 47.6 76.6L49 68Z M67 60L69 67Q60 76 48.4 76.6L47 68Z"


@dataclass(frozen=True)
class Design:
    """`kind` is a badge's kind; `level` 0 is plain, 1 bronze, 2 silver, 3 gold; `icon` names an icon."""

    kind: str
    palette: str
    icon: str
    pattern: str = "none"
    level: int = 0


def compose(design: Design, icon: str) -> str:
    """The emblem as SVG; `icon` is the inside of an icon that is drawn with strokes in a square of 24."""
    shape, (_, base, light) = SHAPES[design.kind], PALETTES[design.palette]
    x, y = shape.middle
    layers = [_pin(design), f'<path fill="{base}" d="{shape.field}"/>']
    if pattern := PATTERNS[design.pattern](x, y):
        paint = f'fill="{light}" fill-opacity="{STRENGTH[design.pattern]}"'
        layers.append(f'<path {paint} clip-path="url(#field)" d="{pattern}"/>')
    layers.append(_stroke(light, 1.2, shape.inline, ' stroke-opacity=".55"'))
    layers.append(_icon(design, icon))
    if design.level:
        shine = METALS[design.level - 1][2]
        layers.append(f'<path fill="{shine}" d="{_pips(design.level, shape.pips_at, x)}"/>')
    clip = f'<defs><clipPath id="field"><path d="{shape.field}"/></clipPath></defs>'
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
    return f"{head}{clip}{''.join(layers)}</svg>\n"


def _pin(design: Design) -> str:
    """What lies under the field: tails, edge and rim."""
    shape, (deep, base, _) = SHAPES[design.kind], PALETTES[design.palette]
    edge, face, shine = METALS[design.level - 1] if design.level else (deep, deep, "")
    layers = []
    if design.kind == "honour":
        layers.append(f'<path fill="{base}" d="{TAILS}"/>')
        layers.append(f'<path fill="{deep}" fill-opacity=".55" d="{FOLDS}"/>')
    layers.append(f'<path fill="{edge}" transform="translate(0 2)" d="{shape.silhouette}"/>')
    hairline = 'stroke="#fff" stroke-opacity=".3" stroke-width=".7"'
    layers.append(f'<path fill="{face}" {hairline} d="{shape.silhouette}"/>')
    if shine:
        y = number(40 if design.kind == "honour" else 47)
        smaller = f' transform="translate(48 {y}) scale(.965) translate(-48 -{y})"'
        layers.append(_stroke(shine, 1.4, shape.silhouette, smaller))
    return "".join(layers)


def _stroke(colour: str, width: float, path: str, more: str = "") -> str:
    return f'<path fill="none" stroke="{colour}" stroke-width="{width}"{more} d="{path}"/>'


def _icon(design: Design, icon: str) -> str:
    shape = SHAPES[design.kind]
    x, y = (place - shape.size / 2 for place in shape.middle)
    y -= 4 if design.level else 0
    stroke = f'stroke="{IVORY}" stroke-width="2.1" stroke-linecap="round" stroke-linejoin="round"'
    place = f"translate({number(x)} {number(y)}) scale({number(shape.size / 24)})"
    return f'<g fill="none" {stroke} transform="{place}">{icon}</g>'


def _pips(count: int, y: float, x: float) -> str:
    gap = 9.6
    left = x - gap * (count - 1) / 2
    return "".join(f"M{number(left + i * gap)} {number(y - 4)}l4 4-4 4-4-4Z" for i in range(count))
