"""Duplicates: images with equal vectors. Real datasets hold a few images twice; a copied split is something else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.shards.split_statistics import SplitStatistics
from fuseboard.harness.submissions.shards.stored_backbones import StoredBackbones
from fuseboard.harness.terminal.finding import Finding, Status
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version

MAX_SHARE = 0.01
"""Share of a split's images that may have the vector of another one without anybody asking why."""
MAX_COPIED = 0.001
"""Share of the test images that may have the vector of a training image although other backbones tell them apart."""
MAX_PAIRS = 200
"""Pairs of images that a stored backbone is asked about."""
MAX_BACKBONES = 3
"""Stored backbones that are asked."""
FIX = "extract the split again; if its images are the same ones, say so in the README"

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Pairs:
    """Images of a split, each with an image of the same vector in that split or another one."""

    split: str
    rows: Rows
    other_split: str
    other_rows: Rows


def findings(
    version: Version, dataset: str, statistics: Mapping[str, SplitStatistics], stored: StoredBackbones
) -> Iterator[Finding]:
    """Equal vectors within a split, and between one split and the splits before it.

    Args:
        version: in its quarantine.
        dataset: of the version; its ids have been found to be the official ones.
        statistics: split -> what one pass over its shards found.
        stored: the store's backbones on the same images.
    """
    ordered = [split for split in SPLITS if split in statistics]
    found = [
        _Pairs(split, equal[0], other, equal[1])
        for number, split in enumerate(ordered)
        for other in (split, *ordered[:number])
        if len((equal := _equal(statistics[split], None if other == split else statistics[other]))[0])
    ]
    for pairs in found:
        yield _judge(version, dataset, pairs, len(statistics[pairs.split].ids), stored)
    if not found:
        yield Finding("ok", "duplicates", f"{dataset}: every image has a vector of its own")


def _equal(own: SplitStatistics, other: SplitStatistics | None) -> tuple[Rows, Rows]:
    """Rows whose vector is that of another row, and that row: an earlier one, or one of `other`."""
    hashes = own.hashes
    if other is None:
        order = np.argsort(hashes, kind="stable")
        at = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
        at = at[np.argsort(order[at + 1])]
        return order[at + 1], order[at]
    order = np.argsort(other.hashes, kind="stable")
    place = np.minimum(np.searchsorted(other.hashes[order], hashes), len(order) - 1)
    rows = np.flatnonzero(other.hashes[order][place] == hashes)
    return rows, order[place[rows]]


def _judge(version: Version, dataset: str, pairs: _Pairs, images: int, stored: StoredBackbones) -> Finding:
    count = len(pairs.rows)
    whose = "another image" if pairs.other_split == pairs.split else f"an image of {pairs.other_split}"
    message = f"{dataset} {pairs.split}: {count:,} of {images:,} images have the vector of {whose}"
    message += f", first id {pairs.rows[0]}; "
    if version.manifest.datasets[dataset].columns:
        return Finding("note", "duplicates", f"{message}a corruption may leave an image as it was")
    is_copy = (pairs.other_split, pairs.split) == ("train", "test")
    allowed = max(2, (MAX_COPIED if is_copy else MAX_SHARE) * images)
    if count <= allowed and not is_copy:
        return Finding("note", "duplicates", f"{message}datasets hold a few images twice")
    answer = _told_apart(dataset, pairs, stored)
    if answer is None:
        status: Status = "wrong" if count > max(2, MAX_SHARE * images) else "note"
        return Finding(status, "duplicates", f"{message}no other backbone of the store can be asked", FIX)
    share, name = answer
    if share * count > allowed:
        return Finding("wrong", "duplicates", f"{message}{name} tells {share:.0%} of these images apart", FIX)
    alike = f"{name} tells {share:.0%} of them apart" if share else f"{name} cannot tell them apart either"
    return Finding("note", "duplicates", message + alike)


def _told_apart(dataset: str, pairs: _Pairs, stored: StoredBackbones) -> tuple[float, str] | None:
    """The smallest share of pairs that a stored backbone tells apart, and which one it is; None where there is none."""
    few = np.random.default_rng(len(pairs.rows)).permutation(len(pairs.rows))[:MAX_PAIRS]
    found: list[tuple[float, str]] = []
    for name, version in stored.versions.items():
        one = _vectors(version, dataset, pairs.split, pairs.rows[few])
        two = _vectors(version, dataset, pairs.other_split, pairs.other_rows[few])
        if one is not None and two is not None:
            found.append((float((one != two).any(axis=1).mean()), name))
        if len(found) == MAX_BACKBONES:
            break
    return min(found, default=None)


def _vectors(version: Version, dataset: str, split: str, rows: Rows) -> sample.Matrix | None:
    ids, back = np.unique(rows, return_inverse=True)
    found = sample.read(version, dataset, split, ids)
    return None if found is None else found[back]
