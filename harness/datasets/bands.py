"""Bands: a column of many numbers, such as ages, as two values that can be compared."""

from collections.abc import Sequence

import numpy as np

MOST_VALUES = 20
"""Values of a column that are told apart one by one."""


def banded(cells: Sequence[str | None]) -> list[str | None] | int:
    """Returns the cells of a column with few values as they are, and of many numbers up to their median, and above.

    Where there are many values that are not all numbers, their number is returned instead.
    """
    found = {cell for cell in cells if cell is not None}
    if len(found) <= MOST_VALUES:
        return list(cells)
    numbers = {cell: number for cell in found if (number := _number(cell)) is not None}
    if len(numbers) < len(found):
        return len(found)
    middle = float(np.median([numbers[cell] for cell in cells if cell is not None]))
    return [None if c is None else f"above {middle:g}" if numbers[c] > middle else f"up to {middle:g}" for c in cells]


def _number(cell: str) -> float | None:
    try:
        return float(cell) if np.isfinite(float(cell)) else None
    except ValueError:
        return None
