"""Extraction: how close the whole line comes to the bare forward pass, and how far it leaves the usual loop behind."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from fuseboard.harness.backbones import loaders, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.store import Store

ROUNDS = 4


@pytest.fixture
def images(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a dataset of JPEG files, of the size that cameras and MedMNIST's sources are cut to."""

    def make(number: int) -> Path:
        rng = np.random.default_rng(0)
        for index in range(number):
            folder = tmp_path / "photos" / f"class{index % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            coarse = Image.fromarray(rng.integers(0, 256, (32, 40, 3), dtype=np.uint8))
            coarse.resize((320, 256), Image.Resampling.BICUBIC).save(folder / f"{index:05d}.jpg", quality=90)
        told = tmp_path / "photos.toml"
        told.write_text('name = "photos"\nlicence = "CC0"\nimages = "photos"\n[splits]\nval = 0.1\ntest = 0.1\n')
        return told

    return make


def usual_loop() -> tuple[Any, Any]:
    """What a script does that takes one image after another: timm's model and timm's own transform of it."""
    import timm

    model = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    return model, timm.data.create_transform(**timm.data.resolve_data_config(model=model), is_training=False)


def rate(work: Callable[[], int]) -> float:
    """Images per second of one run."""
    began = time.perf_counter()
    return work() / (time.perf_counter() - began)


def extracted(card: Card, told: Path, root: Path, device: str, batch: int) -> float:
    """Images per second of reading, decoding, preprocessing, forward passes and writing, as the manifest has them.

    Loading the model comes before that clock starts.
    """
    entry = extract(card, datasets.get(str(told)), Store(root), device, batch).manifest.datasets["photos"]
    profiles = [split.profile for split in entry.splits.values() if split.profile is not None]
    return sum(p.images for p in profiles) / sum(p.wall_s for p in profiles)


def test_extraction_on_the_cpu(images: Any, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    import torch

    card, told, batch, number = registry.get("efficientnet-lite0"), images(1600), 8, count()
    loaded = loaders.load(card)
    pixels = np.random.default_rng(0).integers(0, 256, (batch, 224, 224, 3), dtype=np.uint8)
    paths = sorted((tmp_path / "photos").rglob("*.jpg"))

    def bare() -> int:
        for _ in range(60):
            loaded.encode(pixels)
        return 60 * batch

    usual, transform = usual_loop()

    def loop() -> int:
        with torch.inference_mode():
            vectors = [usual(transform(Image.open(path).convert("RGB"))[None]).numpy() for path in paths[:120]]
        return len(np.concatenate(vectors))

    measured = rounds(
        whole=lambda: extracted(card, told, tmp_path / str(next(number)), "cpu", batch),
        bare=lambda: rate(bare),
        loop=lambda: rate(loop),
    )
    ratios = report(benchmark, measured)
    # Decoding these JPEG files on the same two cores leaves at most 0.93; the bare pass has the encoder's own speed-up
    # (harness/backbones/allocator.py), against torch's pass without which the whole line comes to 1.4.
    assert ratios["bare"] >= 0.85
    assert ratios["loop"] >= 1.3


@pytest.mark.gpu
def test_extraction_on_a_gpu(
    images: Any, tmp_path: Path, benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    import timm

    source = registry.get("efficientnet-lite0")
    card = source.model_copy(update={"id": "vit-large-random", "dim": 1024, "precision": "fp16"})

    def build() -> Any:
        torch.manual_seed(0)
        return timm.create_model("vit_large_patch16_224", num_classes=0)

    def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
        """Builds it anew, as every command does: the processes that decode start meanwhile."""
        built = build()
        return TorchEncoder(card, built, built, device)

    model = build().eval().requires_grad_(False).to("cuda", memory_format=torch.channels_last)
    monkeypatch.setattr(loaders, "load", load)
    told, batch, number = images(8000), 128, count()
    pixels = torch.randint(0, 256, (batch, 224, 224, 3), dtype=torch.uint8, device="cuda")

    def bare() -> int:
        with torch.inference_mode(), torch.autocast("cuda", dtype=torch.float16):
            for _ in range(30):
                model(pixels.permute(0, 3, 1, 2).float().div_(255).sub_(0.5).div_(0.5))
        torch.cuda.synchronize()
        return 30 * batch

    measured = rounds(
        whole=lambda: extracted(card, told, tmp_path / str(next(number)), "cuda", batch), bare=lambda: rate(bare)
    )
    assert report(benchmark, measured)["bare"] >= 0.85


def rounds(**works: Callable[[], float]) -> dict[str, list[float]]:
    """Images per second of each, measured in turns; the first round warms up and is not counted."""
    measured = [{name: work() for name, work in works.items()} for _ in range(ROUNDS + 1)][1:]
    return {name: [one[name] for one in measured] for name in works}


def report(benchmark: BenchmarkFixture, measured: dict[str, list[float]]) -> dict[str, float]:
    """The medians, told and kept, and what the whole is of each peer: the median over rounds of their ratio."""
    medians = {name: round(median(rates), 1) for name, rates in measured.items()}
    whole = measured["whole"]
    ratios = {
        name: median(a / b for a, b in zip(whole, rates, strict=True))
        for name, rates in measured.items()
        if name != "whole"
    }
    benchmark.extra_info.update(medians)
    benchmark.pedantic(lambda: None, rounds=1)
    print(f"\nimages/s {medians}, whole over { ({name: round(ratio, 2) for name, ratio in ratios.items()}) }")
    return ratios
