"""Uncertainty holds the intervals of a row's metrics, and of their differences to the chosen subset."""

from collections.abc import Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.delong import Comparison
from fuseboard.store.statistics.estimates import Difference, Interval
from fuseboard.store.statistics.test_metrics import Measured

NOT_KEPT = "predictions were not kept"


@dataclass(frozen=True)
class DifferencesToChosen:
    """They are one row's test metrics minus those of the chosen subset, on the same images."""

    auc: Difference
    acc: Difference
    balanced_acc: Difference
    delong: Comparison


@dataclass(frozen=True)
class Uncertainty:
    """It holds a row's test metrics with their 95 % intervals by bootstrap, and its calibration."""

    auc: Interval
    acc: Interval
    balanced_acc: Interval
    ece: float | None
    brier: float | None
    uncalibrated: str | None
    """Why there is no ECE and Brier score."""
    minus_chosen: DifferencesToChosen | None
    not_compared: str | None
    """Why there is no difference to the chosen subset."""


@dataclass(frozen=True)
class SubsetUncertainties:
    """They are the uncertainties of one board; what is missing is None, and `reasons` says why."""

    subsets: Mapping[Subset, Uncertainty]
    reasons: Mapping[Subset, str]
    """They are given for every subset of the board that has no uncertainty."""


def subset_uncertainties(board: Board, found: Mapping[str, Measured | str]) -> SubsetUncertainties:
    """Return the uncertainty of every subset on a board that kept its predictions.

    Args:
        board: whose entries.
        found: key of a test row -> what it measures, or why it does not.
    """
    chosen = measured_chosen(board, found)
    subsets: dict[Subset, Uncertainty] = {}
    reasons: dict[Subset, str] = {}
    for entry in board.entries:
        own = next((found[key] for key in entry.keys if key in found), NOT_KEPT)
        if isinstance(own, str):
            reasons[entry.subset] = own
        else:
            subsets[entry.subset] = uncertainty(own, chosen)
    return SubsetUncertainties(subsets, reasons)


def measured_chosen(board: Board, found: Mapping[str, Measured | str]) -> Measured | str:
    """Return what the chosen subset measures, or why nothing can be held against it."""
    role = board.role("chosen")
    if role is None or role.entry is None:
        return "nothing was chosen"
    own = next((found[key] for key in role.entry.keys if key in found), NOT_KEPT)
    return f"the chosen subset has no resamples: {own}" if isinstance(own, str) else own


def uncertainty(own: Measured, chosen: Measured | str) -> Uncertainty:
    """Return the uncertainty of one row, or of the mean of several, compared with the chosen subset."""
    differences, reason = (None, chosen) if isinstance(chosen, str) else _differences(own, chosen)
    return Uncertainty(
        auc=own.auc.interval(),
        acc=own.acc.interval(),
        balanced_acc=own.balanced_acc.interval(),
        ece=own.ece,
        brier=own.brier,
        uncalibrated=own.uncalibrated,
        minus_chosen=differences,
        not_compared=reason,
    )


def _differences(own: Measured, chosen: Measured) -> tuple[DifferencesToChosen | None, str | None]:
    try:
        return DifferencesToChosen(
            auc=own.auc.minus(chosen.auc),
            acc=own.acc.minus(chosen.acc),
            balanced_acc=own.balanced_acc.minus(chosen.balanced_acc),
            delong=own.delong.minus(chosen.delong),
        ), None
    except FuseboardError as error:  # rows of other images
        return None, str(error)
