"""The profile of a backbone: speed, memory and arithmetic of its forward passes, at precisions and batch sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from fuseboard.harness.backbones import allocator, canary, loaders, speed
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.precision_check import Closeness
from fuseboard.harness.runtime import device as devices
from fuseboard.harness.runtime import profiling
from fuseboard.store.embeddings import manifest, random_weights
from fuseboard.store.results.profiles import Profile

PRECISIONS = ("fp32", "tf32", "bf16", "fp16")


def precisions(device: str) -> list[str]:
    """What a device has instructions for."""
    return [name for name in PRECISIONS if devices.computes(device, name)]


def measure(
    card: Card, device: str, names: Sequence[str], sizes: Sequence[int], trust: bool = False
) -> Iterator[Profile]:
    """Measures a backbone, one precision and batch size after another, from the smallest batch to the largest.

    A batch that the device has no memory for ends a precision with a row that says so.

    Args:
        card: pinned, or of random weights, whose rows are those of the backbone whose network it is.
        device: `cpu`, or the name of a CUDA device.
        names: of the precisions.
        sizes: images per forward pass.
        trust: whether code of the backbone's repository may run.

    Raises:
        FuseboardError: the backbone cannot be loaded.
    """
    encoder, arithmetic = loaders.load(card.at_precision("fp32"), device, trust), gflops(card)
    try:
        plain = canary.vectors(card, encoder)
        for name in names:
            own = encoder.at_precision(name)
            cosine = None if name == "fp32" else Closeness.of(plain, canary.vectors(card, own)).cosine
            for size in sorted(sizes):
                found = speed.possible(card, own, size)
                lack = {"batch_size": size, "images_per_s": None, "reason": "out of memory"}
                costs: dict[str, Any] = lack if found is None else asdict(found)
                yield Profile(
                    backbone=random_weights.trained(card.id) or card.id,
                    weights="pinned" if card.source.random is None else "random",
                    parameters=card.parameters,
                    pixels=card.preprocessing.size,
                    gflops=arithmetic,
                    device=profiling.hardware(device),
                    precision=name,
                    cosine=cosine,
                    libraries=profiling.libraries(),
                    created=manifest.now(),
                    **costs,
                )
                if found is None:
                    break
    finally:
        del encoder
        allocator.release(device)


def gflops(card: Card) -> float | None:
    """Counts the arithmetic of one image, on a network without memory; None for code of one's own and descriptors.

    A product and its sum are two operations, as torch's counter has them; authors often count them as one.
    """
    module = loaders.module(card)
    if not hasattr(module, "build"):
        return None
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from fuseboard.harness.backbones import model_builder

    tower = model_builder.plan(card, module.build)
    size = card.preprocessing.size
    image = torch.empty(1, len(card.preprocessing.mode), size, size, device="meta")
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        tower.forward(image)
    return float(counter.get_total_flops() / 1e9)
