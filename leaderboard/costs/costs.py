"""Costs of extraction and search are read from manifests and rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry, Manifest, Profile, Split
from fuseboard.store.files.optional_max import largest


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
class Total:
    """It sums up what all extractions of one backbone took on one machine at one precision."""

    backbone: str
    precision: str
    device: str
    images: int
    hours: float
    images_per_s: float | None
    """null where nothing was computed in the last runs."""
    peak_rss_mb: float | None
    peak_vram_mb: float | None
    peak_vram_reserved_mb: float | None


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


def totals(found: Sequence[Extraction]) -> list[Total]:
    """Return one per backbone, precision and device, by backbone: the runtime and memory table of the paper's kind."""
    groups: dict[tuple[str, str, str], list[Profile]] = {}
    for extraction in found:
        own = extraction.profile
        groups.setdefault((extraction.backbone, own.precision, own.device), []).append(own)
    made = []
    for (backbone, precision, device), profiles in sorted(groups.items()):
        images, seconds = sum(p.images for p in profiles), math.fsum(p.wall_s for p in profiles)
        made.append(
            Total(
                backbone=backbone,
                precision=precision,
                device=device,
                images=images,
                hours=seconds / 3600,
                images_per_s=images / seconds if images and seconds else None,
                peak_rss_mb=largest(p.peak_rss_mb for p in profiles),
                peak_vram_mb=largest(p.peak_vram_mb for p in profiles),
                peak_vram_reserved_mb=largest(p.peak_vram_reserved_mb for p in profiles),
            )
        )
    return made


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
