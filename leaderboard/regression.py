"""The regression check: stored metrics against metrics computed anew from the kept predictions."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leaderboard.metrics import Labels, accuracy, auc
from store import results
from store.catalog import Catalog
from store.errors import FuseboardError
from store.versions import all_versions

ACC_TOLERANCE = 1e-12
AUC_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Finding:
    """One stored number that its own predictions do not give."""

    row: str
    """Key of the result row."""
    about: str
    """Dataset, split and subset, for a person."""
    what: str
    stored: float | None
    recomputed: float | None


@dataclass(frozen=True)
class Report:
    """What was checked and what was found."""

    checked: int
    without_scores: int
    """Rows that kept no predictions, which only running the fit again could check."""
    findings: tuple[Finding, ...]


def check(root: Path) -> Report:
    """Recomputes ACC and AUC of every row that kept its predictions; fits nothing and needs no scikit-learn."""
    rows = results.read(root, scores=True)
    kept = rows.filter(pl.col("scores").is_not_null())
    catalog, stored = Catalog(root), all_versions(root)

    @cache
    def truth(dataset: str, source_md5: str, split: str, spec: str) -> tuple[str, Labels]:
        # Labels belong to the images, so where the version itself is gone another one of the same images has them.
        holding = [
            v
            for v in stored
            if (entry := v.manifest.datasets.get(dataset)) is not None
            and entry.source_md5 == source_md5
            and split in entry.splits
            and (v.spec == spec or entry.splits[split].numbering == "official")
        ]
        if not holding:
            raise FuseboardError(f"{spec} is not in the store, nor another version with {dataset} {split}")
        version = next((v for v in holding if v.spec == spec), holding[-1])
        return version.manifest.datasets[dataset].task, catalog.labels(dataset, split, version.spec)

    findings: list[Finding] = []
    for row in kept.iter_rows(named=True):
        about = f"{row['dataset']} {row['split']}, {' + '.join(row['subset'])}"
        try:
            task, labels = truth(
                row["dataset"], row["source_md5"], row["split"], f"{row['subset'][0]}@{row['fingerprints'][0]}"
            )
        except FuseboardError as error:
            findings.append(Finding(row["key"], about, f"labels cannot be read: {error}", None, None))
            continue
        findings += _of_row(row, about, task, labels)
    return Report(checked=len(kept), without_scores=len(rows) - len(kept), findings=tuple(findings))


def _of_row(row: dict[str, Any], about: str, task: str, labels: Labels) -> list[Finding]:
    # Arg max and thresholds are taken on the stored float32 values; widening them is exact and changes no order.
    scores = np.asarray(row["scores"], dtype=np.float64)
    if scores.ndim != 2 or len(scores) != len(labels):
        return [Finding(row["key"], about, "number of predictions", float(len(scores)), float(len(labels)))]
    finite = bool(np.isfinite(scores).all())  # predictions that are no numbers have no metrics
    pairs = (
        ("acc", row["acc"], accuracy(task, labels, scores) if finite else None, ACC_TOLERANCE),
        ("auc", row["auc"], auc(task, labels, scores) if finite else None, AUC_TOLERANCE),
    )
    return [
        Finding(row["key"], about, what, stored, recomputed)
        for what, stored, recomputed, tolerance in pairs
        if not _agree(stored, recomputed, tolerance)
    ]


def _agree(stored: float | None, recomputed: float | None, tolerance: float) -> bool:
    if stored is None or recomputed is None:
        return stored is recomputed
    return abs(stored - recomputed) <= tolerance
