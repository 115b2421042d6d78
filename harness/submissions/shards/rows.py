"""The rows: ids, labels and vectors of every image, as one pass over the shards found them."""

from collections.abc import Iterator, Mapping

import numpy as np

from fuseboard.harness.datasets import registry
from fuseboard.harness.runtime.precision import against_nan
from fuseboard.harness.submissions.shards import duplicates
from fuseboard.harness.submissions.shards.split_statistics import SplitStatistics
from fuseboard.harness.submissions.shards.stored_backbones import StoredBackbones
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import labels
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.verify import id_problem, label_problem
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

FIX = "extract this dataset again with `fuseboard extract` and publish what it writes"
WEIGHTS = "look at the weights and the preprocessing with `fuseboard backbones check`, then extract again"


def findings(
    version: Version,
    store: Store,
    dataset: str,
    statistics: Mapping[str, SplitStatistics],
    stored: StoredBackbones,
) -> Iterator[Finding]:
    """What is wrong with the rows of one dataset; the ids first, because everything else is joined by them.

    Args:
        version: in its quarantine.
        store: the store with the other backbones.
        dataset: of the version.
        statistics: split -> what one pass over its shards found.
        stored: the store's backbones on the same images.
    """
    problems = {split: id_problem(own.ids, _rows(version, dataset, split)) for split, own in statistics.items()}
    for split, problem in problems.items():
        if problem:
            yield Finding("wrong", "ids", f"{dataset} {split}: {problem}", FIX)
    if any(problems.values()):
        return
    counts = ", ".join(f"{split} 0 to {len(own.ids) - 1:,}" for split, own in statistics.items())
    yield Finding("ok", "ids", f"{dataset}: {counts}, each once")
    sound = True
    for split, own in statistics.items():
        yield _labels(version.manifest, store, dataset, split, own)
        precision = version.manifest.identity.get("precision", "fp32")
        for finding in _vectors(f"{dataset} {split}", own, str(precision)):
            sound &= not finding.is_bad
            yield finding
    if sound:
        yield Finding("ok", "vectors", f"{dataset}: every one is finite and not zero")
        yield from duplicates.findings(version, dataset, statistics, stored)


def _rows(version: Version, dataset: str, split: str) -> int:
    return version.manifest.entry(dataset, split).rows


def _labels(manifest: Manifest, store: Store, dataset: str, split: str, own: SplitStatistics) -> Finding:
    official, source = official_labels(store, manifest, dataset, split)
    where = f"{dataset} {split}"
    if official is None:
        return Finding("note", "labels", f"{where}: not compared, {source}")
    if problem := label_problem(own.labels, official, f"by {source}"):
        return Finding("wrong", "labels", f"{where}: {problem}", f"leave labels as the dataset has them; {FIX}")
    return Finding("ok", "labels", f"{where}: equal to those of {source}")


def official_labels(store: Store, manifest: Manifest, dataset: str, split: str) -> tuple[Labels | None, str]:
    """Labels (N,) or (N, L) by ascending id, of the store's backbones, else of the dataset itself, and which it was.

    None with the reason where nobody has them. Nothing is downloaded. Versions of the submission's own backbone are
    not asked: the store may hold them because the submitter made them.

    Args:
        store: the store.
        manifest: the submitted one.
        dataset: of the manifest.
        split: of the dataset.
    """
    others = [version for version in store.versions if version.manifest.backbone != manifest.backbone]
    try:
        _, found = labels.truth(others, dataset, manifest.datasets[dataset].source_md5, split, "official")
        return found, "the store's other backbones"
    except FuseboardError:
        pass
    official, reason = registry.find(dataset)
    if official is None:
        return None, reason
    if not official.at_hand:
        return None, "no other backbone of it is in the store, and its images are not on this machine"
    if split not in official.splits:
        return None, f"it has no {split} split"
    return official.labels(split), "the dataset"


def _vectors(where: str, own: SplitStatistics, precision: str) -> Iterator[Finding]:
    """What is wrong with the vectors by themselves."""
    broken, zero = ~np.isfinite(own.squares), own.squares == 0
    if broken.any():
        first, count = int(own.ids[broken][0]), int(broken.sum())
        message = f"{where}: id {first} holds NaN, infinity or numbers whose squares float32 cannot hold ({count:,} do)"
        yield Finding("wrong", "vectors", message, f"{against_nan(precision)}, then extract again")
    elif zero.any():
        message = f"{where}: id {int(own.ids[zero][0])} has a vector of zeros ({int(zero.sum()):,} do)"
        yield Finding("wrong", "vectors", message, WEIGHTS)
    dim = len(own.total2)
    if len(own.ids) > 1 and own.n_constant == dim:
        yield Finding("wrong", "constant", f"{where}: all images have the same vector", WEIGHTS)
    elif len(own.ids) > 1 and own.n_constant:
        message = f"{where}: {own.n_constant:,} of {dim:,} columns have one value for all images"
        yield Finding("note", "constant", message, "nothing to do; they cost space and bring nothing")
