"""`imagenet`: ImageNet-1K (Deng et al. 2009, Russakovsky et al. 2015), from a folder of one's own or from the Hub."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.datasets.dataset import Dataset, Labels
from store.errors import UsageError

NAME = "imagenet"
LABELLED = {"train": 1_281_167, "validation": 50_000}
"""Official images with labels; those of the official test images are not public."""

HELD_OUT = 10
"""Training images of every class that are our `val`, so that the official validation set can be our `test`."""


class ImageNet(Dataset):
    """`test` is the official validation set, `val` ten training images of every class, `train` the others.

    Classes are numbered by their WordNet ids in ascending order, as everybody does.
    """

    name = NAME
    task = "multi-class"
    licence = "ImageNet terms of access: non-commercial research"

    @cached_property
    def label_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """`n01440764 tench`: id and first name, which alone would not be unique."""
        import timm.data

        table: Any = timm.data.ImageNetInfo("imagenet-1k")  # type: ignore[attr-defined]
        ids = sorted(table.label_names())
        return tuple(f"{wnid} {table.label_name_to_description(wnid).partition(',')[0]}" for wnid in ids)

    @property
    def published_md5(self) -> str | None:
        """Found out from the images only."""
        return None


def get() -> ImageNet:
    """From `$IMAGENET_ROOT` where it is set, else from the Hub; nothing is read or downloaded yet.

    Raises:
        UsageError: the folder has neither `train` nor Parquet files.
    """
    from harness.datasets.imagenet.parquet import REPOSITORY, REVISION, Parquet
    from harness.datasets.imagenet.tree import Tree

    said = os.environ.get("IMAGENET_ROOT")
    if not said:
        return Parquet(REPOSITORY, REVISION)
    root = Path(said).expanduser()
    for place in (root, root / "ILSVRC" / "Data" / "CLS-LOC"):
        if (place / "train").is_dir():
            return Tree(place, root)
    if any(root.glob("**/*.parquet")):
        return Parquet(str(root), None)
    raise UsageError(
        f"IMAGENET_ROOT={root}: neither train/ nor Parquet files are there; have train/n01440764/….JPEG and val/, or a "
        "download of the Hub's repository"
    )


def first_of_each(labels: Labels, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows (N,) are among the `HELD_OUT` that come first of their class in an order of all rows."""
    sorted_ = order[np.argsort(labels[order], kind="stable")]
    begins = np.searchsorted(labels[sorted_], labels[sorted_], side="left")
    chosen = np.zeros(len(labels), bool)
    chosen[sorted_[np.arange(len(labels)) - begins < HELD_OUT]] = True
    return chosen
