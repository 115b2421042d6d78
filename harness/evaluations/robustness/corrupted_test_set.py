"""The twin: the corrupted test set of a dataset, embedded by the same backbones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.corrupted import source
from fuseboard.harness.search.pool import Pool
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import corruptions
from fuseboard.store.embeddings.corruptions import SPLIT, Condition
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

PUBLISHED = "0.1.0"
"""The release of medmnistc whose images are accepted where another or none is installed."""


@dataclass(frozen=True)
class Twin:
    """The corrupted test set of a pool.

    Args:
        pool: of the clean dataset.
        versions: backbone -> version that embedded the corrupted images.
    """

    pool: Pool
    versions: Mapping[str, Version]

    @property
    def dataset(self) -> str:
        """The name of the corrupted dataset."""
        return f"{self.pool.dataset}-c"

    @property
    def source_md5(self) -> str:
        """MD5 of the corrupted images, the same for all backbones."""
        return next(iter(self.versions.values())).manifest.datasets[self.dataset].source_md5

    @cached_property
    def labels(self) -> Labels:
        """Labels of the clean test images, by ascending id."""
        return self.pool.labels(SPLIT)

    def check(self) -> None:
        """Holds what the manifests say of the twin against the clean dataset; reads no vector.

        Raises:
            FuseboardError: a backbone has not embedded the twin, or other images than those made of the clean ones.
        """
        held = {name: v.manifest.datasets.get(self.dataset) for name, v in self.versions.items()}
        lacking = [name for name, entry in held.items() if entry is None or SPLIT not in entry.splits]
        if lacking:
            raise FuseboardError(
                f"no embeddings of {self.dataset} by {', '.join(self.versions[name].spec for name in lacking)}; run "
                f"`fuseboard extract {' '.join(lacking)} --dataset {self.dataset}`"
            )
        releases = _releases()
        made = {source(self.pool.entry.source_md5, release) for release in releases}
        for name, entry in held.items():
            if entry is None or entry.source_md5 not in made or entry.source_md5 != self.source_md5:
                raise FuseboardError(
                    f"{self.dataset}: {name} did not embed what medmnistc {' or '.join(releases)} makes of this "
                    f"{self.pool.dataset}; run `fuseboard extract {name} --dataset {self.dataset}`"
                )

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every corruption and severity, in the order of the rows.

        Raises:
            FuseboardError: backbones disagree, a severity is missing, or one has not exactly the clean images.
        """
        images = len(self.labels)
        found = {name: corruptions.conditions(own, self.dataset, images) for name, own in self.versions.items()}
        (first, agreed), *others = found.items()
        for name, own in others:
            if own != agreed:
                raise FuseboardError(
                    f"{self.dataset}: the rows of {first} and {name} are of other corruptions, or of another order; "
                    "extract both again"
                )
        return agreed

    def verify(self) -> None:
        """Holds every shard against its SHA-256; to be called once, before the first `read`."""
        for own in self.versions.values():
            corruptions.verify(own, self.dataset)

    def read(self, condition: Condition, names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Returns Backbone -> (N, D) of one condition, row by row the clean test images; no other condition is held."""
        return {name: corruptions.read(self.versions[name], self.dataset, condition, self.labels) for name in names}


def _releases() -> list[str]:
    try:
        return sorted({PUBLISHED, version("medmnistc")})
    except PackageNotFoundError:
        return [PUBLISHED]
