"""This places the labels of a front where they cover neither one another nor the steps."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Box = tuple[float, float, float, float]

LETTER, LINE, GAP = 7.2, 15.0, 9.0
"""Width and height of a letter on the narrowest screens, and the distance from a dot, in the drawing's units."""


def place(
    points: Sequence[tuple[float, float, str]],
    width: float,
    height: float,
    more: bool,
    others: Sequence[tuple[float, float]] = (),
) -> Iterator[tuple[str, float, float, str]]:
    """Yield (text, x, y, alignment) of every label that finds room, the first points' first.

    A label stands beside its dot where the front has nothing, else above or below it, on no other dot where that can
    be; where each of these places is taken or leaves the field, it is left out.

    Args:
        points: (x, y, text), from the left and from the top, in the order of x.
        width: of the field.
        height: of the field.
        more: whether the front falls to the right, because more of the cost is better, instead of rising.
        others: dots off the front.
    """
    dots = [(x - 4, y - 4, x + 4, y + 4) for x, y in others]
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in points]
    for (x, y, _), (next_x, next_y, _) in pairwise(points):
        corner = (x, next_y) if more else (next_x, y)
        taken += [_box(x, y, *corner), _box(next_x, next_y, *corner)]
    for x, y, text in points:
        long, above, below = LETTER * len(text), y - GAP - 5, y + GAP + 5
        right = [(x + GAP, y), (x - 4, above), (x + GAP, below)]
        left = [(x - GAP, y), (x + 4, above), (x - GAP, below)]
        places = [(start, start, "left", line) for start, line in right]
        mirrored = [(end - long, end, "right", line) for end, line in left]
        places = places + mirrored if more else mirrored[:1] + places + mirrored[1:]
        boxes = [(start, line - LINE / 2, start + long, line + LINE / 2) for start, _, _, line in places]
        inside = [b[0] >= 0 and b[1] >= -6 and b[2] <= width + 8 and b[3] <= height for b in boxes]
        free = [ok and not any(_meet(b, other) for other in taken) for ok, b in zip(inside, boxes, strict=True)]
        clear = [ok and not any(_meet(b, dot) for dot in dots) for ok, b in zip(free, boxes, strict=True)]
        if any(free):
            at = clear.index(True) if any(clear) else free.index(True)
            taken.append(boxes[at])
            yield text, places[at][1], places[at][3], places[at][2]


def _box(x: float, y: float, other_x: float, other_y: float) -> Box:
    """Return the box of a line, as thick as it is drawn."""
    return min(x, other_x) - 1, min(y, other_y) - 1, max(x, other_x) + 1, max(y, other_y) + 1


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
