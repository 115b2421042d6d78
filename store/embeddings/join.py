"""Blocks of several backbones, joined by image id."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.block import Block
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError


@dataclass(frozen=True)
class Blocks:
    """The embeddings of one split, row by row the same images in every backbone."""

    dataset: str
    split: str
    ids: NDArray[np.uint32]
    """(N,) row numbers in the official split, ascending."""
    labels: Labels
    """(N,) class numbers, or (N, L) of 0 and 1 for multi-label."""
    features: dict[str, NDArray[np.float32]]
    """Backbone -> contiguous (N, D)."""
    versions: dict[str, Version]
    """Backbone -> the version its block was read from."""


def join(dataset: str, split: str, versions: Iterable[Version]) -> Blocks:
    """Returns the blocks of some versions, which may lie in different stores.

    Rows are matched by id and never by position, and every shard is held against its SHA-256. Ids of an import
    whose row order is unknown are positions, so it meets only versions of the same import, label for label.

    Raises:
        FuseboardError: a damaged shard, a missing or duplicate id, labels that disagree; the message names the
            backbone and the id.
    """
    first: Block | None = None
    features: dict[str, NDArray[np.float32]] = {}
    joined: dict[str, Version] = {}
    for version in versions:
        name = version.manifest.backbone
        if name in features:
            raise UsageError(f"backbone {name} is named twice; a subset holds it once")
        _same_numbering(dataset, split, joined.values(), version)
        own = block.read(version, dataset, split)
        if first is None:
            first = own
        _same_images(f"{dataset} {split}", next(iter(features), name), first, name, own)
        features[name], joined[name] = own.matrix, version
    if first is None:
        raise UsageError("no backbone named: give at least one")
    return Blocks(dataset, split, first.ids, first.labels, features, joined)


def _same_numbering(dataset: str, split: str, others: Iterable[Version], version: Version) -> None:
    """Raises when equal ids would not mean equal images."""
    own = version.manifest.entry(dataset, split).numbering
    for other in others:
        if other.manifest.entry(dataset, split).numbering != own:
            unknown, known = (version, other) if own != "official" else (other, version)
            raise FuseboardError(
                f"{dataset} {split}: the row order of {unknown.manifest.backbone} is unknown (imported from "
                f"{unknown.manifest.entry(dataset, split).numbering}), so its rows cannot be matched with those of "
                f"{known.manifest.backbone}; join it with versions of the same import only, or extract it"
            )


def _same_images(where: str, first: str, one: Block, second: str, other: Block) -> None:
    """Raises, naming the image, unless two blocks hold the same images with the same labels."""
    for lacking, missing, having in (
        (second, np.setdiff1d(one.ids, other.ids), first),
        (first, np.setdiff1d(other.ids, one.ids), second),
    ):
        if len(missing):
            raise FuseboardError(
                f"{where}: {lacking} has no vector for id {int(missing[0])}, which {having} has "
                f"({len(missing)} missing in all); extract {lacking} again over the whole split"
            )
    if one.labels.shape != other.labels.shape:
        raise FuseboardError(
            f"{where}: labels of {first} have shape {one.labels.shape}, of {second} {other.labels.shape}: "
            "they were not made from the same labels; extract both again"
        )
    differ = (one.labels != other.labels).reshape(len(one.ids), -1).any(axis=1)
    if differ.any():
        row = int(np.flatnonzero(differ)[0])
        raise FuseboardError(
            f"{where}: id {int(one.ids[row])} has label {one.labels[row]} in {first} but {other.labels[row]} in "
            f"{second}: they were not made from the same labels; extract both again"
        )
