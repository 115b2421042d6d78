"""The memory of small batches, from what large ones took."""

from fuseboard.store.results.needed_memory import needed_gb
from fuseboard.store.results.profiles import Profile


def profile(**changes: object) -> Profile:
    facts = {
        "backbone": "alpha", "weights": "random", "parameters": 256 * 2**20, "pixels": 224, "gflops": 1, "device": "g",
        "precision": "fp32", "batch_size": 128, "images_per_s": 1, "peak_vram_mb": 1024 + 128 * 64,
    }  # fmt: skip
    return Profile.model_validate({**facts, **changes})


def test_weights_stay_and_activations_shrink_with_the_batch() -> None:
    assert needed_gb([profile()], "fp32") == (1024 + 8 * 64 + 512) / 1024
    assert needed_gb([profile(precision="bf16", peak_vram_mb=512 + 128 * 32)], "bf16") == (512 + 8 * 32 + 512) / 1024


def test_what_was_not_measured_on_a_gpu_at_that_precision_is_not_known() -> None:
    assert needed_gb([], "fp32") is None
    assert needed_gb([profile(precision="bf16"), profile(peak_vram_mb=None)], "fp32") is None
