"""What a backbone needs on a GPU, from what was measured there."""

from collections.abc import Iterable

from fuseboard.store.results.profiles import Profile

BATCH = 8
"""Images at once: extraction halves its batches until they fit, and below this a GPU idles."""
CONTEXT_MB = 512
"""MiB that CUDA itself takes."""
BYTES = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2}
_MB = 2**20


def needed_gb(profiles: Iterable[Profile], precision: str) -> float | None:
    """Return the GiB that small batches need: weights, the part of the measured peak that grows with the batch, CUDA.

    Args:
        profiles: of one backbone.
        precision: that its card names.

    Returns:
        The least that any of the measurements makes; None where nothing was measured on a GPU at this precision.
    """
    found = []
    for one in profiles:
        if one.peak_vram_mb is None or one.parameters is None or one.precision != precision:
            continue
        weights = one.parameters * BYTES[precision] / _MB
        per_image = max(0.0, one.peak_vram_mb - weights) / one.batch_size
        found.append((weights + per_image * BATCH + CONTEXT_MB) / 1024)
    return min(found, default=None)
