"""The columns of a table that may be a shortcut, such as the site, made questions that a probe can answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.bands import MOST_VALUES, banded
from fuseboard.store.arrays import Labels

LEAST_IMAGES = 10
"""That a value must have; rarer ones are passed over."""


@dataclass(frozen=True)
class Column:
    """A column whose values can be predicted."""

    name: str
    values: tuple[str, ...]
    rows: NDArray[np.intp]
    """(M,) images that have one of the values."""
    numbers: NDArray[np.intp]
    """(M,) which value each of them has."""


def of(name: str, cells: Sequence[str | None], labels: Labels) -> Column | str:
    """Returns a column, or why nothing can be asked of it.

    Many numbers, such as ages, become two values: up to their median, and above.

    Args:
        name: of the column.
        cells: (N,) of all images.
        labels: (N,) or (N, L) of all images.
    """
    said = banded(cells)
    if isinstance(said, int):
        return f"{said:,} values, {MOST_VALUES} at most can be predicted"
    found = Counter(cell for cell in said if cell is not None)
    values = tuple(sorted(value for value, images in found.items() if images >= LEAST_IMAGES))
    if len(values) < 2:
        return f"fewer than two values have {LEAST_IMAGES} images"
    number = {value: place for place, value in enumerate(values)}
    rows = np.array([row for row, cell in enumerate(said) if cell in number], np.intp)
    column = Column(name, values, rows, np.array([number[said[row]] for row in rows.tolist()], np.intp))
    if labels.ndim == 1 and _is_label(column, labels[rows]):
        return "it says the label in other words"
    return column


def association(column: Column, labels: Labels) -> tuple[float, float]:
    """Returns how a column and the label go together: Cramér's V (1946) and the p of independence by chi-squared.

    Of several labels, those of the one with the largest V.
    """
    from scipy.stats import chi2_contingency

    found = []
    for truth in labels[column.rows].reshape(len(column.rows), -1).T:
        counts = np.zeros((len(column.values), int(truth.max()) + 1))
        np.add.at(counts, (column.numbers, truth), 1)
        table = counts[:, counts.sum(axis=0) > 0]
        least = min(table.shape) - 1
        if least:
            chi2, p = chi2_contingency(table, correction=False)[:2]
            found.append((float(np.sqrt(chi2 / (table.sum() * least))), float(p)))
    return max(found, default=(0.0, 1.0))


def _is_label(column: Column, labels: Labels) -> bool:
    """Whether each value goes with one class and each class with one value."""
    pairs = set(zip(column.numbers.tolist(), labels.tolist(), strict=True))
    return len(pairs) == len({value for value, _ in pairs}) == len({label for _, label in pairs})
