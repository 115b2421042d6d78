"""These are one subset's errors on clean test images and on every corruption and severity of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.statistics.corruption_error import SEVERITIES, Errors, Reference, Robustness


@dataclass(frozen=True)
class SubsetErrors:
    """It holds the errors of one subset."""

    subset: Subset
    seed: int
    role: str | None
    """The part that it plays in the search on the clean images, such as `chosen`."""
    keys: Mapping[str, str]
    """Split, such as `clean` or `pixelate-3` -> key of its row."""
    measured: Mapping[str, float]
    """Split -> balanced error of every row that has one."""
    errors: Errors | None
    """Null where a row lacks its error or is not there at all."""
    robustness: Robustness | None
    """Null without errors, and without a reference under the same corruptions."""
    reason: str | None
    """Why `errors`, or else `robustness`, is null; null where neither is, and where there is no reference."""

    @property
    def mean(self) -> float | None:
        """Return the mean error over all corruptions and severities."""
        return self.errors.mean if self.errors else None


def subset_errors(
    rows: Mapping[str, Mapping[str, Any]],
    balanced_errors: Mapping[str, float | str],
    reference: Reference | None,
    role: str | None,
) -> SubsetErrors:
    """Return the errors of the rows of one classifier.

    Args:
        rows: split -> row, that of the clean images among them.
        exposures: key -> balanced error, or why there is none.
        reference: what its errors are held against.
        role: see `SubsetErrors`.
    """
    found = {split: balanced_errors.get(row["key"], "its error was not computed") for split, row in rows.items()}
    measured = {split: error for split, error in found.items() if not isinstance(error, str)}
    reason = next((error for error in found.values() if isinstance(error, str)), None)
    errors, robustness = None, None
    if reason is None:
        try:
            errors = _errors(measured)
            robustness = Robustness(errors, reference) if reference else None
        except FuseboardError as error:
            reason = str(error)
    clean = rows[CLEAN]
    return SubsetErrors(
        subset=tuple(clean["subset"]),
        seed=clean["seed"],
        role=role,
        keys={split: row["key"] for split, row in rows.items()},
        measured=measured,
        errors=errors,
        robustness=robustness,
        reason=reason,
    )


def _errors(measured: Mapping[str, float]) -> Errors:
    splits = {split: error for split, error in measured.items() if split != CLEAN}
    known = tuple(str(severity) for severity in range(1, SEVERITIES + 1))
    if strange := sorted(split for split in splits if split.rpartition("-")[2] not in known):
        raise FuseboardError(f"{strange[0]} is no corruption at one of {SEVERITIES} severities")
    if not splits:
        raise FuseboardError("only the clean images were measured; run the evaluation once more")
    return Errors.of(measured[CLEAN], splits)
