"""Totals are what all extractions of a backbone took, device by device."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.costs.costs import Extraction
from fuseboard.leaderboard.costs.speed import speed
from fuseboard.store.files.optional_max import largest


@dataclass(frozen=True)
class Total:
    """It sums up what all extractions of one backbone took on one machine at one precision."""

    backbone: str
    precision: str
    device: str
    images: int
    hours: float
    images_per_s: float | None
    """Median over splits; null where nothing was computed in the last runs."""
    slowest_images_per_s: float | None
    """Of the splits."""
    fastest_images_per_s: float | None
    unsteady: str | None
    """Why its speed compares with no other; null where it does."""
    peak_rss_mb: float | None
    peak_vram_mb: float | None
    peak_vram_reserved_mb: float | None


def totals(found: Sequence[Extraction]) -> list[Total]:
    """Return one per backbone, precision and device, by backbone: the runtime and memory table of the paper's kind."""
    groups: dict[tuple[str, str, str], list[Extraction]] = {}
    for extraction in found:
        own = extraction.profile
        groups.setdefault((extraction.backbone, own.precision, own.device), []).append(extraction)
    made = []
    for (backbone, precision, device), own_extractions in sorted(groups.items()):
        profiles, pace = [one.profile for one in own_extractions], speed(own_extractions)
        made.append(
            Total(
                backbone=backbone,
                precision=precision,
                device=device,
                images=sum(p.images for p in profiles),
                hours=math.fsum(p.wall_s for p in profiles) / 3600,
                images_per_s=pace.images_per_s,
                slowest_images_per_s=pace.low,
                fastest_images_per_s=pace.high,
                unsteady=pace.unsteady,
                peak_rss_mb=largest(p.peak_rss_mb for p in profiles),
                peak_vram_mb=largest(p.peak_vram_mb for p in profiles),
                peak_vram_reserved_mb=largest(p.peak_vram_reserved_mb for p in profiles),
            )
        )
    return made
