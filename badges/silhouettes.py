"""Silhouettes and patterns of emblems: paths in a square of 96 units."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """Silhouette, field and inline as paths; where the icon sits, how large it is, where the pips stand."""

    silhouette: str
    field: str
    inline: str
    middle: tuple[float, float]
    size: float
    pips_at: float


def number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _circle(scale: float, x: float = 48, y: float = 47, radius: float = 44) -> str:
    r = radius * scale
    arc = f"A{number(r)} {number(r)} 0 1 1"
    return f"M{number(x)} {number(y - r)}{arc} {number(x)} {number(y + r)}{arc} {number(x)} {number(y - r)}Z"


def _around(count: int, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Points on a circle, from its top on."""
    turns = [2 * math.pi * k / count - math.pi / 2 for k in range(count)]
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]


def _hexagon(scale: float) -> str:
    points, path = _around(6, 48, 47, 46 * scale), ""
    for i, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = (_towards(x, y, *points[j % 6], 9 * scale) for j in (i - 1, i + 1))
        path += (
            f"{'L' if i else 'M'}{number(ax)} {number(ay)}Q{number(x)} {number(y)} {number(bx)} {number(by)}"
        )
    return path + "Z"


def _towards(x: float, y: float, to_x: float, to_y: float, length: float) -> tuple[float, float]:
    share = length / math.dist((x, y), (to_x, to_y))
    return x + (to_x - x) * share, y + (to_y - y) * share


def _shield(scale: float) -> str:
    def p(x: float, y: float) -> str:
        return f"{number(48 + (x - 48) * scale)} {number(46 + (y - 46) * scale)}"

    top = number(46 + (17.4 - 46) * scale)
    return (
        f"M{p(48, 2)}C{p(57, 8.5)} {p(68, 12)} {p(80, 12.4)}C{p(83, 12.5)} {p(85, 14.4)} {p(85, 17.4)}"
        f"V46C{p(85, 68)} {p(70, 83)} {p(51, 91.2)}Q{p(48, 92.4)} {p(45, 91.2)}"
        f"C{p(26, 83)} {p(11, 68)} {p(11, 46)}V{top}C{p(11, 14.4)} {p(13, 12.5)} {p(16, 12.4)}"
        f"C{p(28, 12)} {p(39, 8.5)} {p(48, 2)}Z"
    )


def _rosette() -> str:
    points = _around(14, 48, 40, 36.5)
    r = number(math.dist(points[0], points[1]) * 0.56)
    lobes = "".join(f"A{r} {r} 0 0 1 {number(x)} {number(y)}" for x, y in [*points[1:], points[0]])
    return f"M{number(points[0][0])} {number(points[0][1])}{lobes}Z"


SHAPES = {
    "step": Shape(_circle(1), _circle(0.885), _circle(0.80), (48, 47), 46, 79),
    "habit": Shape(_hexagon(1), _hexagon(0.885), _hexagon(0.805), (48, 47), 44, 78),
    "training": Shape(_shield(1), _shield(0.885), _shield(0.805), (48, 44), 44, 75),
    "honour": Shape(_rosette(), _circle(1, 48, 40, 31.5), _circle(1, 48, 40, 28.4), (48, 40), 36, 63),
}


# ---- patterns, drawn from the middle of the field
def _rays(x: float, y: float) -> str:
    path = ""
    for k in range(12):
        a, b = math.radians(30 * k - 7.5), math.radians(30 * k + 7.5)
        path += f"M{number(x)} {number(y)}L{number(x + 70 * math.cos(a))} {number(y + 70 * math.sin(a))} "
        path += f"{number(x + 70 * math.cos(b))} {number(y + 70 * math.sin(b))}Z"
    return path


def _chevrons(x: float, y: float) -> str:
    return "".join(
        f"M0 {y + 26}L48 {y}L96 {y + 26}V{y + 36}L48 {y + 10}L0 {y + 36}Z" for y in range(-16, 96, 22)
    )


def _stripes(x: float, y: float) -> str:
    return "".join(f"M{x} -4L{x + 7} -4L{x - 97} 100L{x - 104} 100Z" for x in range(4, 210, 17))


def _grid(x: float, y: float) -> str:
    dot = "a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0 -2.6 0Z"
    rows = enumerate(range(6, 96, 9))
    return "".join(f"M{number(x - 1.3)} {y}{dot}" for i, y in rows for x in range(6 + i % 2 * 4, 96, 9))


PATTERNS: dict[str, Callable[[float, float], str]] = {
    "none": lambda x, y: "",
    "half": lambda x, y: "M48 -4H100V100H48Z",
    "rays": _rays,
    "chevrons": _chevrons,
    "stripes": _stripes,
    "grid": _grid,
}
