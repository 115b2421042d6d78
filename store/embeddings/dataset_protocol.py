"""What the store asks of a dataset that somebody who knows images hands to it."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.manifest import SplitName
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


Origin = Literal["known", "sample", "own"]
"""Whose images a name means: a dataset's that fuseboard knows, some of them that a trial took, or one's own."""

Datasets = Callable[[str], Official]
"""Finds a dataset by name.

It raises UsageError for a name nobody knows, ModuleNotFoundError where the package it needs is not installed.
"""


def by_stored_name(datasets: Datasets, origin: Callable[[str], Origin]) -> Datasets:
    """Returns what finds datasets by names of manifests, of which none is a path: the manifest may be a stranger's."""

    def find(name: str) -> Official:
        if origin(name) == "own":
            raise UsageError(f"no dataset called {name} is known here")
        return datasets(name)

    return find
