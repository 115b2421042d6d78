"""What the store asks of a dataset that somebody who knows images hands to it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.declaration import Declaration
from fuseboard.store.embeddings.manifest import Backbone, ColumnName, SplitName
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import UsageError


class Official(Protocol):
    """A dataset's own word on its labels; the harness's datasets are such."""

    name: str
    task: str
    label_names: tuple[str, ...]
    licence: str
    source_md5: str
    splits: tuple[SplitName, ...]

    @property
    def at_hand(self) -> bool:
        """Whether the labels can be read without downloading anything."""

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """Returns (N,) class numbers, or (N, L) of 0 and 1 for multi-label, by row number in the official split."""


class Catalogued(Official, Protocol):
    """A dataset that also tells what its images are called, so that vectors of other people find them."""

    @property
    def reading(self) -> Reading:
        """What was said of how the image files are read."""

    @property
    def declares(self) -> Declaration:
        """What was said of domain and source."""

    def as_divided(self, root: Path) -> Self:
        """Returns these images with the splits in which a store has them; the same where others divided them."""

    def record(self, root: Path) -> None:
        """Writes into a store which of one's own images every id is; nothing to do where others numbered them."""

    def paths(self, split: str) -> Sequence[str] | None:
        """Returns (N,) paths of the images in the order of their ids; None where they have numbers alone."""

    def columns(self, split: str) -> Mapping[ColumnName, NDArray[Any]]:
        """Further facts of every row (N,), which the shards carry beside the label."""


class ModelCard(Protocol):
    """What the store asks of a backbone's card; the harness's cards are such."""

    id: str
    dim: int

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the vectors."""

    @property
    def about(self) -> Backbone:
        """The facts that a manifest carries."""

    def toml(self) -> str:
        """The card as a text that reads back equal."""


Origin = Literal["known", "sample", "own"]
"""Whose images a name means: a dataset's that fuseboard knows, some of them that a trial took, or one's own."""

Datasets = Callable[[str], Official]
"""Finds a dataset by name.

It raises UsageError for a name nobody knows, ModuleNotFoundError where the package it needs is not installed.
"""

Catalogues = Callable[[str], Catalogued]
"""Finds a dataset by name or by the path of a TOML, as `Datasets` does."""

Cards = Callable[[str], ModelCard]
"""Finds a card by a backbone's name or by a path; raises UsageError where there is none."""


def by_stored_name(datasets: Datasets, origin: Callable[[str], Origin]) -> Datasets:
    """Returns what finds datasets by names of manifests, of which none is a path: the manifest may be a stranger's."""

    def find(name: str) -> Official:
        if origin(name) == "own":
            raise UsageError(f"no dataset called {name} is known here")
        return datasets(name)

    return find
