"""Exposures: what rows on clean images and on a corrupted twin of them were wrong on, from what they kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, MULTI_LABEL, Labels
from fuseboard.store.embeddings.labels import images_of, truth
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from fuseboard.store.results.evaluations import keeping
from fuseboard.store.statistics.corruption_error import balanced_error, balanced_errors, check_classes

EVALUATIONS = keeping("corrupted predictions")
"""Whose rows lie on a corrupted test set."""
CLEAN = "clean"
"""The split of the row that has the clean test images; the others are called `pixelate-3`."""


def learned_from(protocol_digest: str, fingerprints: Sequence[str]) -> str:
    """The protocol digest of a row whose classifier learned from other versions than the row's own.

    Args:
        protocol_digest: of the clean row.
        fingerprints: of the clean row, in the order of its subset.
    """
    return fingerprint({"protocol": protocol_digest, "learned from": list(fingerprints)})


def errors(
    root: Path, versions: Sequence[Version], rows: pl.DataFrame, reference: Path | None = None
) -> dict[str, float | str]:
    """Key -> balanced error of every row of `EVALUATIONS`, or why it has none.

    Rows of one label per image keep which images they were right on, which is all that is needed. Predictions, most of
    what the results of a store weigh, are read for the others only.

    Args:
        root: the store.
        versions: all of it, for the labels.
        rows: of it, with the column `right`.
        reference: another store, whose rows are among these.
    """
    own = rows.filter(pl.col("evaluation").is_in(EVALUATIONS))
    groups = own.partition_by("evaluation", "dataset", "source_md5", maintain_order=True)
    found: dict[str, float | str] = {}
    for group in groups:
        try:
            found |= _of_images(root, versions, group, reference)
        except FuseboardError as error:
            found |= dict.fromkeys(group["key"], str(error))
    return found


def truths(versions: Sequence[Version], rows: pl.DataFrame) -> dict[tuple[str, str], tuple[str, Labels]]:
    """(dataset, source MD5) of corrupted images -> their task and labels, of those of one label per image.

    Args:
        versions: of the store.
        rows: of it.
    """
    own = rows.filter(pl.col("evaluation").is_in(EVALUATIONS)).unique(["dataset", "source_md5"])
    found: dict[tuple[str, str], tuple[str, Labels]] = {}
    for row in own.iter_rows(named=True):
        try:
            task, labels = truth(versions, *images_of(versions, row))
        except FuseboardError:  # the errors say the same of every row
            continue
        if task != MULTI_LABEL:
            found[row["dataset"], row["source_md5"]] = task, labels
    return found


def _of_images(
    root: Path, versions: Sequence[Version], rows: pl.DataFrame, reference: Path | None
) -> dict[str, float | str]:
    """Returns the errors of rows of one evaluation on one dataset, whose images are those of the clean test set."""
    images = images_of(versions, rows.row(0, named=True))
    task, labels = truth(versions, *images)
    holding = (v.manifest.datasets.get(images[0]) for v in versions)
    named = next(entry.n_classes for entry in holding if entry and entry.source_md5 == images[1])
    classes = 2 if task == BINARY else named
    dataset = rows["dataset"][0]
    if task != MULTI_LABEL and labels.max() >= classes:
        raise FuseboardError(f"{images[0]}: labels reach to {labels.max()}, but there are {classes} classes")
    check_classes(task, labels, classes, images[0])
    whole = pl.col("right").list.len() == len(labels)
    once = pl.col("right").list.max() <= 1
    able = rows.filter(whole & once) if task != MULTI_LABEL else rows.clear()
    found: dict[str, float | str] = {}
    if len(able):
        n_correct = able["right"].explode().to_numpy().reshape(len(able), len(labels))
        found = dict(zip(able["key"], balanced_errors(labels, classes, n_correct).tolist(), strict=True))
    rest = rows.filter(~pl.col("key").is_in(list(found)))
    if rest.is_empty():
        return found
    kept = results.read_all(root, rows["evaluation"][0], dataset, True, reference).rows
    return found | _from_scores(task, labels, kept.filter(pl.col("key").is_in(rest["key"].to_list())))


def _from_scores(task: str, labels: Labels, kept: pl.DataFrame) -> dict[str, float | str]:
    named = kept.select("key", where=pl.concat_str("dataset", "split", pl.col("subset").list.join("+"), separator=" "))
    parts = zip(named.iter_rows(), kept["scores"], strict=True)
    return {key: _from_row(task, labels, scores, where) for (key, where), scores in parts}


def _from_row(task: str, labels: Labels, scores: pl.Series | None, where: str) -> float | str:
    if scores is None:
        return "neither predictions nor right answers were kept"
    if scores.list.len().n_unique() != 1:
        return f"{where}: images with different numbers of predictions; predict again"
    flat: NDArray[np.float32] = scores.explode().to_numpy()
    try:
        return balanced_error(task, labels, flat.reshape(len(scores), -1), where)
    except FuseboardError as error:
        return str(error)
