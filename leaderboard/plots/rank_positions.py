"""This places the labels of a front where they cover neither one another nor the steps."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Box = tuple[float, float, float, float]

LETTER, LINE, GAP = 7.2, 15.0, 9.0
"""Width and height of a letter on the narrowest screens, and the distance from a dot, in the drawing's units."""


def place(
    points: Sequence[tuple[float, float, str]], width: float, height: float, more: bool
) -> Iterator[tuple[str, float, float, str]]:
    """Yield (text, x, y, alignment) of every label that finds room, the first points' first.

    A label stands beside its dot where the front has nothing, else above it; where each of these places is taken or
    leaves the field, it is left out.

    Args:
        points: (x, y, text), from the left and from the top, in the order of x.
        width: of the field.
        height: of the field.
        more: whether the front falls to the right, because more of the cost is better, instead of rising.
    """
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in points]
    for (x, y, _), (next_x, next_y, _) in pairwise(points):
        corner = (x, next_y) if more else (next_x, y)
        taken += [_box(x, y, *corner), _box(next_x, next_y, *corner)]
    for x, y, text in points:
        long, above = LETTER * len(text), y - GAP - 5
        right = [(x + GAP, x + GAP, "left", y), (x - 4, x - 4, "left", above)]
        left = [(x - GAP - long, x - GAP, "right", y), (x + 4 - long, x + 4, "right", above)]
        for start, at, align, line in right + left[1:] if more else left + right[1:]:
            box = start, line - LINE / 2, start + long, line + LINE / 2
            inside = box[0] >= 0 and box[1] >= -6 and box[2] <= width + 8 and box[3] <= height
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                yield text, at, line, align
                break


def _box(x: float, y: float, other_x: float, other_y: float) -> Box:
    """Return the box of a line, as thick as it is drawn."""
    return min(x, other_x) - 1, min(y, other_y) - 1, max(x, other_x) + 1, max(y, other_y) + 1


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
