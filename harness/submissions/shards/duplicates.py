"""Duplicates: images with equal vectors. Real datasets hold a few images twice; a copied split is something else."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.shards.split_statistics import Tally
from fuseboard.harness.submissions.shards.stored_backbones import present
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version

FEW = 0.01
"""Share of a split's images that may have the vector of another one without anybody asking why."""
COPIED = 0.001
"""Share of the test images that may have the vector of a training image although other backbones tell them apart."""
LOOKED_AT = 200
"""Pairs of images that other backbones are asked about."""
MEND = "extract the split again; if its images are the same ones, say so in the README"

Rows = NDArray[np.int64]


def findings(version: Version, root: Path, dataset: str, tallies: Mapping[str, Tally]) -> Iterator[Finding]:
    """Equal vectors within a split, and between one split and the splits before it.

    Args:
        version: in its quarantine.
        root: the store with the other backbones.
        dataset: of the version; its ids have been found to be the official ones.
        tallies: split -> what its shards add up to.
    """
    ordered = [split for split in SPLITS if split in tallies]
    found = 0
    for at, split in enumerate(ordered):
        for other in (split, *ordered[:at]):
            mine, its = _equal(tallies[split].hashes, None if other == split else tallies[other].hashes)
            if len(mine):
                found += 1
                yield _judge(version, root, dataset, (split, mine, len(tallies[split].ids)), (other, its))
    if not found:
        yield Finding("ok", "duplicates", f"{dataset}: every image has a vector of its own")


def _equal(hashes: NDArray[np.uint64], others: NDArray[np.uint64] | None) -> tuple[Rows, Rows]:
    """Rows whose vector is that of another row, and that row: an earlier one, or one of `others`."""
    if others is None:
        order = np.argsort(hashes, kind="stable")
        at = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
        at = at[np.argsort(order[at + 1])]
        return order[at + 1], order[at]
    order = np.argsort(others, kind="stable")
    place = np.minimum(np.searchsorted(others[order], hashes), len(others) - 1)
    mine = np.flatnonzero(others[order][place] == hashes)
    return mine, order[place[mine]]


def _judge(version: Version, root: Path, dataset: str, mine: tuple[str, Rows, int], its: tuple[str, Rows]) -> Finding:
    split, rows, count = mine
    other = its[0]
    whose = "another image" if other == split else f"an image of {other}"
    told = f"{dataset} {split}: {len(rows):,} of {count:,} images have the vector of {whose}, first id {rows[0]}"
    entry = version.manifest.datasets[dataset]
    if entry.columns:
        return Finding("note", "duplicates", f"{told}; a corruption may leave an image as it was")
    few = COPIED if (other, split) == ("train", "test") else FEW
    if len(rows) <= max(2, few * count) and few == FEW:
        return Finding("note", "duplicates", f"{told}; datasets hold a few images twice")
    asked = _apart(version, root, dataset, mine, its)
    if asked is None:
        is_many = len(rows) > max(2, FEW * count)
        return Finding(
            "wrong" if is_many else "note", "duplicates", f"{told}; no other backbone of the store can be asked", MEND
        )
    apart, who = asked
    if apart * len(rows) > max(2, few * count):
        return Finding("wrong", "duplicates", f"{told}; {who} tells {apart:.0%} of these images apart", MEND)
    alike = f"{who} tells {apart:.0%} of them apart" if apart else f"{who} cannot tell them apart either"
    return Finding("note", "duplicates", f"{told}; {alike}")


def _apart(
    version: Version, root: Path, dataset: str, mine: tuple[str, Rows, int], its: tuple[str, Rows]
) -> tuple[float, str] | None:
    """The smallest share of pairs that another backbone tells apart, and which one it is; None where there is none."""
    (split, rows, _), (other, partners) = mine, its
    few = np.random.default_rng(len(rows)).permutation(len(rows))[:LOOKED_AT]
    found: list[tuple[float, str]] = []
    for name, its_version in present(version, root, dataset).items():
        one = _vectors(its_version, dataset, split, rows[few])
        two = _vectors(its_version, dataset, other, partners[few])
        if one is not None and two is not None:
            found.append((float((one != two).any(axis=1).mean()), name))
        if len(found) == 3:
            break
    return min(found, default=None)


def _vectors(version: Version, dataset: str, split: str, rows: Rows) -> sample.Matrix | None:
    ids, back = np.unique(rows, return_inverse=True)
    found = sample.read(version, dataset, split, ids)
    return None if found is None else found[back]
