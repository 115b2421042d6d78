"""The profile of a run: what it cost to embed a split."""

from collections.abc import Sequence

from fuseboard.harness.extraction.shard_worker import Made, Maker
from fuseboard.harness.runtime import profiling
from fuseboard.store.embeddings.manifest import Profile
from fuseboard.store.files.optional_max import largest


def profile_of(maker: Maker, made: Sequence[Made], wall_s: float, precision_choice: str | None) -> Profile:
    """What a run cost: the largest peaks, and on a cluster the time that passed here for all workers together."""
    images = sum(one.images for one in made)
    devices = sorted({one.device for one in made}) or [profiling.hardware(maker.device)]
    return Profile(
        images=images,
        wall_s=wall_s,
        images_per_s=images / wall_s if images else None,
        batch_size=min((one.batch_size for one in made), default=maker.batch_size),
        precision=maker.card.precision,
        device=" + ".join(devices),
        peak_rss_mb=largest(one.peak_rss_mb for one in made) if made else profiling.peak_rss_mb(),
        peak_vram_mb=largest(one.peak_vram_mb for one in made),
        peak_vram_reserved_mb=largest(one.peak_vram_reserved_mb for one in made),
        precision_choice=precision_choice,
    )
