"""The rows: ids, labels and vectors of every image, as one pass over the shards found them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from fuseboard.harness.submissions.shards import duplicates, labels
from fuseboard.harness.submissions.shards.split_statistics import Tally
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version

AGAIN = "extract this dataset again with `fuseboard extract` and publish what it writes"
WEIGHTS = "look at the weights and the preprocessing with `fuseboard backbones check`, then extract again"


def findings(version: Version, root: Path, dataset: str, tallies: Mapping[str, Tally]) -> Iterator[Finding]:
    """What is wrong with the rows of one dataset; the ids first, because everything else is joined by them.

    Args:
        version: in its quarantine.
        root: the store with the other backbones.
        dataset: of the version.
        tallies: split -> what its shards add up to.
    """
    whole = True
    for split, tally in tallies.items():
        rows = version.manifest.entry(dataset, split).rows
        if problem := _ids(tally, rows):
            yield Finding("wrong", "ids", f"{dataset} {split}: {problem}", AGAIN)
            whole = False
    if not whole:
        return
    counts = ", ".join(f"{split} 0 to {len(tally.ids) - 1:,}" for split, tally in tallies.items())
    yield Finding("ok", "ids", f"{dataset}: {counts}, each once")
    sound = True
    for split, tally in tallies.items():
        yield _labels(version.manifest, root, dataset, split, tally)
        for finding in _vectors(f"{dataset} {split}", tally):
            sound &= not finding.is_bad
            yield finding
    if sound:
        yield Finding("ok", "vectors", f"{dataset}: every one is finite and not zero")
        yield from duplicates.findings(version, root, dataset, tallies)


def _ids(tally: Tally, rows: int) -> str | None:
    ids = tally.ids.astype(np.int64)
    wanted = np.arange(rows)
    if len(ids) != rows:
        return f"{len(ids):,} rows, the manifest says {rows:,}"
    if np.array_equal(ids, wanted):
        return None
    ordered = np.sort(ids)
    if len(twice := ordered[1:][ordered[1:] == ordered[:-1]]):
        return f"id {twice[0]} occurs more than once ({len(twice):,} rows too many)"
    if not np.array_equal(ordered, wanted):
        return f"ids from {ordered[0]:,} to {ordered[-1]:,}, the {rows:,} images have those from 0 to {rows - 1:,}"
    at = int(np.flatnonzero(ids != wanted)[0])
    return f"row {at} has id {ids[at]}: rows must lie in the order of their ids"


def _labels(said: Manifest, root: Path, dataset: str, split: str, tally: Tally) -> Finding:
    official, who = labels.of(root, said, dataset, split)
    where = f"{dataset} {split}"
    if official is None:
        return Finding("note", "labels", f"{where}: not compared, {who}")
    if official.shape != tally.labels.shape:
        told = f"{where}: labels of shape {tally.labels.shape}, {official.shape} by {who}"
        return Finding("wrong", "labels", told, AGAIN)
    differ = (official != tally.labels).reshape(len(official), -1).any(axis=1)
    if differ.any():
        row = int(np.flatnonzero(differ)[0])
        told = f"id {row} has label {tally.labels[row]}, {official[row]} by {who} ({int(differ.sum()):,} differ)"
        return Finding("wrong", "labels", f"{where}: {told}", "leave labels as the dataset has them; extract again")
    return Finding("ok", "labels", f"{where}: equal to those of {who}")


def _vectors(where: str, tally: Tally) -> Iterator[Finding]:
    """What is wrong with the vectors by themselves."""
    broken = ~np.isfinite(tally.squares)
    if broken.any():
        first, count = int(tally.ids[broken][0]), int(broken.sum())
        told = f"{where}: id {first} holds NaN, infinity or numbers whose squares float32 cannot hold ({count:,} do)"
        yield Finding("wrong", "vectors", told, "try --precision fp32; " + WEIGHTS)
    elif (zero := tally.squares == 0).any():
        told = f"{where}: id {int(tally.ids[zero][0])} has a vector of zeros ({int(zero.sum()):,} do)"
        yield Finding("wrong", "vectors", told, WEIGHTS)
    dim = len(tally.total2)
    if len(tally.ids) > 1 and tally.constant == dim:
        yield Finding("wrong", "constant", f"{where}: all images have the same vector", WEIGHTS)
    elif len(tally.ids) > 1 and tally.constant:
        told = f"{where}: {tally.constant:,} of {dim:,} columns have one value for all images"
        yield Finding("note", "constant", told, "nothing to do; they cost space and bring nothing")
