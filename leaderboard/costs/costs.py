"""Costs of extraction and search are read from manifests and rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry, Manifest, Profile, Split


@dataclass(frozen=True)
class Extraction:
    """It says what embedding one split with one version took."""

    backbone: str
    fingerprint: str
    dataset: str
    split: str
    dim: int
    parameters: int | None
    bytes: int
    profile: Profile


@dataclass(frozen=True)
class Search:
    """It says what the fits of one evaluation on one dataset took, superseded rows included because they were paid
    for."""

    evaluation: str
    protocol: str
    dataset: str
    fits: int
    untimed: int
    """Fits without a time."""
    fit_s: float | None
    """Sum over fits that ran side by side, so more than the wall-clock time; null when no row was timed."""
    longest_fit_s: float | None
    jobs: tuple[int, ...]
    devices: tuple[str, ...]
    hardware: tuple[str, ...]
    peak_rss_mb: float | None
    peak_vram_mb: float | None


def extractions(manifests: Sequence[Manifest]) -> list[Extraction]:
    """Return one per version, dataset and split whose extraction was measured, by dataset, backbone and age."""
    found = [
        Extraction(
            backbone=manifest.backbone,
            fingerprint=manifest.fingerprint,
            dataset=dataset,
            split=split,
            dim=manifest.dim,
            parameters=manifest.about.parameters,
            bytes=sum(shard.bytes for shard in part.shards),
            profile=part.profile,
        )
        for manifest in manifests
        for dataset, entry in manifest.datasets.items()
        for split, part in _in_order(entry)
        if part.profile is not None
    ]
    return sorted(found, key=lambda e: e.dataset)  # stable: versions and splits keep their order


def searches(rows: pl.DataFrame) -> list[Search]:
    """Return one per evaluation, dataset and protocol. Both splits of a fit carry its time, which is counted once."""
    group = ["evaluation", "dataset", "protocol"]
    fit = [*group, "protocol_digest", "source_md5", "subset", "fingerprints", "fusion", "classifier", "seed"]
    once = rows.group_by(fit).agg(
        pl.col("fit_s", "peak_rss_mb", "peak_vram_mb").max(), pl.col("jobs", "device", "hardware").sort().first()
    )
    summed = once.group_by(group).agg(
        fits=pl.len(),
        untimed=pl.col("fit_s").null_count(),
        # Ordered before summing: floating-point sums depend on the order, and equal stores give equal pages.
        fit_s=pl.when(pl.col("fit_s").count() > 0).then(pl.col("fit_s").sort().sum()),
        longest_fit_s=pl.col("fit_s").max(),
        jobs=pl.col("jobs").unique().sort(),
        devices=pl.col("device").unique().sort(),
        hardware=pl.col("hardware").unique().sort(),
        peak_rss_mb=pl.col("peak_rss_mb").max(),
        peak_vram_mb=pl.col("peak_vram_mb").max(),
    )
    lists = ("jobs", "devices", "hardware")
    return [Search(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in summed.sort(group).to_dicts()]


def _in_order(entry: DatasetEntry) -> Sequence[tuple[str, Split]]:
    return sorted(entry.splits.items(), key=lambda item: SPLITS.index(item[0]))
