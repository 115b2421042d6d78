"""The chosen subset as it is told: what the choice hides, and what each part scores on test."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.harness.terminal.report import Facts
from fuseboard.store.results.selection import Choice, Criterion


@dataclass(frozen=True)
class Chosen:
    """A choice among subsets, with the rows that it was made from."""

    choice: Choice
    rows: pl.DataFrame
    """Those of the choice's parts at least, validation and test."""
    remarks: Sequence[str] = ()
    """Remarks of the one who measured, one line each."""

    @property
    def notes(self) -> list[str]:
        """How many were measured, how many of them are equal, what test does not say and why, and the remarks."""
        choice, by = self.choice, Criterion(self.rows["selection"][0][0])
        where = f"cross-validated {by.name.removeprefix('cv-')}" if by.split == "cv" else f"validation {by.name}"
        counted = f"{choice.measured} of {choice.possible} subsets; {len(choice.ties)} share the best {where}"
        none = [f"no oracle: {choice.no_oracle}"] if choice.no_oracle else []
        return [counted, *none, *self._unmeasured, *self.remarks]

    @property
    def _unmeasured(self) -> list[str]:
        """Why a number of the table is missing, once per reason."""
        test = self.rows.filter(pl.col("split") == "test", pl.col("auc").is_null() | pl.col("acc").is_null())
        return [f"test: {reason}" for reason in test["reason"].unique(maintain_order=True)]

    @property
    def table(self) -> list[Facts]:
        """The chosen subset, all backbones and the best on test, each with its scores on test."""
        test = {tuple(row["subset"]): row for row in self.rows.iter_rows(named=True) if row["split"] == "test"}
        roles = {
            "chosen": self.choice.chosen,
            "all": self.choice.all_backbones,
            "oracle (best on test)": self.choice.oracle,
        }
        return [
            {"role": role, "subset": "+".join(subset), "test_auc": test[subset]["auc"], "test_acc": test[subset]["acc"]}
            for role, subset in roles.items()
            if subset
        ]
