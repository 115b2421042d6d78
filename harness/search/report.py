"""The chosen subset as it is told: what the choice hides, and what each part scores on test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search.outlook import Outlook
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.results.roles import BEST_ON_TEST, RoleName, title
from fuseboard.store.results.selection import Choice, Criterion, by_validation


@dataclass(frozen=True)
class Chosen:
    """A choice among subsets, with the rows that it was made from."""

    choice: Choice
    rows: pl.DataFrame
    """Those of the choice's parts at least, validation and test."""
    remarks: Sequence[str] = ()
    """Remarks of the one who measured, one line each."""
    outlook: Outlook | None = None
    """What the images could tell before the search; None where nobody asked, and of one backbone."""

    @property
    def notes(self) -> list[str]:
        """How many were measured, how many of them are equal, what fusion adds, what test does not say, the remarks."""
        choice, by = self.choice, self._by
        where = f"cross-validated {by.name.removeprefix('cv-')}" if by.split == "cv" else f"validation {by.name}"
        best = f"{len(choice.ties)} share" if len(choice.ties) > 1 else "one has"
        counted = f"{choice.measured} of {choice.possible} subsets; {best} the best {where}"
        none = [f"no subset is best on test: {choice.no_oracle}"] if choice.no_oracle else []
        return [counted, *self._gain, *none, *self._unmeasured, *self.remarks]

    @property
    def _unmeasured(self) -> list[str]:
        """Why a number of the table is missing, once per reason."""
        test = self.rows.filter(pl.col("split") == "test", pl.col("auc").is_null() | pl.col("acc").is_null())
        return [f"test: {reason}" for reason in test["reason"].unique(maintain_order=True)]

    @property
    def table(self) -> list[Facts]:
        """The chosen subset, the best single backbone, all of them and the best on test in either metric."""
        test, choice = self._test, self.choice
        subsets: dict[RoleName, Subset] = {
            "chosen": choice.chosen,
            "best single": self.best_single,
            "all backbones": choice.all_backbones,
            **{role: choice.best_on_test.get(metric, ()) for role, metric in BEST_ON_TEST.items()},
        }
        return [
            {
                "role": title(role, self._by, ()),
                "subset": "+".join(subset),
                "test_auc": test[subset]["auc"],
                "test_acc": test[subset]["acc"],
            }
            for role, subset in subsets.items()
            if subset
        ]

    @property
    def best_single(self) -> Subset:
        """The single backbone that the protocol prefers on validation, as it does subsets; empty where none was
        measured."""
        singles = set(self.choice.singles)
        own = self.rows.filter(
            pl.Series([tuple(subset) in singles for subset in self.rows["subset"]], dtype=pl.Boolean)
        )
        return by_validation(own)[0] if len(own) else ()

    @property
    def wide_only(self) -> tuple[str, ...]:
        """None of the columns."""
        return ()

    @property
    def _by(self) -> Criterion:
        return Criterion(self.rows["selection"][0][0])

    @property
    def _test(self) -> dict[Subset, dict[str, Any]]:
        return {tuple(row["subset"]): row for row in self.rows.iter_rows(named=True) if row["split"] == "test"}

    @property
    def _gain(self) -> list[str]:
        """What the chosen subset has on test over the best single backbone; nothing where that is what was chosen."""
        chosen, single, test = self.choice.chosen, self.best_single, self._test
        if not single or single == chosen:
            return []
        pairs = {name: (test[chosen][name], test[single][name]) for name in ("auc", "acc")}
        told = [f"{name.upper()} {a - b:+.4f}" for name, (a, b) in pairs.items() if a is not None and b is not None]
        role = title("best single", self._by, ())
        return [f"{'+'.join(chosen)} less {single[0]}, the {role}, on test: {', '.join(told)}"] if told else []
