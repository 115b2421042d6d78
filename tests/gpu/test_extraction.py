"""Extraction on a GPU: the canary in every precision, and what the profile says."""

from pathlib import Path

import pytest

from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.store import Store

pytestmark = pytest.mark.gpu


def test_the_profile_has_vram(tmp_path: Path, device: str) -> None:
    version = extract(registry.get("efficientnet-lite0"), datasets.get("digits-first300"), Store(tmp_path), device)
    profile = version.manifest.entry("digits-first300", "train").profile
    assert profile is not None
    assert device == "cpu" or (profile.peak_vram_mb or 0) > 10


OFF_BY = {"tf32": 1e-2, "fp16": 2e-2, "bf16": 0.4}
"""Of the scale of fp32's vectors: twice to five times what was seen, TF32's .0022 on an H100 and, on a CPU, fp16's .009
and bf16's .2, which has three bits less."""


@pytest.mark.parametrize("precision", OFF_BY)
def test_every_precision_is_near_to_single_but_is_not_it(precision: str, device: str) -> None:
    if device == "cpu" and precision == "tf32":
        pytest.skip("arithmetic of GPUs")
    card = registry.get("efficientnet-lite0")
    single, low = (canary.vectors(one, loaders.load(one, device)) for one in (card, card.at_precision(precision)))
    assert 1e-4 < abs(low - single).max() / abs(single).max() <= OFF_BY[precision]


def test_single_precision_is_the_canarys(device: str) -> None:
    """Which a CPU recorded: with TF32 it is off by .0022, without by 1e-6, the order of a sum of thousands."""
    card = registry.get("efficientnet-lite0")
    difference = canary.check(card, canary.vectors(card, loaders.load(card, device)))
    assert difference is not None
    assert difference < 1e-4
