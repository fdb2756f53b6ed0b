"""The icons that emblems are made with: insides of SVGs, by name, from `badges/icons.svg`."""

import re
from functools import cache
from pathlib import Path

SPRITE = Path(__file__).parent / "icons.svg"
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*)</symbol>')


@cache
def icons() -> dict[str, str]:
    return dict(SYMBOL.findall(SPRITE.read_text()))


def icon(name: str) -> str:
    return icons()[name]
