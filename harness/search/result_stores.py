"""The ledger: where a search keeps its rows, and other stores whose rows it knows as well."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fuseboard.store.results import rows as results
from fuseboard.store.results.rows import Result


@dataclass(frozen=True)
class Ledger:
    """The results of one store, read together with those of others."""

    root: Path
    others: tuple[Path, ...] = ()
    """Nothing is ever written to them."""

    def read(self, evaluation: str, dataset: str, scores: bool = False) -> pl.DataFrame:
        """As `store.results.read`, over all stores."""
        return results.fold(results.read(root, evaluation, dataset, scores) for root in (self.root, *self.others))

    def known_keys(self, evaluation: str, dataset: str) -> set[str]:
        """Keys of the rows that any of the stores has."""
        return set().union(*(results.known_keys(root, evaluation, dataset) for root in (self.root, *self.others)))

    def keep(self, rows: Iterable[Result]) -> None:
        """Writes rows of one evaluation and dataset."""
        results.keep(self.root, rows)

    def compact(self, evaluation: str, dataset: str, drop_scores: Collection[str] = ()) -> None:
        """Joins the small files of finished fits, as `store.results.compact`."""
        results.compact(self.root, evaluation, dataset, drop_scores)
