"""Inputs: from whatever `fit` and `predict` are given to blocks, one per backbone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.fusion.embedder import Embedder, refuse_faults
from fuseboard.harness.fusion.model import Blocks
from fuseboard.harness.fusion.pictures import is_torch_dataset, pictures_of
from fuseboard.store.embeddings import join
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import UsageError

MATRIX = "features"
"""The name of the one block that a plain matrix is."""


@dataclass(frozen=True)
class Given:
    """Images as blocks."""

    blocks: Blocks
    names: tuple[str, ...]
    """What each image is called: its path, its id, or its number."""
    labels: NDArray[Any] | None = None
    """Those that came with the blocks."""


def is_matrix(images: Any) -> bool:
    """Whether this is a plain matrix of features, as scikit-learn's estimators take it, and no images."""
    if hasattr(images, "tocsr"):  # sparse, of which one kind is a mapping; refused where it is looked at
        return True
    if isinstance(images, Mapping | join.Blocks) or is_torch_dataset(images):
        return False
    if isinstance(images, np.ndarray):
        return not (images.dtype.kind in "US" or images.ndim > 2 or (images.ndim == 1 and images.dtype.kind == "O"))
    if isinstance(images, Sequence):
        return not len(images) or not _is_image(images[0])
    return hasattr(images, "__array__") and getattr(images, "ndim", 2) != 1


def _is_image(item: Any) -> bool:
    return (
        isinstance(item, str | PathLike | dict | bytes)
        or type(item).__module__.startswith(("PIL.", "torch"))
        or (isinstance(item, np.ndarray) and item.ndim > 1)
    )


def given(images: Any, embedder: Embedder | None, reading: Reading) -> Given:
    """Returns images as blocks.

    Args:
        images: blocks of the store, a mapping from backbone to (N, D), or images, which are embedded.
        embedder: of images.
        reading: how files are read.

    Raises:
        UsageError: blocks of different lengths, or not finite.
        FuseboardError: an image cannot be read.
    """
    if isinstance(images, join.Blocks):
        names = tuple(f"{images.dataset}/{images.split}/{number}" for number in images.ids)
        return Given(_checked(images.features), names, images.labels)
    if isinstance(images, Mapping):
        return numbered(_checked(images))
    if embedder is None:
        raise UsageError("images where blocks were learned from: give blocks of the same backbones, or fit on images")
    embedded = embedder.embed(pictures_of(images, reading))
    refuse_faults(embedded)
    return Given(embedded.blocks, embedded.names)


def numbered(blocks: Blocks) -> Given:
    """Returns blocks whose images have no names but their numbers."""
    return Given(blocks, tuple(f"image {number}" for number in range(len(next(iter(blocks.values()))))))


def _checked(blocks: Mapping[str, Any]) -> Blocks:
    if not blocks:
        raise UsageError("no block is given; give at least one backbone's vectors (N, D)")
    found = {name: np.ascontiguousarray(blocks[name], np.float32) for name in sorted(blocks)}
    first, *others = found
    for name, block in found.items():
        if block.ndim != 2 or 0 in block.shape:
            raise UsageError(f"the block of {name} has the shape {block.shape}; a matrix (N, D) is wanted")
        if not np.isfinite(block).all():
            row = int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise UsageError(f"the block of {name} holds NaN or infinity in row {row}; leave it out or mend it")
    for name in others:
        if len(found[name]) != len(found[first]):
            raise UsageError(
                f"the block of {name} has {len(found[name])} rows and that of {first} {len(found[first])}; every block "
                "must have the same images in the same order"
            )
    return found
