"""The others: the store's backbones that a submission is compared with, and never its own earlier versions."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.ranking import baseline_pool as standing
from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.shards.sample import Sample
from fuseboard.harness.submissions.shards.split_statistics import Tally
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.statistics.cka import linear_cka

RUNS = 3
"""Of the sample's, that are compared with every other backbone."""


def present(version: Version, root: Path, dataset: str) -> dict[str, Version]:
    """Backbone -> version with the same images of a dataset, the narrowest first, because they are read soonest.

    Args:
        version: the submission.
        root: the store.
        dataset: of the version; one without all three splits is compared with nobody.

    Raises:
        FuseboardError: the store holds other vectors under the submission's name and fingerprint.
    """
    if set(version.manifest.datasets[dataset].splits) != set(SPLITS):
        return {}
    found = standing.present(root, dataset, version).versions
    rows = {split: facts.rows for split, facts in version.manifest.datasets[dataset].splits.items()}
    same = {
        name: other
        for name, other in found.items()
        if name != version.manifest.backbone
        and all(other.manifest.entry(dataset, split).rows == count for split, count in rows.items())
    }
    return dict(sorted(same.items(), key=lambda item: (item[1].manifest.dim, item[0])))


class Others:
    """How alike the submission and the others see a few hundred images of every split of a dataset.

    CKA depends on the inner products of images alone, so an N x N factor of these stands for vectors of any width.
    """

    def __init__(self, version: Version, root: Path, dataset: str, tallies: Mapping[str, Tally]) -> None:
        self.versions = present(version, root, dataset)
        self._dataset = dataset
        self._drawn = {split: _few(tally.sample) for split, tally in tallies.items() if len(tally.sample.ids)}
        self._factors: dict[tuple[str, str], NDArray[np.float64] | None] = {}

    @property
    def splits(self) -> list[str]:
        """Of which there is a sample."""
        return list(self._drawn)

    def alike(self, name: str, split: str, lag: int = 0) -> float | None:
        """CKA of the submission with another backbone, whose images are those `lag` rows further on; None for none."""
        drawn = self._drawn[split]
        theirs = self._factor(name, split)
        if theirs is None:
            return None
        there = np.isin(drawn.ids + lag, drawn.ids)
        at = np.searchsorted(drawn.ids, drawn.ids[there] + lag)
        return linear_cka(self._own(split)[there], theirs[at]).value

    def _own(self, split: str) -> NDArray[np.float64]:
        if (key := ("", split)) not in self._factors:
            self._factors[key] = _factor(self._drawn[split].matrix)
        own = self._factors[key]
        assert own is not None
        return own

    def _factor(self, name: str, split: str) -> NDArray[np.float64] | None:
        if (key := (name, split)) not in self._factors:
            found = sample.read(self.versions[name], self._dataset, split, self._drawn[split].ids)
            self._factors[key] = None if found is None else _factor(found)
        return self._factors[key]


def _few(drawn: Sample) -> Sample:
    """Whole runs of a sample, some hundred images."""
    runs = -(-len(drawn.ids) // sample.RUN)
    kept = np.unique(np.linspace(0, runs - 1, min(runs, RUNS)).astype(int))
    inside = np.isin(np.arange(len(drawn.ids)) // sample.RUN, kept)
    return Sample(drawn.ids[inside], drawn.matrix[inside])


def _factor(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, at most N) with the same inner products between rows as (N, D)."""
    rows = matrix.astype(np.float64)
    if rows.shape[1] <= len(rows):
        return rows
    factor: NDArray[np.float64] = np.asarray(np.linalg.qr(rows.T, mode="r"))
    return factor.T
