"""Resilience: what the rows of an exposure to corruptions say, subset by subset."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.store.arrays import Labels
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.results.selection import Choice
from fuseboard.store.statistics import alexnet_reference
from fuseboard.store.statistics.corruption_error import SEVERITIES, Errors, Reference, Robustness, balanced_error

WHOLE = "all"
"""In the place of a corruption: the mean over all of them."""


@dataclass(frozen=True)
class Resilience:
    """Errors of the single backbones, the chosen subset and all backbones."""

    dataset: str
    """The clean one."""
    task: str
    labels: Labels
    """Labels of the test images."""
    choice: Choice
    """The choice of the search."""
    rows: pl.DataFrame
    """One per subset and exposure, with predictions."""

    @cached_property
    def errors(self) -> dict[Subset, Errors]:
        """Balanced errors, computed from the kept predictions; corruptions by name."""
        found: dict[Subset, dict[str, float]] = {}
        for row in self.rows.sort("subset").iter_rows(named=True):
            subset, split = tuple(row["subset"]), row["split"]
            where = f"{self.dataset}-c {split} {'+'.join(subset)}"
            error = balanced_error(self.task, self.labels, np.array(row["scores"], np.float32), where)
            found.setdefault(subset, {})[split] = error
        return {subset: Errors.of(by_split.pop(CLEAN), by_split) for subset, by_split in found.items()}

    @property
    def reference(self) -> Reference | None:
        """AlexNet's errors; None where none were published."""
        return alexnet_reference.reference(self.dataset)

    @cached_property
    def robustness(self) -> dict[Subset, Robustness]:
        """Errors as multiples of the reference's; empty without one."""
        reference = self.reference
        return {subset: Robustness(own, reference) for subset, own in self.errors.items()} if reference else {}

    @property
    def table(self) -> list[dict[str, object]]:
        """As it is printed: per subset the clean images, every corruption, and their mean."""
        made: list[dict[str, object]] = []
        for subset, own in self.errors.items():
            against = self.robustness.get(subset)
            be, rbe = (against.be, against.rbe) if against else ({}, {})
            made.append(_line(subset, CLEAN, own.clean))
            for name, errors in own.corrupted.items():
                made.append(_line(subset, name, own.means[name], errors, be.get(name), rbe.get(name)))
            whole = (against.mean_be, against.mean_rbe, against.rbe_of_sums) if against else (None, None, None)
            made.append(_line(subset, WHOLE, own.mean, (), *whole))
        return made

    @property
    def notes(self) -> list[str]:
        """What the numbers hide, one line each."""
        made = [f"chosen on clean validation: {'+'.join(self.choice.chosen)}"]
        if (reference := self.reference) is None:
            return [*made, f"no errors of AlexNet on {self.dataset}-c were published, so it has no BE and no rBE"]
        made.append("BE and rBE are multiples of the errors of AlexNet as medmnistc 0.1.0 ships them, at 224 pixels")
        if "-" in self.dataset:
            made.append(f"{self.dataset} has smaller images, for which neither severities nor reference were made")
        if helped := reference.helped:
            made.append(
                f"AlexNet errs less than on clean images under {', '.join(helped)}: the sign of rBE turns there"
            )
        return made

    @property
    def wide_only(self) -> tuple[str, ...]:
        """The severities one by one, and the second relative error."""
        return (*(f"severity_{n + 1}" for n in range(SEVERITIES)), "rbe_of_sums")


def _line(
    subset: Subset,
    corruption: str,
    error: float,
    errors: Sequence[float] = (),
    be: float | None = None,
    rbe: float | None = None,
    rbe_of_sums: float | None = None,
) -> dict[str, object]:
    by_severity = {f"severity_{n + 1}": errors[n] if errors else None for n in range(SEVERITIES)}
    own = {"subset": "+".join(subset), "corruption": corruption, "error": error, **by_severity}
    return {**own, "be": be, "rbe": rbe, "rbe_of_sums": rbe_of_sums}
