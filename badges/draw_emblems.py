"""For those who develop Lapel: draw the emblems that come with it from `badges/designs.py`.

    .venv/bin/python -m badges.draw_emblems [--sheet FILE.png] [NAME ...]

writes `badges/presets/NAME.png` and `static/emblems/NAME.svg`, of all emblems unless some are named. Needs the test
tools (`./run install`), and neither Django nor a database.
"""

import io
from argparse import ArgumentParser
from pathlib import Path

from PIL import Image

from badges.designs import DESIGNS
from badges.drawing import compose
from badges.icons import icon

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 384
COLOURS = 256  # emblems are flat: more could hardly be told apart, and would double the file


def main() -> None:
    asked = ArgumentParser(description="Draw the emblems of badges/designs.py.")
    asked.add_argument("names", nargs="*", help="which ones; all, unless said")
    asked.add_argument("--sheet", type=Path, help="draw them side by side into this PNG, too")
    options = asked.parse_args()
    names = options.names or list(DESIGNS)
    for name in names:
        svg = drawn(name)
        (ROOT / "static" / "emblems" / f"{name}.svg").write_text(svg)
        (ROOT / "badges" / "presets" / f"{name}.png").write_bytes(small(pixels(svg, WIDTH)))
    if options.sheet is not None:
        sheet(names).save(options.sheet)


def drawn(name: str) -> str:
    return compose(DESIGNS[name], icon(DESIGNS[name].icon))


def pixels(svg: str, width: int) -> Image.Image:
    from resvg_py import svg_to_bytes  # a tool of developers; Lapel runs without it

    return Image.open(io.BytesIO(bytes(svg_to_bytes(svg_string=svg, width=width, height=width))))


def small(image: Image.Image) -> bytes:
    out = io.BytesIO()
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def sheet(names: list[str], across: int = 12, cell: int = 110) -> Image.Image:
    image = Image.new("RGBA", (across * cell, -(-len(names) // across) * cell), "#f6f5f1")
    for number, name in enumerate(names):
        emblem = pixels(drawn(name), cell - 14).convert("RGBA")
        image.alpha_composite(emblem, (number % across * cell + 7, number // across * cell + 7))
    return image


if __name__ == "__main__":
    main()
