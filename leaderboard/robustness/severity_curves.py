"""Severity curves say how the error of a subset grows with the severity of corruptions, with 95 % intervals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.robustness.robustness import CorruptionBoard
from fuseboard.leaderboard.robustness.subset_errors import SubsetErrors
from fuseboard.store.arrays import Labels
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.statistics.corruption_error import SEVERITIES, intervals


@dataclass(frozen=True)
class SeverityCurve:
    """It is the balanced error of one subset: on clean images, then at each severity, as a mean over corruptions."""

    subset: Subset
    role: str | None
    errors: tuple[float, ...]
    bounds: NDArray[np.float64] | None
    """(6, 2) 95 % intervals; None where they were not computed."""

    @property
    def intervals(self) -> list[tuple[float | None, float | None]]:
        """Return the interval of each error."""
        if self.bounds is None:
            return [(None, None)] * len(self.errors)
        return [(float(low), float(high)) for low, high in self.bounds]

    @property
    def name(self) -> str:
        """Return the backbones, joined as they are written everywhere."""
        return " + ".join(self.subset)


def severity_curves(
    board: CorruptionBoard, rows: pl.DataFrame, truths: Mapping[tuple[str, str], tuple[str, Labels]]
) -> tuple[SeverityCurve, ...]:
    """Return the curves of a board's subsets, the least mean error first.

    Intervals are computed of those that play a part, of the best one where none does, and of the largest: bands of all
    would cover one another.

    Args:
        board: of one corrupted dataset.
        rows: of the store, with the column `right`.
        truths: (dataset, source MD5) -> task and labels.
    """
    able = [row for row in board.rows if row.errors]
    banded = [row for row in able if row.role] or able[:1]
    banded += [max(able, key=lambda row: len(row.subset))] if able else []
    return tuple(_curve(row, _bounds(row, board, rows, truths) if row in banded else None) for row in able)


def _curve(row: SubsetErrors, bounds: NDArray[np.float64] | None) -> SeverityCurve:
    assert row.errors is not None
    means = np.mean(list(row.errors.corrupted.values()), axis=0)
    return SeverityCurve(row.subset, row.role, (row.errors.clean, *map(float, means)), bounds)


def _bounds(
    row: SubsetErrors,
    board: CorruptionBoard,
    rows: pl.DataFrame,
    truths: Mapping[tuple[str, str], tuple[str, Labels]],
) -> NDArray[np.float64] | None:
    own = rows.filter(pl.col("key").is_in(list(row.keys.values())))
    known = truths.get((board.dataset, own["source_md5"][0])) if len(own) else None
    if known is None:
        return None
    task, labels = known
    right = dict(own.select("key", "right").iter_rows())
    shares = [_share(splits, row.keys, right, len(labels)) for splits in _splits(board)]
    whole = [share for share in shares if share is not None]
    return intervals(task, labels, np.stack(whole)) if len(whole) == len(shares) else None


def _splits(board: CorruptionBoard) -> Iterator[list[str]]:
    """Yield the splits of the clean images, then those of each severity."""
    yield [CLEAN]
    for severity in range(1, SEVERITIES + 1):
        yield [f"{corruption}-{severity}" for corruption in board.corruptions]


def _share(
    splits: list[str], keys: Mapping[str, str], right: Mapping[str, list[int] | None], images: int
) -> NDArray[np.float32] | None:
    """Return for every image the share of splits on which it was answered right; None where that was not kept."""
    found = [right.get(keys.get(split, "")) for split in splits]
    kept = [answers for answers in found if answers is not None and len(answers) == images]
    return np.mean(kept, axis=0, dtype=np.float32) if len(kept) == len(splits) else None
