"""The scores of a pool: what its subsets score on the test images, with the new backbone or without it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from fuseboard.harness.classifiers.fusion import CONCAT, Subset
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.harness.submissions.ranking.scored import Scored, score
from fuseboard.store.arrays import Labels


@dataclass
class PoolScores:
    """A search and what its rows score on the test images."""

    search: Search
    labels: Labels
    """Labels of the test images, by ascending id."""
    _scored: dict[str, Scored] = field(default_factory=dict)
    """Key of a test row -> its score: resampling one takes seconds."""

    def scored(self, subsets: Sequence[Subset], fusion: str = CONCAT) -> dict[Subset, Scored]:
        """What subsets that were measured score on the test images."""
        rows = self.rows(subsets, fusion, scores=True).filter(pl.col("split") == "test")
        unknown = [row for row in rows.iter_rows(named=True) if row["key"] not in self._scored]
        self._scored |= score(self.search.pool.entry.task, self.labels, unknown)
        found = [self._scored[key] for key in rows["key"]]
        return {one.subset: one for one in found}

    def rows(self, subsets: Sequence[Subset], fusion: str = CONCAT, scores: bool = False) -> pl.DataFrame:
        """Result rows of some subsets."""
        return self.search.rows(subsets, scores, Recipe(self.search.protocol, fusion=fusion))
