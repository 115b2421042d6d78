"""Shapes: a small labelled set that learned features tell apart and random ones do not.

Eight shapes of any place, size, turn and colour before a blurred mosaic. What distinguishes the classes is none of the
things that a network with random weights passes on, so it stays near chance (one in eight) where networks that have
seen photographs reach 85 to 95 %. Handwritten digits would not do: random weights reach 80 % of them.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

EDGE = 96
SEED = 2026

Draw = Callable[[ImageDraw.ImageDraw, float, float, float, float], None]
"""Draws a shape at x, y, of a radius, turned by an angle."""


def images(count: int) -> Iterator[NDArray[np.uint8]]:
    """Returns (96, 96, 3) each; image n is of class n modulo 8."""
    rng, kinds = np.random.default_rng(SEED), list(KINDS.values())
    for number in range(count):
        yield _image(kinds[number % len(kinds)], rng)


def labels(count: int) -> NDArray[np.int64]:
    """Returns (count,) class numbers."""
    return np.arange(count) % len(KINDS)


def _image(draw: Draw, rng: np.random.Generator) -> NDArray[np.uint8]:
    mosaic = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    picture, mask = mosaic.resize((EDGE, EDGE), Image.Resampling.BICUBIC), Image.new("L", (EDGE, EDGE))
    radius = float(rng.integers(18, 34))
    x, y = (float(place) for place in rng.integers(int(radius), EDGE - int(radius), 2))
    draw(ImageDraw.Draw(mask), x, y, radius, float(rng.random()) * 2 * math.pi)
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    picture.paste(Image.new("RGB", (EDGE, EDGE), (red, green, blue)), (0, 0), mask)
    return np.asarray(picture)


def _polygon(*radii: float) -> Draw:
    """Corners at equal angles, each at its own share of the radius."""

    def draw(on: ImageDraw.ImageDraw, x: float, y: float, radius: float, angle: float) -> None:
        turns = [angle + 2 * math.pi * corner / len(radii) for corner in range(len(radii))]
        points = [
            (x + r * radius * math.cos(t), y + r * radius * math.sin(t)) for r, t in zip(radii, turns, strict=True)
        ]
        on.polygon(points, fill=255)

    return draw


def _lines(*places: tuple[float, float], width: float) -> Draw:
    """Bars of the shape's length, each turned by quarter turns and shifted sideways by a share of the radius."""

    def draw(on: ImageDraw.ImageDraw, x: float, y: float, radius: float, angle: float) -> None:
        for quarter, shift in places:
            turn = angle + quarter * math.pi / 2
            c, s = math.cos(turn) * radius, math.sin(turn) * radius
            a, b = x - s * shift, y + c * shift
            on.line((a - c, b - s, a + c, b + s), fill=255, width=int(radius * width))

    return draw


def _disc(on: ImageDraw.ImageDraw, x: float, y: float, radius: float, angle: float) -> None:
    on.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _ring(on: ImageDraw.ImageDraw, x: float, y: float, radius: float, angle: float) -> None:
    on.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=max(3, int(radius) // 4))


def _checker(on: ImageDraw.ImageDraw, x: float, y: float, radius: float, angle: float) -> None:
    step = max(3, int(radius) // 3)
    for column in range(-3, 3):
        for row in range(-3, 3):
            if (column + row) % 2:
                left, top = x + column * step, y + row * step
                on.rectangle((left, top, left + step - 1, top + step - 1), fill=255)


KINDS: dict[str, Draw] = {
    "disc": _disc,
    "square": _polygon(1, 1, 1, 1),
    "triangle": _polygon(1, 1, 1),
    "cross": _lines((0, 0), (1, 0), width=1 / 3),
    "ring": _ring,
    "star": _polygon(*[1, 0.4] * 5),
    "bars": _lines((0, -0.6), (0, 0), (0, 0.6), width=1 / 4),
    "checker": _checker,
}
