"""The backbones of the store that a submission is compared with, never its own earlier versions among them."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.ranking.baseline_pool import baseline_pool
from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.shards.sample import Sample
from fuseboard.harness.submissions.shards.split_statistics import SplitStatistics
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.statistics.cka import linear_cka
from fuseboard.store.store import Store

RUNS = 3
"""Runs of the sample that are compared with every stored backbone."""


class StoredBackbones:
    """How alike the submission and the stored backbones see a few hundred images of every split of a dataset.

    CKA depends on the inner products of images alone, so an N x N factor of these stands for vectors of any width.

    Args:
        version: the submission.
        store: the store.
        dataset: of the version; one without all three splits is compared with no backbone.
        statistics: split -> what one pass over its shards found.
    """

    def __init__(self, version: Version, store: Store, dataset: str, statistics: Mapping[str, SplitStatistics]) -> None:
        self._version, self._store, self._dataset = version, store, dataset
        self._samples = {split: _few(own.sample) for split, own in statistics.items() if len(own.sample.ids)}
        self._factors: dict[tuple[str, str], NDArray[np.float64] | None] = {}

    @cached_property
    def versions(self) -> dict[str, Version]:
        """Backbone -> version with the same images, the narrowest first, because they are read soonest.

        Raises:
            FuseboardError: the store holds other vectors under the submission's name and fingerprint.
        """
        splits = self._version.manifest.datasets[self._dataset].splits
        if set(splits) != set(SPLITS):
            return {}
        same = {
            name: stored
            for name, stored in baseline_pool(self._store, self._dataset, self._version).versions.items()
            if name != self._version.manifest.backbone
            and all(stored.manifest.entry(self._dataset, split).rows == own.rows for split, own in splits.items())
        }
        return dict(sorted(same.items(), key=lambda item: (item[1].manifest.dim, item[0])))

    @property
    def splits(self) -> list[str]:
        """Splits of which there is a sample."""
        return list(self._samples)

    def cka(self, name: str, split: str, lag: int = 0) -> float | None:
        """CKA of the submission with a stored backbone, whose images are those `lag` rows further on.

        None where it is not defined, or the backbone's rows do not lie in the order of their ids.
        """
        drawn = self._samples[split]
        theirs = self._factor(name, split)
        if theirs is None:
            return None
        there = np.isin(drawn.ids + lag, drawn.ids)
        at = np.searchsorted(drawn.ids, drawn.ids[there] + lag)
        return linear_cka(self._own(split)[there], theirs[at]).value

    def _own(self, split: str) -> NDArray[np.float64]:
        if (key := ("", split)) not in self._factors:
            self._factors[key] = _factor(self._samples[split].matrix)
        own = self._factors[key]
        assert own is not None
        return own

    def _factor(self, name: str, split: str) -> NDArray[np.float64] | None:
        if (key := (name, split)) not in self._factors:
            found = sample.read(self.versions[name], self._dataset, split, self._samples[split].ids)
            self._factors[key] = None if found is None else _factor(found)
        return self._factors[key]


def _few(drawn: Sample) -> Sample:
    """Some whole runs of a sample, together a few hundred images."""
    runs = -(-len(drawn.ids) // sample.RUN)
    kept = np.unique(np.linspace(0, runs - 1, min(runs, RUNS)).astype(int))
    inside = np.isin(np.arange(len(drawn.ids)) // sample.RUN, kept)
    return Sample(drawn.ids[inside], drawn.matrix[inside])


def _factor(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of (N, D), a matrix (N, at most N) with the same inner products between rows."""
    rows = matrix.astype(np.float64)
    if rows.shape[1] <= len(rows):
        return rows
    factor: NDArray[np.float64] = np.asarray(np.linalg.qr(rows.T, mode="r"))
    return factor.T
