"""`imagenet`: ImageNet-1K (Deng et al. 2009, Russakovsky et al. 2015), from a folder of one's own or from the Hub."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.known_names import IMAGENET
from fuseboard.store.arrays import MULTI_CLASS, Labels

NAME = IMAGENET
LABELLED = {"train": 1_281_167, "validation": 50_000}
"""Official images with labels; those of the official test images are not public."""

HELD_OUT = 10
"""Training images of every class that are our `val`, so that the official validation set can be our `test`."""


class ImageNet(Dataset):
    """`test` is the official validation set, `val` ten training images of every class, `train` the others.

    Classes are numbered by their WordNet ids in ascending order, as everybody does.
    """

    name = NAME
    task = MULTI_CLASS
    licence = "ImageNet terms of access: non-commercial research"

    @cached_property
    def label_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """`n01440764 tench`: id and first name, which alone would not be unique."""
        import timm.data

        table: Any = timm.data.ImageNetInfo("imagenet-1k")  # type: ignore[attr-defined]
        ids = sorted(table.label_names())
        return tuple(f"{wnid} {table.label_name_to_description(wnid).partition(',')[0]}" for wnid in ids)

    @property
    def n_classes(self) -> int:
        """A thousand, known without their names."""
        return 1_000

    @property
    def published_md5(self) -> str | None:
        """None: nobody published an MD5 of the images."""
        return None


def first_of_each(labels: Labels, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows (N,) are among the `HELD_OUT` that come first of their class in an order of all rows."""
    sorted_ = order[np.argsort(labels[order], kind="stable")]
    begins = np.searchsorted(labels[sorted_], labels[sorted_], side="left")
    chosen = np.zeros(len(labels), bool)
    chosen[sorted_[np.arange(len(labels)) - begins < HELD_OUT]] = True
    return chosen
